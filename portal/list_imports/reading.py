"""Find the lists in the sheets of a file: header, columns, rows. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from portal.imports.sheets import Line, Sheet, cell_text, column_letter
from portal.list_imports.headers import Words, meaning_of

HEADER_WITHIN = 40  # lines


class LeftOut(NamedTuple):
    """A line, or a whole sheet, that is not imported, and why. Its text is not told."""

    sheet: str
    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for a list; `from_json(as_json())` gives the same.

    `columns`: sheet -> field -> column from 0, all of them. `header_rows`: sheet -> row number, 0
    for none. `customer`: of rows that name none. `may_add_customers`: those that rows name and
    nobody knows are added.
    """

    columns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    header_rows: Mapping[str, int] = field(default_factory=dict)
    customer: str = ""
    may_add_customers: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the choices as JSON can hold them."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Choices:
        """Return choices from what `as_json` gave; unknown keys do not count."""
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(frozen=True, slots=True)
class Table:
    """A list in a sheet: `header` is the row number of its header, 0 for none; `headers` are its
    texts, `places` maps a field to its column, from 0."""

    sheet: Sheet
    header: int
    headers: tuple[str, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)

    def cells_of(self, line: Line) -> dict[str, object]:
        """Return the cells of a line by field."""
        return {
            name: line.cells[place]
            for name, place in self.places.items()
            if place < len(line.cells)
        }

    def called(self, place: int) -> str:
        """Return what a column is called: its letter and header."""
        text = self.headers[place] if place < len(self.headers) else ""
        return f"{column_letter(place)} “{text}”" if text else column_letter(place)

    @property
    def width(self) -> int:
        """Return how many columns the sheet has."""
        return max((len(line.cells) for line in self.sheet.rows), default=0)

    def unused(self) -> list[str]:
        """Return what the columns are called that have a header and are no field."""
        taken = set(self.places.values())
        return [
            self.called(place)
            for place, text in enumerate(self.headers)
            if text and place not in taken
        ]


def tables_of(
    sheets: Sequence[Sheet], words: Words, keys: Collection[str], choices: Choices = Choices()
) -> list[Table]:
    """Return the lists in `sheets`, each with a column of one of the fields `keys`.

    Where there is none, the first sheet is returned without, so that a person may choose them. A
    hidden sheet has none.
    """
    filled = [sheet for sheet in sheets if sheet.rows and not sheet.hidden]
    tables = [_table(sheet, words, keys, choices) for sheet in filled]
    return [table for table in tables if table.places.keys() & {*keys}] or tables[:1]


def _table(sheet: Sheet, words: Words, keys: Collection[str], choices: Choices) -> Table:
    chosen, places = choices.header_rows.get(sheet.name), choices.columns.get(sheet.name)
    line = _header(sheet, words, keys) if chosen is None else _line_at(sheet, chosen)
    if line is None:
        return Table(sheet, 0, (), places or {})
    texts = tuple(map(cell_text, line.cells))
    return Table(sheet, line.number, texts, places_in(line, words) if places is None else places)


def _header(sheet: Sheet, words: Words, keys: Collection[str]) -> Line | None:
    """Return the line that names most fields, one of `keys` among them; else the first one."""
    best, most = sheet.rows[0], 0
    for line in sheet.rows[:HEADER_WITHIN]:
        places = places_in(line, words)
        if len(places) > most and places.keys() & {*keys}:
            best, most = line, len(places)
    return best


def places_in(line: Line, words: Words) -> dict[str, int]:
    """Return field -> column for a line as a header; of two columns for one field the first."""
    places: dict[str, int] = {}
    for place, cell in enumerate(line.cells):
        if name := meaning_of(cell_text(cell), words):
            places.setdefault(name, place)
    return places


def _line_at(sheet: Sheet, number: int) -> Line | None:
    return next((line for line in sheet.rows if line.number == number), None)


def lines_of(table: Table) -> tuple[list[Line], list[LeftOut]]:
    """Return the lines below the header that say something, and those left out."""
    lines: list[Line] = []
    left_out: list[LeftOut] = []
    name = table.sheet.name
    for line in table.sheet.rows:
        if line.number == table.header:
            continue
        if line.number < table.header:
            left_out.append(LeftOut(name, line.number, "Above the header of the list"))
        elif table.header and tuple(map(cell_text, line.cells)) == table.headers:
            left_out.append(LeftOut(name, line.number, "The header once more"))
        elif any(map(cell_text, table.cells_of(line).values())):
            lines.append(line)
        else:
            left_out.append(LeftOut(name, line.number, "Nothing in the columns that are used"))
    return lines, left_out


def sheets_left_out(sheets: Sequence[Sheet], tables: Sequence[Table]) -> Iterator[LeftOut]:
    """Yield the sheets that are not read and have something in them."""
    read = {table.sheet.name for table in tables}
    for sheet in sheets:
        if sheet.rows and sheet.name not in read:
            why = "The sheet is hidden" if sheet.hidden else "No line of the sheet is a header"
            yield LeftOut(sheet.name, sheet.rows[0].number, why)
