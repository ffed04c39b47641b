"""Add many rows to a table at once, as fast as the database's driver can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from portal.extensions import Base


def insert_rows(
    session: Session,
    model: type[Base],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    same: Mapping[str, Any],
) -> None:
    """Add `rows`, which hold values of `columns`; `same` holds those that all of them share.

    SQLAlchemy converts each value of each row anew, which takes longer than SQLite needs to store
    them; here the shared ones are converted once. Columns not named get their default.
    """
    if not rows:
        return
    connection = session.connection()
    dialect, table = connection.dialect, cast(Table, model.__table__)
    shared_values = _defaults(table, columns) | same
    names = [*columns, *shared_values]
    processors = [
        table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    ]
    shared = tuple(
        process(value) if process else value
        for process, value in zip(processors[len(columns) :], shared_values.values(), strict=True)
    )
    converted = [
        (place, process) for place, process in enumerate(processors[: len(columns)]) if process
    ]
    made = []
    for row in rows:
        values = [*row, *shared]
        for place, process in converted:
            values[place] = process(values[place])
        made.append(values)
    compiled = insert(table).compile(dialect=dialect, column_keys=names)
    if compiled.positional:
        ordered = itemgetter(*map(names.index, cast(list[str], compiled.positiontup)))
        sets: Any = list(map(ordered, made))
    else:
        sets = [dict(zip(names, values, strict=True)) for values in made]
    connection.exec_driver_sql(str(compiled), sets)


def _defaults(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    """Return the defaults of the other columns, as SQLAlchemy would fill them in."""
    found: dict[str, Any] = {}
    for column in table.columns:
        default: Any = column.default
        if default is not None and column.name not in columns:
            found[column.name] = default.arg(None) if default.is_callable else default.arg
    return found
