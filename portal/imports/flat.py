"""Read flat OpenDocument spreadsheets (.fods): one XML file, not zipped. Pure.

The elements are those of OpenDocument 1.3, part 3: chapters 3 (document), 9 (tables), 16 (styles).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from portal.errors import SheetUnreadable
from portal.imports.markup import refuse_document_type
from portal.imports.packages import CUT_OFF
from portal.imports.sheets import MAX_CELLS, MAX_COLUMNS, MAX_LINES, Merged, Sheet, sheet_of

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_OFFICE, _TABLE, _TEXT, _STYLE = (
    f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0|"
    for name in ("office", "table", "text", "style")
)
_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}
# Beside the text of a cell, and no part of it.
_ASIDE = {_OFFICE + "annotation", _OFFICE + "forms", _TABLE + "shapes"}
_VALUES = {"float": "value", "percentage": "value", "currency": "value", "date": "date-value",
           "time": "time-value", "boolean": "boolean-value"}  # fmt: skip


def read_flat(data: bytes) -> list[Sheet]:
    """Return the sheets of a flat OpenDocument file. Raises SheetUnreadable."""
    reader = _Document()
    parser = expat.ParserCreate(namespace_separator="|")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = refuse_document_type  # so no entity is ever declared
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        raise SheetUnreadable(CUT_OFF) from error
    return [sheet_of(t.name, t.style in reader.hidden, t.lines, t.merged) for t in reader.tables]


@dataclass
class _Table:
    name: str
    style: str
    lines: list[tuple[int, list[object]]] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    height: int = 0


class _Document:
    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.hidden: set[str] = set()  # styles of tables that are not shown
        self._style = ""
        self._row: list[object] = []
        self._repeated_row = 1
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[list[str]] = []
        self._aside = 0

    def start(self, tag: str, told: dict[str, str]) -> None:
        if tag in _ASIDE or self._aside:
            self._aside += 1
        elif tag == _OFFICE + "document" and told.get(_OFFICE + "mimetype") != _SPREADSHEET:
            raise SheetUnreadable(
                "This OpenDocument file is no spreadsheet; copy its table into one, or paste it as "
                "text"
            )
        elif tag == _STYLE + "style":
            self._style = told.get(_STYLE + "name", "")
        elif tag == _STYLE + "table-properties" and told.get(_TABLE + "display") == "false":
            self.hidden.add(self._style)
        elif tag == _TABLE + "table":
            self.tables.append(
                _Table(told.get(_TABLE + "name", ""), told.get(_TABLE + "style-name", ""))
            )
        elif tag == _TABLE + "table-row":
            self._row, self._repeated_row = [], _count(told, "number-rows-repeated")
        elif tag in _CELLS:
            self._cell, self._paragraphs = told, []
        elif self._cell is not None:
            self._start_text(tag, told)

    def _start_text(self, tag: str, told: dict[str, str]) -> None:
        if tag == _TEXT + "p":
            self._paragraphs.append([])
        elif not self._paragraphs:
            return
        elif tag == _TEXT + "s":
            blanks = int(told.get(_TEXT + "c", 1))
            self._paragraphs[-1].append(" " * min(blanks, 100))
        elif tag in (_TEXT + "tab", _TEXT + "line-break"):
            self._paragraphs[-1].append(" ")

    def text(self, data: str) -> None:
        if self._paragraphs and self._cell is not None and not self._aside:
            self._paragraphs[-1].append(data)

    def end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
        elif tag in _CELLS and self._cell is not None and self.tables:
            self._end_cell(self._cell)
            self._cell = None
        elif tag == _TABLE + "table-row" and self.tables:
            self._end_row(self.tables[-1])

    def _end_cell(self, told: dict[str, str]) -> None:
        text = "\n".join("".join(parts) for parts in self._paragraphs)
        table = self.tables[-1]
        if (rows := _count(told, "number-rows-spanned")) > 1:
            first = table.height + 1
            table.merged.append(Merged(first, first + rows - 1, len(self._row)))
        repeated = min(_count(told, "number-columns-repeated"), MAX_COLUMNS + 1)
        self._row.extend([_value(told, text)] * repeated)
        if len(self._row) > 20 * MAX_COLUMNS:  # LibreOffice ends at column 16,384
            raise SheetUnreadable(CUT_OFF)

    def _end_row(self, table: _Table) -> None:
        row, repeated = self._row, self._repeated_row
        while row and row[-1] in (None, ""):
            row.pop()
        if row and (len(table.lines) + repeated > MAX_LINES or len(row) * repeated > MAX_CELLS):
            raise SheetUnreadable(
                f"The sheet “{table.name}” has more than {MAX_LINES:,} lines or {MAX_CELLS:,} "
                "cells; split the list into several files"
            )
        if row:
            first = table.height + 1
            table.lines += [(first + number, list(row)) for number in range(repeated)]
        table.height += repeated


def _count(told: dict[str, str], name: str) -> int:
    return max(int(told.get(_TABLE + name, 1)), 1)


def _value(told: dict[str, str], text: str) -> object:
    """Return a number as such, and a text as it is shown; dates as ISO has them."""
    kind = told.get(_OFFICE + "value-type", "")
    value = told.get(_OFFICE + _VALUES.get(kind, ""), text)
    if kind not in ("float", "percentage", "currency"):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
