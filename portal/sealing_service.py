"""Seal everything anew, a few rows at a time, while phones fetch and people work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Table,
    literal,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.types import TypeEngine

from portal.crypto import Sealer
from portal.extensions import Base
from portal.models.sealed import MARK, SealedBytes, SealedDict

BATCH = 200


@dataclass(frozen=True)
class Place:
    """A column with sealed values, read and written as they lie."""

    table: Table
    column: Column[Any]

    @property
    def raw_type(self) -> TypeEngine[Any]:
        kind = self.column.type
        return kind.impl_instance if isinstance(kind, SealedBytes | SealedDict) else kind

    @property
    def raw(self) -> Any:
        return type_coerce(self.column, self.raw_type).label("raw")

    @property
    def key(self) -> list[Column[Any]]:
        return list(self.table.primary_key.columns)


def places() -> list[Place]:
    """Return where sealed values lie: columns named …_sealed, sealed ones, settings in JSON."""
    return [
        Place(table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
        or isinstance(column.type, JSON | SealedBytes | SealedDict)
    ]


def reseal_all(engine: Engine, sealer: Sealer) -> int:
    """Seal with the first key what is sealed with another one. Returns how many values.

    Each batch is a short transaction; a value that somebody changed meanwhile is left as it is,
    since it was sealed with the first key then.
    """
    return sum(_reseal(engine, sealer, place) for place in places())


def count_of_others(engine: Engine, sealer: Sealer) -> int:
    """Return how many values are sealed with another key than the first."""
    with engine.connect() as connection:
        return sum(
            _needs(value, sealer)
            for place in places()
            for (value,) in connection.execute(
                select(place.raw)
                .where(place.column.is_not(None))
                .execution_options(yield_per=BATCH)
            )
        )


def _reseal(engine: Engine, sealer: Sealer, place: Place) -> int:
    changed = 0
    last: tuple[Any, ...] = ()
    while True:
        found = select(*place.key, place.raw).where(place.column.is_not(None))
        if last:
            found = found.where(tuple_(*place.key) > last)
        with engine.connect() as connection:
            rows = connection.execute(found.order_by(*place.key).limit(BATCH)).all()
        if not rows:
            return changed
        last = tuple(rows[-1])[:-1]
        news = [
            (tuple(row)[:-1], row.raw, _resealed(row.raw, sealer))
            for row in rows
            if _needs(row.raw, sealer)
        ]
        if news:
            with (
                engine.connect().execution_options(writes=True) as connection,
                connection.begin(),
            ):
                changed += sum(_store(connection, place, *new) for new in news)


def _store(
    connection: Connection, place: Place, identity: tuple[Any, ...], old: Any, new: Any
) -> int:
    """Write one value, unless it is not `old` any more; returns how many sealed texts it holds."""
    one = [key == value for key, value in zip(place.key, identity, strict=True)]
    if connection.execute(select(place.raw).where(*one).with_for_update()).scalar() != old:
        return 0
    values = {place.column.name: literal(new, place.raw_type)}
    connection.execute(update(place.table).where(*one).values(values))
    return len(list(_sealed_in(new)))


def _needs(value: Any, sealer: Sealer) -> int:
    """Count what is sealed with another key than the first."""
    return sum(not sealer.is_present(sealed) for sealed in _sealed_in(value))


def _resealed(value: Any, sealer: Sealer) -> Any:
    if isinstance(value, bytes):
        return sealer.seal_bytes(sealer.open_bytes(value))
    if isinstance(value, str):
        return sealer.seal(sealer.open(value)) if value.startswith(MARK) else value
    if isinstance(value, dict):
        return {name: _resealed(inner, sealer) for name, inner in value.items()}
    return value


def _sealed_in(value: Any) -> Iterator[bytes]:
    """Yield the sealed texts of a value, settings inside JSON included."""
    if isinstance(value, bytes) and value.startswith(MARK.encode()):
        yield value
    elif isinstance(value, str) and value.startswith(MARK):
        yield value.encode()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _sealed_in(inner)
