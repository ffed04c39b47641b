"""Which devices a list is narrowed to, and in which order they stand: as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
)

from portal.devices.conditions import Conditions, effective_profile
from portal.devices.finding import named_by
from portal.models import Customer, Device, Port, Profile
from portal.models.base import utc_now
from portal.vendors import FAMILIES

PORTS = ("not-used", "partly", "full")
_SEPARATOR = "\t"


@dataclass(frozen=True)
class Filters:
    """What the list of devices is narrowed to; empty and None: not narrowed. `at`: as of when."""

    q: str = ""
    customer_id: int | None = None
    profile_id: int | None = None
    vendor: str = ""
    family: str = ""
    model: str = ""
    firmware: str = ""
    state: str = ""
    status: str = ""
    ports: str = ""  # one of PORTS
    seen: str = ""  # "never", or "yes"
    is_behind: bool = False
    at: datetime = field(default_factory=utc_now)


def matching(filters: Filters) -> Select[int]:
    """Return the statement of the ids of the devices that `filters` let through, in no order."""
    found = select(Device.id)
    for column, value in (
        (Device.customer_id, filters.customer_id),
        (Device.vendor, filters.vendor),
        (Device.family, filters.family),
        (Device.model, filters.model),
        (Device.last_firmware, filters.firmware),
        (Device.state, filters.state),
    ):
        if value:
            found = found.where(column == value)
    if filters.profile_id:
        owners = select(Customer.id).where(Customer.default_profile_id == filters.profile_id)
        inherits = and_(Device.profile_id.is_(None), Device.customer_id.in_(owners))
        found = found.where(or_(Device.profile_id == filters.profile_id, inherits))
    if filters.status or filters.is_behind:
        found = Conditions(filters.at).narrow(found, filters.status, filters.is_behind)
    if filters.ports:
        found = found.where(Device.id.in_(_with_ports(filters.ports)))
    if filters.seen == "never":
        found = found.where(Device.last_seen_at.is_(None))
    elif filters.seen == "yes":
        found = found.where(Device.last_seen_at.is_not(None))
    return found.where(named_by(filters.q.strip())) if filters.q.strip() else found


def ordered(found: Select[int], sort: str, is_descending: bool) -> Select[int]:
    """Put devices in order by one of SORTS; equal ones by their age, as does an unknown `sort`."""
    if sort in _JOINED:
        found, column = _JOINED[sort](found)
    else:
        column = _SORTED.get(sort, Device.id)
    if is_descending:
        return found.order_by(column.desc().nulls_last(), Device.id.desc())
    return found.order_by(column.asc().nulls_first(), Device.id)


def is_costly(filters: Filters) -> bool:
    """Does the database look at every device for this, so that it had better do so once?"""
    return bool(filters.status or filters.is_behind or filters.ports or filters.q.strip())


def _with_ports(use: str) -> Select[int]:
    """Return the ids of devices by how many of their ports have an account."""
    used = (
        select(Port.device_id, func.count().label("used"))
        .where(Port.account_id.is_not(None))
        .group_by(Port.device_id)
        .cte("used_ports")
    )
    if use == "not-used":
        return select(Device.id).where(Device.id.not_in(select(used.c.device_id)))
    totals = model_ports()
    name = Device.family + _SEPARATOR + Device.model
    # Joined as if there might be none: else SQLite may go through all devices for each model.
    found = (
        select(Device.id)
        .select_from(used)
        .join(Device, Device.id == used.c.device_id)
        .outerjoin(totals, totals.c.name == name)
    )
    total = func.coalesce(totals.c.ports, 0)
    return found.where(total > 0, used.c.used >= total if use == "full" else used.c.used < total)


def model_ports() -> Any:
    """Return a table of how many ports each model has.

    It is told to the database with each statement that needs it: families are declarations, and
    custom ones change while the portal runs.
    """
    told = {
        f"{family.key}{_SEPARATOR}{model.name}": model.ports
        for family in FAMILIES.values()
        for model in family.models.values()
    }
    rows = func.json_each(bindparam("models", told, JSON)).table_valued("key", "value")
    number = cast(cast(rows.c.value, Text), Integer)  # PostgreSQL has JSON there, SQLite a number
    return select(rows.c.key.label("name"), number.label("ports")).cte("model_ports")


def _ranks(model: type[Any]) -> Any:
    """Return a table of places in the order of names: numbers are sorted in half the time."""
    place = func.row_number().over(order_by=model.name)
    return select(model.id, place.label("place")).cte(f"{model.__tablename__}_by_name")


def _by_customer(found: Select[int]) -> tuple[Select[int], Any]:
    ranks = _ranks(Customer)
    return found.outerjoin(ranks, ranks.c.id == Device.customer_id), ranks.c.place


def _by_profile(found: Select[int]) -> tuple[Select[int], Any]:
    ranks = _ranks(Profile)
    found = found.outerjoin(Customer, Customer.id == Device.customer_id)
    return found.outerjoin(
        ranks, ranks.c.id == effective_profile(Customer.default_profile_id)
    ), ranks.c.place


_SORTED: Mapping[str, Any] = {
    "id": Device.id,
    "mac": Device.mac,
    "description": Device.description,
    "model": Device.model,
    "inventory_id": Device.inventory_id,
    "firmware": Device.last_firmware,
    "seen": Device.last_seen_at,
    "serial": Device.serial,
}
_JOINED = {"customer": _by_customer, "profile": _by_profile}
SORTS = frozenset({*_SORTED, *_JOINED})
