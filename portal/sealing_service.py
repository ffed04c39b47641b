"""Seal everything anew, a few rows at a time, while phones fetch and people work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Column, Connection, Engine, Table, select, update

from portal.crypto import Sealer
from portal.extensions import Base

BATCH = 200


def sealed_columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Return where sealed values lie: columns named …_sealed, and settings inside JSON."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_sealed") or isinstance(column.type, JSON):
                yield table, column


def reseal_all(engine: Engine, sealer: Sealer) -> int:
    """Seal with the first key what is sealed with another one. Returns how many values.

    Each batch is a short transaction; a value that somebody changed meanwhile is left as it is,
    since it was sealed with the first key then.
    """
    return sum(_reseal(engine, sealer, table, column) for table, column in sealed_columns())


def count_of_others(engine: Engine, sealer: Sealer) -> int:
    """Return how many values are sealed with another key than the first."""
    with engine.connect() as connection:
        return sum(
            _others_in(value, sealer)
            for table, column in sealed_columns()
            for (value,) in connection.execute(select(column).where(column.is_not(None)))
        )


def _reseal(engine: Engine, sealer: Sealer, table: Table, column: Column[Any]) -> int:
    changed, last = 0, None
    key = list(table.primary_key.columns)
    while True:
        with engine.connect() as connection:
            rows = connection.execute(_batch(key, column, last)).all()
        if not rows:
            return changed
        last = tuple(rows[-1])[:-1]
        news = [
            (tuple(row)[:-1], row[-1], _resealed(row[-1], sealer))
            for row in rows
            if _others_in(row[-1], sealer)
        ]
        if news:
            with (
                engine.connect().execution_options(writes=True) as connection,
                connection.begin(),
            ):
                changed += sum(_store(connection, table, column, *new) for new in news)


def _batch(key: list[Column[Any]], column: Column[Any], last: tuple[Any, ...] | None) -> Any:
    found = select(*key, column).where(column.is_not(None)).order_by(*key).limit(BATCH)
    if last is None:
        return found
    if len(key) == 1:
        return found.where(key[0] > last[0])
    from sqlalchemy import tuple_

    return found.where(tuple_(*key) > last)


def _store(
    connection: Connection,
    table: Table,
    column: Column[Any],
    identity: tuple[Any, ...],
    old: Any,
    new: Any,
) -> int:
    one = [k == value for k, value in zip(table.primary_key.columns, identity, strict=True)]
    present = connection.execute(select(column).where(*one).with_for_update()).scalar()
    if present != old:
        return 0
    connection.execute(update(table).where(*one).values({column.name: new}))
    return _count(old)


def _resealed(value: Any, sealer: Sealer) -> Any:
    if isinstance(value, str):
        return sealer.seal(sealer.open(value))
    if isinstance(value, dict):
        if set(value) == {"sealed"}:
            return {"sealed": _resealed(value["sealed"], sealer)}
        return {
            name: _resealed(inner, sealer) if isinstance(inner, dict) else inner
            for name, inner in value.items()
        }
    return value


def _others_in(value: Any, sealer: Sealer) -> int:
    """Count the sealed texts in a column's value that need another seal."""
    return sum(not sealer.is_present(text) for text in _texts(value))


def _count(value: Any) -> int:
    return sum(1 for _ in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if set(value) == {"sealed"}:
            yield value["sealed"]
            return
        for inner in value.values():
            if isinstance(inner, dict):
                yield from _texts(inner)
