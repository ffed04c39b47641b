"""Turn the lines of a table into drafts, and say of every other line why it is left out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from portal.imports.columns import Table
from portal.imports.layouts import begins_with
from portal.imports.macs import is_plain, looks_like_mac, read_mac
from portal.imports.problems import is_ours
from portal.imports.sheets import Line, Sheet, cell_text

WHY = {
    "title": "Above the header of the list",
    "page": "Header or footer of a page",
    "total": "A total, not a phone",
    "carton": "A carton or pallet, not a phone",
    "note": "A note between the phones: it has no MAC and nothing of a phone",
    "skipped": "Left out by you",
    "no_table": "The sheet has no column with MACs",
    "not_chosen": "The sheet was not chosen",
}
_NO_FIXES: Mapping[str, str] = {}
# A line with none of the others filled in is a heading between the phones.
_OF_GROUPS = {"customer", "profile", "vendor", "description", "mac"}
# What each row of a list with one row a port says for itself.
_OF_PORT = {"port", "user_name", "extension", "password", "name", "accounts"}


@dataclass(slots=True)
class Draft:
    """A line of a table. `kind` is "data" or a key of WHY; `fixes` are cells put right by hand.

    `above` is the first line of the same device, in a list with one row a port, from which its
    blank cells go on; `is_merged`: the file says so, by a MAC cell that covers both lines.
    """

    table: Table
    line: Line
    kind: str = "data"
    fixes: Mapping[str, str] = field(default_factory=lambda: _NO_FIXES)
    above: Draft | None = None
    is_merged: bool = False

    @property
    def sheet(self) -> str:
        """Return the name of the sheet."""
        return self.table.sheet.name

    @property
    def number(self) -> int:
        """Return the row number that a spreadsheet program shows."""
        return self.line.number

    def cell(self, name: str) -> object:
        """Return the cell of a field as it lies in the file, or as it was put right."""
        if name in self.fixes:
            return self.fixes[name]
        place = self.table.places.get(name, -1)
        cell = self.line.cells[place] if 0 <= place < len(self.line.cells) else None
        if self.above and cell in (None, "") and name not in _OF_PORT:
            return self.above.cell(name) if name != "mac" or self.is_merged else cell
        return cell

    @property
    def raw(self) -> dict[str, str]:
        """Return the text of every mapped cell, by field."""
        return {name: cell_text(self.cell(name)) for name in (*self.table.places, *self.fixes)}

    @property
    def text(self) -> str:
        """Return the whole line as one text."""
        return " | ".join(text for cell in self.line.cells if (text := cell_text(cell)))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A text of the file that is not imported, and why. `kind` is a key of WHY or "column"."""

    sheet: str
    row: int
    text: str
    why: str
    kind: str


def normalise(
    table: Table,
    known_prefixes: Collection[str],
    fixes: Mapping[int, Mapping[str, str]] | None = None,
    skipped: Collection[int] = (),
) -> list[Draft]:
    """Return a draft for every line but the header. Never raises.

    `fixes` (row -> field -> text) replace cells; `skipped` are rows that a person took out.
    """
    drafts = []
    fixes = fixes or {}
    mac = table.places.get("mac", -1)
    start = table.header or 0
    devices = _Devices(table)
    for line in table.sheet.rows:
        number, cells = line
        if number == table.header:
            continue
        draft = Draft(table, line, "data", fixes.get(number, _NO_FIXES))
        if number in skipped:
            draft.kind = "skipped"
        elif number < start:
            draft.kind = "title"
        elif not (0 <= mac < len(cells) and is_plain(cells[mac])) and not draft.fixes:
            draft.kind = _kind_of(draft, known_prefixes)
        if devices.can_have_several_rows:
            devices.note(draft)
        drafts.append(draft)
    return drafts


