"""Lists of contacts: read one, compare it with what is stored, write one. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.contacts.facts import MAX_CONTACTS, ContactFacts, checked
from portal.errors import RuleBroken, SheetUnreadable
from portal.imports.sheets import Line, Sheet, cell_text, neutral

FIELDS = ("name", "office", "mobile", "other")
HEADER = ("Name", "Office", "Mobile", "Other")
_HEADER_LINES = 20

# Words above a column, without those of _FILLERS; English, German, and what Outlook exports.
_WORDS = {
    "name": "name|full name|display name|contact|anzeigename|kontakt|voller name|bezeichnung",
    "first": "first name|given name|first|vorname",
    "last": "last name|surname|family name|last|nachname|familienname",
    "office": "office|work|business|extension|ext|büro|buero|arbeit|firma|geschäftlich|"
    "geschaeftlich|dienstlich|durchwahl|nebenstelle|festnetz|rufnummer|phone|telephone|telefon|"
    "number|nummer|tel",
    "mobile": "mobile|cell|cellular|handy|mobil|mobilfunk|mobiltelefon|mobilnummer",
    "other": "other|home|private|andere|sonstige|weitere|weiteres|privat",
}
_MEANING = {word: key for key, words in _WORDS.items() for word in words.split("|")}
_FILLERS = {"phone", "telephone", "telefon", "tel", "number", "nummer", "no", "nr"}


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
            if columns := _columns(line):
                rows = [_row(other, columns) for other in sheet.rows[place + 1 :]]
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


def _columns(line: Line) -> dict[str, int]:
    """Return the columns that a header names; empty when it is none."""
    columns: dict[str, int] = {}
    for place, cell in enumerate(line.cells):
        if meaning := _meaning(cell_text(cell)):
            columns.setdefault(meaning, place)
    has_name = columns.keys() & {"name", "first", "last"}
    return columns if has_name and columns.keys() & {"office", "mobile", "other"} else {}


def _meaning(header: str) -> str | None:
    words = re.findall(r"\w+", header.casefold())
    plain = [word for word in words if word not in _FILLERS] or words[:1]
    return _MEANING.get(" ".join(words)) or _MEANING.get(" ".join(plain))


def _row(line: Line, columns: Mapping[str, int]) -> Row:
    cells = {
        key: cell_text(line.cells[place]) if place < len(line.cells) else ""
        for key, place in columns.items()
    }
    parts = (cells.get("first", ""), cells.get("last", ""))
    name = cells.get("name") or " ".join(part for part in parts if part)
    numbers = (cells.get(key, "") for key in FIELDS[1:])
    return Row(line.number, ContactFacts(name, *numbers))
