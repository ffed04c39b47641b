"""The audit as a list."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy.orm import Session

from portal.audit.queries import Filters, everything
from portal.audit.shown import changes_of, object_name
from portal.audit.words import words_for
from portal.spreadsheets import Column, Listing

_COLUMNS = (
    Column("Time", 27),
    Column("Who", 18),
    Column("From", 18, is_code=True),
    Column("API token", 16),
    Column("What", 30),
    Column("Action", 24),
    Column("Object type", 14),
    Column("Object", 26, is_code=True),
    Column("Changes", 60),
    Column("Import", 10, is_code=True),
    Column("Changes as JSON", 40),
)
_AT_ONCE = 1_000
# What a cell of a workbook holds (Excel specifications and limits).
_CELL = 32_000


def listing(session: Session, filters: Filters) -> Listing:
    """Return all entries that `filters` lets through, newest first; read as they are used.

    Changes stand there twice: for people, and with their types for programs (name: [before,
    after]); blank where a cell cannot hold them.
    """
    return Listing("audit", _COLUMNS, _rows(session, filters))


def _rows(session: Session, filters: Filters) -> Iterator[list[str]]:
    found = everything(filters).execution_options(yield_per=_AT_ONCE)
    for entry in session.scalars(found):
        yield [
            entry.at.isoformat(timespec="seconds"),
            entry.actor,
            entry.address,
            entry.via,
            words_for(entry.action),
            entry.action,
            entry.object_type,
            object_name(entry),
            "; ".join(map(str, changes_of(entry)))[:_CELL],
            str(entry.import_id or ""),
            told if len(told := json.dumps(entry.changes, ensure_ascii=False)) <= _CELL else "",
        ]
        session.expunge(entry)