class _Devices:
    """Sees which line a row without MAC goes on from, where each port has a row of its own."""

    def __init__(self, table: Table) -> None:
        self.can_have_several_rows = "port" in table.places and "mac" in table.places
        self._first: Draft | None = None
        self._last = 0
        self._tops: dict[int, int] = {}  # row -> that in which the merged cell of its MAC begins
        self._merged: dict[int, Draft] = {}  # by the row in which the cell begins
        if self.can_have_several_rows:
            for first, last, column in table.sheet.merged:
                if column == table.places["mac"]:
                    self._tops.update(dict.fromkeys(range(first, last + 1), first))

    def note(self, draft: Draft) -> None:
        """Give `draft`, the next line of the list, the one above from which it goes on."""
        top = self._tops.get(draft.number, 0)
        if draft.kind != "data":
            self._first = None
        elif cell_text(draft.cell("mac")):
            self._first = draft
            if top == draft.number:
                self._merged[top] = draft
        elif top in self._merged:
            draft.above, draft.is_merged = self._merged[top], True
        elif draft.number == self._last + 1 and cell_text(draft.cell("port")):
            draft.above = self._first
        else:
            self._first = None
        self._last = draft.number


def left_out_of(drafts: Sequence[Draft], known_prefixes: Collection[str]) -> Iterator[LeftOut]:
    """Yield what is not imported of a table: lines that are no phones, MACs in other columns."""
    if not drafts:
        return
    table = drafts[0].table
    taken = {*table.places.values(), *table.candidates}
    width = max(len(draft.line.cells) for draft in drafts)
    free = [place for place in range(width) if place not in taken]
    for draft in drafts:
        if draft.kind != "data":
            yield LeftOut(draft.sheet, draft.number, draft.text, WHY[draft.kind], draft.kind)
            continue
        cells = draft.line.cells
        for place in free:
            if place < len(cells) and looks_like_mac(cells[place], known_prefixes):
                if place < len(table.headers) and is_ours(table.headers[place], cells[place]):
                    continue
                why = f"In column {table.called(place)}, which is not that of the phones’ MACs"
                text = cell_text(cells[place])
                yield LeftOut(draft.sheet, draft.number, text, why, "column")


def left_out_of_sheet(
    sheet: Sheet, kind: str, known_prefixes: Collection[str]
) -> Iterator[LeftOut]:
    """Yield the lines of a sheet that is not read and yet has a text that looks like a MAC."""
    for line in sheet.rows:
        if any(looks_like_mac(cell, known_prefixes) for cell in line.cells):
            text = " | ".join(text for cell in line.cells if (text := cell_text(cell)))
            yield LeftOut(sheet.name, line.number, text, WHY[kind], kind)


def _kind_of(draft: Draft, known: Collection[str]) -> str:
    """Return the kind of a line whose MAC is not one at first sight."""
    table = draft.table
    if table.question:
        places = [place for place in table.candidates if place < len(draft.line.cells)]
        macs = [read_mac(draft.line.cells[place], known) for place in places]
        if any(reading.mac or reading.suggestions for reading in macs):
            return "data"
    cell = draft.cell("mac")
    reading = read_mac(cell, known)
    if reading.mac or reading.suggestions:
        return "data"
    texts = [text for cell in draft.line.cells if (text := cell_text(cell))]
    if table.headers and texts == [header for header in table.headers if header]:
        return "page"
    if len(texts) == 1 and begins_with("page", texts[0]) and any(c.isdigit() for c in texts[0]):
        return "page"
    if begins_with("total", texts[0]):
        return "total"
    if begins_with("carton", texts[0]) and len(texts) <= 3:
        return "carton"
    own = {name for name in table.places if name not in _OF_GROUPS and cell_text(draft.cell(name))}
    if cell_text(cell):
        is_sentence = reading.reason == "mac_bad_character" and not own and len(texts) == 1
        return "note" if is_sentence and isinstance(cell, str) and " " in cell.strip() else "data"
    if own <= {"model", "serial"} and all(_is_number(cell) for cell in draft.line.cells):
        return "total"
    return "data" if own else "note"


def _is_number(cell: object) -> bool:
    return not cell_text(cell) or isinstance(cell, int | float)
