"""Read tables that HTML or XML programs save under the name .xls. Pure."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NoReturn
from xml.parsers import expat

from portal.errors import SheetUnreadable
from portal.imports.packages import CUT_OFF
from portal.imports.sheets import MAX_COLUMNS, MAX_LINES, Merged, Sheet, sheet_of

_SS = "urn:schemas-microsoft-com:office:spreadsheet|"
_EXCEL = "urn:schemas-microsoft-com:office:excel|"


def read_html(name: str, text: str) -> Sheet:
    """Return all tables of a web page as one sheet, one below the other."""
    reader = _Tables()
    reader.feed(text)
    reader.close()
    reader.end_row()
    if not reader.rows:
        raise SheetUnreadable(
            "This is a web page without a table; open it in a browser, copy the list and paste it"
        )
    return sheet_of(name, False, enumerate(reader.rows, 1), reader.merged)


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[object]] = []
        self.merged: list[Merged] = []
        self._row: list[object] | None = None
        self._cell: list[str] | None = None
        self._spans: dict[int, int] = {}  # column -> rows that a cell above still covers
        self._span = (1, 1)
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._skipping += 1
        elif tag == "tr":
            self.end_row()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
            told = dict(attrs)
            self._span = _span(told.get("colspan")), _span(told.get("rowspan"))
            self._cell = []
            if self._row is None:
                self._row = []
        elif tag in ("br", "p", "div") and self._cell:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._skipping = max(0, self._skipping - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self.end_row()
            if tag == "table":
                self._spans.clear()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._skipping:
            self._cell.append(data)

    def _fill_spans(self, row: list[object]) -> None:
        while self._spans.get(len(row), 0) > 0:
            self._spans[len(row)] -= 1
            row.append("")

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        self._fill_spans(self._row)
        columns, rows = self._span
        if rows > 1:
            number = len(self.rows) + 1
            self.merged.append(Merged(number, number + rows - 1, len(self._row)))
        for place in range(columns):
            if rows > 1:
                self._spans[len(self._row)] = rows - 1
            self._row.append("" if place else " ".join("".join(self._cell).split()))
        self._cell = None

    def end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self._fill_spans(self._row)
            self.rows.append(self._row)
        self._row = None


def _span(told: str | None) -> int:
    return min(max(int(told), 1), MAX_COLUMNS) if told and told.strip().isdecimal() else 1


def read_xml(data: bytes) -> list[Sheet]:
    """Return the sheets of an “XML spreadsheet 2003”. Raises SheetUnreadable for other XML."""
    reader = _Spreadsheet()
    parser = expat.ParserCreate(namespace_separator="|")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SheetUnreadable(CUT_OFF) from error
    if not reader.sheets:
        raise SheetUnreadable(
            "This XML file is no spreadsheet; save the list as .xlsx or .csv and upload that"
        )
    return [sheet_of(*told) for told in reader.sheets]


def refuse_document_type(*_told: object) -> NoReturn:
    """Stop where a document type is declared: without one no entity can be expanded."""
    raise SheetUnreadable(
        "The file declares a document type, which no spreadsheet program writes; "
        "copy the list into a new workbook and upload that"
    )


class _Spreadsheet:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, bool, list[tuple[int, list[object]]], list[Merged]]] = []
        self._number = 0
        self._row: list[object] = []
        self._data: list[str] | None = None
        self._type = ""
        self._merged = 0

    def start(self, tag: str, told: dict[str, str]) -> None:
        if tag == _SS + "Worksheet":
            self.sheets.append((told.get(_SS + "Name", ""), False, [], []))
            self._number = 0
        elif tag == _SS + "Row":
            self._number = int(told.get(_SS + "Index", self._number + 1))
            self._row = []
        elif tag == _SS + "Cell":
            place = int(told.get(_SS + "Index", len(self._row) + 1))
            if place > 16_384 or self._number > 2**20 or len(self.sheets[-1][2]) > MAX_LINES:
                raise SheetUnreadable(CUT_OFF)
            self._row.extend([""] * (place - 1 - len(self._row)))
            if below := int(told.get(_SS + "MergeDown", 0)):
                place = len(self._row)
                self.sheets[-1][3].append(Merged(self._number, self._number + below, place))
            self._row.append("")
            self._merged = int(told.get(_SS + "MergeAcross", 0))
        elif tag == _SS + "Data":
            self._data, self._type = [], told.get(_SS + "Type", "String")
        elif tag == _EXCEL + "Visible":
            self._data, self._type = [], "Visible"

    def text(self, data: str) -> None:
        if self._data is not None:
            self._data.append(data)

    def end(self, tag: str) -> None:
        if tag == _SS + "Data" and self._data is not None:
            self._row[-1] = _typed("".join(self._data), self._type)
            self._data = None
        elif tag == _EXCEL + "Visible" and self._data is not None:
            name, _, lines, merged = self.sheets[-1]
            self.sheets[-1] = name, "".join(self._data) != "SheetVisible", lines, merged
            self._data = None
        elif tag == _SS + "Cell":
            self._row.extend([""] * min(self._merged, MAX_COLUMNS))
        elif tag == _SS + "Row" and self.sheets:
            self.sheets[-1][2].append((self._number, self._row))


def _typed(text: str, kind: str) -> object:
    if kind != "Number":
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
