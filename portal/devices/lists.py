"""Reading the inventory's list: one page of it, and what it can be narrowed by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from portal.devices.conditions import Conditions, Standing
from portal.devices.filters import Filters, is_costly, matching, ordered
from portal.models import Customer, Device, Port, Profile

_MOST_FIRMWARES = 200
_MOST_TICKED = 5_000  # more than a page has


@dataclass(frozen=True)
class ListedDevice:
    """A device of a list, and how it stands."""

    device: Device
    standing: Standing


@dataclass(frozen=True)
class Options:
    """What a list can be narrowed to: pairs of what the address holds and what people read."""

    customers: list[tuple[str, str]]
    profiles: list[tuple[str, str]]
    models: list[tuple[str, str]]
    firmwares: list[tuple[str, str]]


def count_of(session: Session, filters: Filters) -> int:
    """Return how many devices `filters` let through."""
    return session.scalar(select(func.count()).select_from(matching(filters).subquery())) or 0


def page_of_devices(
    session: Session,
    filters: Filters,
    page: int,
    size: int,
    sort: str = "id",
    is_descending: bool = True,
) -> tuple[list[ListedDevice], int]:
    """Return one page of devices, newest first unless said otherwise, and how many match."""
    # The ids alone first: for a late page the database then passes over no whole rows.
    found = ordered(filters, sort, is_descending)
    found = found.limit(size).offset((page - 1) * size)
    if not is_costly(filters):
        ids = list(session.scalars(found))
        return listed(session, ids, filters), count_of(session, filters)
    rows = session.execute(found.add_columns(func.count().over())).all()
    total = rows[0][1] if rows else 0 if page == 1 else count_of(session, filters)
    return listed(session, [row[0] for row in rows], filters), total


def listed(session: Session, ids: list[int], filters: Filters) -> list[ListedDevice]:
    """Return the devices of `ids`, in that order, with all that a list shows of them."""
    devices = session.scalars(
        select(Device)
        .where(Device.id.in_(ids))
        .options(
            selectinload(Device.customer).selectinload(Customer.default_profile),
            selectinload(Device.profile),
            selectinload(Device.ports).selectinload(Port.account),
        )
    )
    by_id = {device.id: device for device in devices}
    standings = Conditions(filters.at).standings(session, ids)
    return [ListedDevice(by_id[number], standings[number]) for number in ids]


def all_ids(session: Session, filters: Filters) -> list[int]:
    """Return the ids of all devices that `filters` let through, newest first."""
    return list(session.scalars(matching(filters).order_by(Device.id.desc())))


def ids_of(session: Session, macs: list[str]) -> list[int]:
    """Return the ids of those of `macs` that are in the inventory, newest first."""
    wanted = [mac for mac in macs if len(mac) == 12][:_MOST_TICKED]
    found = select(Device.id).where(Device.mac.in_(wanted)).order_by(Device.id.desc())
    return list(session.scalars(found))


def options(session: Session) -> Options:
    """Return what there is to narrow by; firmware versions: the commonest."""
    models = session.execute(
        select(Device.vendor, Device.model).distinct().where(Device.model != "")
    ).all()
    firmwares = session.execute(
        select(Device.last_firmware, func.count())
        .where(Device.last_firmware != "")
        .group_by(Device.last_firmware)
        .order_by(func.count().desc())
        .limit(_MOST_FIRMWARES)
    ).all()
    return Options(
        _named(session, Customer),
        _named(session, Profile),
        [(model, f"{vendor} {model}".strip()) for vendor, model in sorted(models)],
        [(version, f"{version} ({count:,})") for version, count in sorted(firmwares)],
    )


def _named(session: Session, model: type[Any]) -> list[tuple[str, str]]:
    found = session.execute(select(model.id, model.name).order_by(model.name))
    return [(str(number), name) for number, name in found]
