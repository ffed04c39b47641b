"""A database with several times as many rows of everything, made of what it has; for any table.

Each row is copied twice for each number: once beside the original, with the same parents, and once
with copies of its parents, so that there are more children of each and more families of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Table, UniqueConstraint

from portal.extensions import Base

TIMES = 2  # copies of each kind: five times as many rows as before
# Rows that there is one of, by what they are.
_ONE = {"site", "alembic_version"}
# Far from ids that a small world has.
STEP = 10_000

Row = dict[str, Any]


def multiply(file: Path) -> None:
    """Make five rows of each in the database of a portal whose application has it open."""
    with closing(sqlite3.connect(file)) as stored:
        stored.row_factory = sqlite3.Row
        tables = [table for table in Base.metadata.sorted_tables if table.name not in _ONE]
        before = {table.name: _rows(stored, table) for table in tables}
        for table in tables:
            for row in before[table.name]:
                for copy in _copies(table, row, before):
                    _insert(stored, table.name, copy)
        stored.commit()


def _rows(stored: sqlite3.Connection, table: Table) -> list[Row]:
    kept = [column.name for column in table.columns if column.computed is None]
    return [dict(row) for row in stored.execute(f'SELECT {", ".join(kept)} FROM "{table.name}"')]


def _copies(table: Table, row: Row, before: Mapping[str, list[Row]]) -> Iterator[Row]:
    for number in range(1, TIMES + 1):
        yield _copy(table, row, number, keeps_parents=True)
        yield _copy(table, row, TIMES + number, keeps_parents=False)


def _copy(table: Table, row: Row, number: int, *, keeps_parents: bool) -> Row:
    """Return a copy of a row, number 1, 2, …; unique values are others."""
    made = dict(row)
    parents = {key.parent.name: key.column.table.name for key in table.foreign_keys}
    if not keeps_parents:
        for name, parent in parents.items():
            if made[name] is not None and parent not in _ONE:
                made[name] += STEP * number
    for names in _unique(table):
        own = [name for name in names if name not in parents]
        if own and all(row[name] is not None for name in names):
            made[own[-1]] = _other(own[-1], row[own[-1]], number)
    return made


def _unique(table: Table) -> Iterator[list[str]]:
    yield [column.name for column in table.primary_key]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for column in table.columns:
        if column.unique:
            yield [column.name]


def _other(name: str, value: Any, number: int) -> Any:
    if name in {"mac", "caller"}:
        return f"{int(value, 16) + 0x1000 * number:012x}"
    if isinstance(value, int):
        return value + STEP * number if name == "id" else value + 3 * number
    return f"{value}-{number}"


def _insert(stored: sqlite3.Connection, table: str, row: Row) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    stored.execute(f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})', [*row.values()])
