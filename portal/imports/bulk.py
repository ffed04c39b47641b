"""Add many rows to a table at once, as fast as the database's driver can."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import JSON, Table, bindparam, insert, literal, literal_column
from sqlalchemy.orm import Session

from portal.extensions import Base
from portal.imports.collection import uncollected

_CACHE_KIB = 65_536
_SQLITES_OWN_KIB = 2_000


@contextmanager
def in_bulk(session: Session) -> Iterator[None]:
    """Store very much: SQLite keeps the pages of a dozen indexes in memory meanwhile."""
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
    try:
        with uncollected():
            yield
    finally:
        if is_sqlite:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_SQLITES_OWN_KIB}")


class Inserter:
    """Adds many rows to a table. `columns` are those that differ from row to row; `same` holds
    values that all rows share, and other columns get their default.

    SQLAlchemy converts each value of each row anew, which takes longer than SQLite needs to store
    them; here the shared ones are written into the statement, once.
    """

    def __init__(
        self, session: Session, model: type[Base], columns: Sequence[str], same: Mapping[str, Any]
    ) -> None:
        self._connection = session.connection()
        dialect, table = self._connection.dialect, cast(Table, model.__table__)
        self._columns = columns
        processors = [
            table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns
        ]
        self._converted = [(place, p) for place, p in enumerate(processors) if p]
        values: dict[str, Any] = {name: bindparam(name) for name in columns}
        for name, value in {**_defaults(table, columns), **same}.items():
            kind = table.c[name].type
            told = literal(json.dumps(value)) if isinstance(kind, JSON) else literal(value, kind)
            text = told.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
            # A statement doubles what the driver would take for a place to fill in, a value too.
            values[name] = literal_column(str(text).replace("%%", "%"))
        self._statement = insert(table).values(values).compile(dialect=dialect)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows of values of `columns`."""
        made: list[Sequence[Any]] = []
        for row in rows:
            values = list(row)
            for place, process in self._converted:
                values[place] = process(values[place])
            made.append(values)
        if not made:
            return
        if self._statement.positional:
            order = map(self._columns.index, cast(list[str], self._statement.positiontup))
            sets: Any = list(map(itemgetter(*order), made))
        else:
            sets = [dict(zip(self._columns, values, strict=True)) for values in made]
        self._connection.exec_driver_sql(str(self._statement), sets)


def _defaults(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    """Return the defaults of the other columns, as SQLAlchemy would fill them in."""
    found: dict[str, Any] = {}
    for column in table.columns:
        default: Any = column.default
        if default is not None and column.name not in columns:
            found[column.name] = default.arg(None) if default.is_callable else default.arg
    return found
