"""What an upload would do now, kept for a while in this process: paging does not read it again.

A preview is of a file, the choices for it and the state of the database; the newest audit entry
stands for that, as every write leaves one. Importing never relies on what is kept here but for the
sheets, which depend on the file alone.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.customer_limits import beyond, limits_of
from portal.errors import SheetUnreadable
from portal.imports import queries
from portal.imports.accept import SEVERAL
from portal.imports.child import read_sheets
from portal.imports.collection import uncollected
from portal.imports.macs import looks_like_mac
from portal.imports.plan import Plan
from portal.imports.problems import PROBLEM, is_ours
from portal.imports.read import Options, rows_of
from portal.imports.sheets import Sheet
from portal.imports.validate import known_prefixes
from portal.models import AuditEntry, Import
from portal.vendors import FAMILIES

KEPT = 2  # lists of each kind
KEPT_LINES = 250_000  # of all of them, unless one alone has more

T = TypeVar("T")


class Kept(Generic[T]):
    """The things made last, by key."""

    def __init__(self) -> None:
        self._things: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """Return what is kept under `key`; else `make` it, which tells how many lines it has."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key][0]
        made = make()
        with self._lock:
            self._things[key] = made
            while len(self._things) > 1 and (len(self._things) > KEPT or self._lines > KEPT_LINES):
                self._things.popitem(last=False)
        return made[0]

    def clear(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._things.clear()

    @property
    def _lines(self) -> int:
        return sum(lines for _, lines in self._things.values())


@dataclass(frozen=True, slots=True)
class LikeMacs:
    """How many cells of the file look like a MAC, and where they went; the parts add up."""

    total: int = 0
    in_rows: int = 0
    beside: int = 0  # in other columns of those rows
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What an upload would do while `newest` is the id of the newest audit entry.

    `kinds`: kinds of suggestions -> how many rows wait for a yes.
    """

    sheets: Sequence[Sheet]
    plan: Plan
    newest: int | None
    digest: str
    summary: Mapping[str, int]
    kinds: Mapping[str, int]
    like_macs: LikeMacs


_sheets: Kept[list[Sheet]] = Kept()
_previews: Kept[Preview] = Kept()


def sheets_in(filename: str, sha256: str, data: Callable[[], bytes]) -> list[Sheet]:
    """Return the sheets of a file; `data` is asked for only when they must be read.

    Raises SheetUnreadable.
    """

    def make() -> tuple[list[Sheet], int]:
        with uncollected():
            sheets = read_sheets(filename, data())
        return sheets, sum(len(sheet.rows) for sheet in sheets)

    return _sheets.get((filename, sha256), make)


def sheets_of(upload: Import) -> list[Sheet]:
    """Return the sheets of an upload. Raises SheetUnreadable."""
    return sheets_in(upload.filename, upload.sha256, lambda: upload.content)


def plan_of(session: Session, upload: Import) -> Plan:
    """Return what the upload would do now; one that cannot be read: a plan with file_error."""
    options = Options.from_json(upload.options)
    try:
        reading = rows_of(sheets_of(upload), options, FAMILIES)
    except SheetUnreadable as unreadable:
        return Plan(file_error=str(unreadable))
    return queries.plan_against(session, reading, options)


def newest_entry(session: Session) -> int | None:
    """Return the id of the newest audit entry, which changes with every write of anybody."""
    return session.scalar(beyond(select(func.max(AuditEntry.id))))


def preview_of(session: Session, upload: Import) -> Preview:
    """Return the preview of an upload, as the database is now."""
    newest = newest_entry(session)

    def make() -> tuple[Preview, int]:
        with uncollected():
            plan = plan_of(session, upload)
        sheets = [] if plan.file_error and not _is_readable(upload) else sheets_of(upload)
        made = Preview(
            sheets,
            plan,
            newest,
            plan.digest(),
            plan.summary(),
            _kinds(plan),
            _like_macs(sheets, plan),
        )
        return made, len(plan.rows)

    return _previews.get(key_of(session, upload, newest), make)


def key_of(session: Session, upload: Import, newest: int | None) -> Hashable:
    """Return what a preview of an upload depends on, besides the code."""
    choices = json.dumps(upload.options, sort_keys=True)
    who = limits_of(session)  # sees less
    return _database(session), upload.sha256, upload.filename, choices, newest, who


def forget() -> None:
    """Make all previews anew: one of them turned out to be out of date."""
    _previews.clear()


def _database(session: Session) -> str:
    return str(session.connection().engine.url)  # tests have several in one process


def has_columns(sheets: Sequence[Sheet]) -> bool:
    """Is there a sheet with several columns, so that a person may say which holds the MACs?"""
    return any(len(line.cells) > 1 for sheet in sheets for line in sheet.rows)


def _is_readable(upload: Import) -> bool:
    try:
        sheets_of(upload)
    except SheetUnreadable:
        return False
    return True


def _kinds(plan: Plan) -> dict[str, int]:
    """Count what can be accepted as a kind: see accept.py."""
    found: Counter[str] = Counter()
    for row in plan.rows:
        for problem in row.problems:
            one = len(row.suggestions) == 1 and problem.code != "column_question"
            if problem.field == "mac" and problem.can_be_accepted:
                found[problem.code] += one or problem.code in SEVERAL
    return {kind: count for kind, count in found.items() if count}


def _like_macs(sheets: Sequence[Sheet], plan: Plan) -> LikeMacs:
    """Count the cells that look like a MAC, numbers too where a row made one of them."""
    known = known_prefixes(FAMILIES)
    places = {
        table.sheet.name: {table.places.get("mac", -1), *table.candidates} for table in plan.tables
    }
    problems = {
        table.sheet.name: {p for p, header in enumerate(table.headers) if header == PROBLEM}
        for table in plan.tables
    }
    rows: dict[str, dict[int, bool]] = {}
    for row in plan.rows:
        rows.setdefault(row.sheet, {})[row.number] = bool(row.mac or row.suggestions)
    total = in_rows = of_rows = 0
    for sheet in sheets:
        own, macs = rows.get(sheet.name, {}), places.get(sheet.name, set())
        ours = problems.get(sheet.name, set())
        for number, cells in sheet.rows:
            is_row, has_mac = number in own, own.get(number, False)
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    is_like = len(cell) > 11 and looks_like_mac(cell, known)
                else:
                    is_like = has_mac and cell is not None and place in macs
                if is_like and not (place in ours and is_ours(PROBLEM, cell)):
                    total += 1
                    of_rows += is_row
                    in_rows += is_row and place in macs
    return LikeMacs(total, in_rows, of_rows - in_rows, total - of_rows)
