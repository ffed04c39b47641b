"""Reading custom families, and what uses them."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from portal.models import CustomFamily, Device, Port, Profile

_table = CustomFamily.__table__
_MARK = select(func.count(), func.max(_table.c.changed_at), func.sum(_table.c.version))
_ALL = select(_table.c.key, _table.c.declaration, _table.c.templates).order_by(_table.c.key)


def mark(connection: Connection) -> tuple[object, ...]:
    """Return what differs whenever a custom family was made, changed or deleted. One statement."""
    return tuple(connection.execute(_MARK).one())


def all_declared(connection: Connection) -> list[tuple[str, dict[str, object], dict[str, str]]]:
    """Return key, declaration and templates of every custom family, by key."""
    return [tuple(row) for row in connection.execute(_ALL)]


def find_family(session: Session, key: str) -> CustomFamily | None:
    return session.scalar(select(CustomFamily).where(CustomFamily.key == key))


def all_families(session: Session) -> list[CustomFamily]:
    return list(session.scalars(select(CustomFamily).order_by(CustomFamily.label)))


def count_devices(session: Session) -> dict[str, int]:
    """Return how many devices there are of each custom family that has any."""
    keys = select(CustomFamily.key)
    counted = select(Device.family, func.count()).where(Device.family.in_(keys))
    return dict(session.execute(counted.group_by(Device.family)).all())


def models_in_use(session: Session, key: str) -> dict[str, tuple[int, int]]:
    """Return by model of the family: how many devices, and the last port with an account."""
    used = (
        select(Device.model, func.count(Device.id.distinct()), func.max(Port.number))
        .outerjoin(Port, (Port.device_id == Device.id) & Port.account_id.is_not(None))
        .where(Device.family == key)
        .group_by(Device.model)
    )
    return {model: (count, port or 0) for model, count, port in session.execute(used)}


def profiles_of(session: Session, key: str) -> list[Profile]:
    """Return the profiles for this family only."""
    return list(
        session.scalars(select(Profile).where(Profile.family == key).order_by(Profile.name))
    )
