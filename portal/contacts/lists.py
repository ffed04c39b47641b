"""Lists of contacts: read one, compare it with what is stored, write one. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.contacts.facts import MAX_CONTACTS, ContactFacts, checked
from portal.errors import RuleBroken, SheetUnreadable
from portal.imports.sheets import Line, Sheet, cell_text, neutral
from portal.list_imports.headers import words_of
from portal.list_imports.reading import Table, places_in

FIELDS = ("name", "office", "mobile", "other")
HEADER = ("Name", "Office", "Mobile", "Other")
_HEADER_LINES = 20

_WORDS = words_of("contacts")


@dataclass(frozen=True)
class Row:
    """A row of a list. `line` is the one a spreadsheet program shows; `problem` keeps it out."""

    line: int
    facts: ContactFacts
    problem: str = ""


@dataclass(frozen=True)
class Change:
    """A contact that the list says otherwise than the phone book."""

    line: int
    facts: ContactFacts
    before: ContactFacts


@dataclass(frozen=True)
class Plan:
    """What a list would do. Contacts that it does not name stay as they are."""

    new: list[Row] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    problems: list[Row] = field(default_factory=list)

    @property
    def writes(self) -> int:
        return len(self.new) + len(self.changed)

    @property
    def digest(self) -> str:
        """The same for two plans that do the same."""
        told = repr(([r.facts for r in self.new], [(c.before, c.facts) for c in self.changed]))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """What it writes, as a list again: to be kept in a form until somebody agrees."""
        return as_csv([*(r.facts for r in self.new), *(c.facts for c in self.changed)])


def rows_in(sheets: Sequence[Sheet]) -> list[Row]:
    """Return the rows of the first sheet that has a header. Raises SheetUnreadable."""
    for sheet in sheets:
        for place, line in enumerate(sheet.rows[:_HEADER_LINES]):
            if table := _table(sheet, line):
                rows = [_row(other, table) for other in sheet.rows[place + 1 :]]
                rows = [row for row in rows if any(vars(row.facts).values())]
                if len(rows) > MAX_CONTACTS:
                    raise SheetUnreadable(
                        f"The list has more than {MAX_CONTACTS:,} contacts, which is more than a "
                        "phone book holds"
                    )
                return rows
    raise SheetUnreadable(
        "No line names the columns; write Name above the names, and Office, Mobile or Other above "
        "the numbers"
    )


def plan(rows: Iterable[Row], stored: Mapping[str, ContactFacts]) -> Plan:
    """Compare a list with the phone book; `stored` is by name in lower case (casefold)."""
    made, lines = Plan(), dict[str, int]()
    for row in rows:
        try:
            facts = checked(row.facts)
        except RuleBroken as broken:
            made.problems.append(Row(row.line, row.facts, broken.message))
            continue
        key = facts.name.casefold()
        if key in lines:
            problem = f"Row {lines[key]} has this name already; add what tells them apart"
            made.problems.append(Row(row.line, facts, problem))
            continue
        lines[key] = row.line
        before = stored.get(key)
        if before is None:
            made.new.append(Row(row.line, facts))
        elif before == facts:
            made.unchanged.append(Row(row.line, facts))
        else:
            made.changed.append(Change(row.line, facts, before))
    return made


def as_csv(contacts: Iterable[ContactFacts]) -> str:
    """Return a list that spreadsheet programs open; no cell of it can be a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for contact in contacts:
        writer.writerow([neutral(cell) for cell in (contact.name, *contact.numbers)])
    return text.getvalue()


def _table(sheet: Sheet, line: Line) -> Table | None:
    """Return the table below a line, if that is a header."""
    places = places_in(line, _WORDS)
    has_name = places.keys() & {"name", "first", "last"}
    is_header = has_name and places.keys() & {"office", "mobile", "other"}
    return Table(sheet, line.number, (), places) if is_header else None


def _row(line: Line, table: Table) -> Row:
    cells = {key: cell_text(cell) for key, cell in table.cells_of(line).items()}
    parts = (cells.get("first", ""), cells.get("last", ""))
    name = cells.get("name") or " ".join(part for part in parts if part)
    numbers = (cells.get(key, "") for key in FIELDS[1:])
    return Row(line.number, ContactFacts(name, *numbers))
