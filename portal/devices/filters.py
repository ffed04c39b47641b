"""Which devices a list is narrowed to, and in which order they stand: as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from portal.devices.conditions import Conditions, effective_profile
from portal.devices.finding import named_by
from portal.devices.port_counts import PortCounts
from portal.models import Customer, Device, Profile
from portal.models.base import utc_now


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
    ports: str = ""  # one of port_counts.USES
    seen: str = ""  # "never", or "yes"
    is_behind: bool = False
    at: datetime = field(default_factory=utc_now)


def matching(filters: Filters) -> Select[int]:
    """Return the statement of the ids of the devices that `filters` let through, in no order."""
    return _matching(filters, "")[0]


def ordered(filters: Filters, sort: str, is_descending: bool) -> Select[int]:
    """Return the same in order by one of SORTS; equal ones by age, as all for an unknown `sort`."""
    found, column = _matching(filters, sort)
    number: Any = Device.id
    if sort in _DECIDED:
        # The offset keeps the database from reading whole rows in the order that it sorts.
        each = found.add_columns(column.label("place")).offset(0).subquery()
        found, number, column = select(each.c.id), each.c.id, each.c.place
    if is_descending:
        return found.order_by(column.desc().nulls_last(), number.desc())
    return found.order_by(column.asc().nulls_first(), number)


def _matching(filters: Filters, sort: str) -> tuple[Select[int], Any]:
    """Return the statement, and the column to sort by."""
    found = _by_columns(filters)
    conditions, ports = Conditions(filters.at), PortCounts()
    if filters.status or filters.is_behind:
        found = conditions.narrow(found, filters.status, filters.is_behind)
    if sort == "status" or conditions.needs_join(filters.status, filters.is_behind):
        found = conditions.join(found)
    if sort in _BY_PORTS or filters.ports in _NEED_TOTALS:
        found = ports.join(found)
    if filters.ports:
        found = ports.narrow(found, filters.ports)
    if sort == "status":
        return found, conditions.urgency
    if sort in _BY_PORTS:
        return found, ports.total if sort == "ports" else ports.free
    if sort in _JOINED:
        return _JOINED[sort](found)
    return found, _SORTED.get(sort, Device.id)


def _by_columns(filters: Filters) -> Select[int]:
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
    if filters.seen == "never":
        found = found.where(Device.last_seen_at.is_(None))
    elif filters.seen == "yes":
        found = found.where(Device.last_seen_at.is_not(None))
    return found.where(named_by(filters.q.strip())) if filters.q.strip() else found


def is_costly(filters: Filters) -> bool:
    """Does the database look at every device for this, so that it had better do so once?"""
    return bool(filters.status or filters.is_behind or filters.ports or filters.q.strip())


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
_BY_PORTS = {"ports", "free"}
_DECIDED = {"status", *_BY_PORTS}
_NEED_TOTALS = {"partly", "full"}
SORTS = frozenset({"status", *_SORTED, *_JOINED, *_BY_PORTS})
