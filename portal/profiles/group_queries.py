"""The devices of profiles, counted by model and by the way they come to the profile.

One statement, answered from the index ix_devices_profile alone; what pages say of a profile's
devices is added up from its groups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from portal.models import Customer, Device


@dataclass(frozen=True)
class DeviceGroup:
    """Devices of one model that have `profile_id`: of their own, or by their customer.

    `first` is the id of the oldest.
    """

    profile_id: int
    is_own: bool
    vendor: str
    family: str
    model: str
    count: int
    first: int


def has_one_of(ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition for devices with one of the profiles `ids`, theirs or the customer's."""
    owners = select(Customer.id).where(Customer.default_profile_id.in_(ids))
    inherits = and_(Device.profile_id.is_(None), Device.customer_id.in_(owners))
    return or_(Device.profile_id.in_(ids), inherits)


def groups_of(session: Session, ids: Collection[int]) -> list[DeviceGroup]:
    """Return the devices in service or in stock of the profiles `ids`."""
    kinds = Device.vendor, Device.family, Device.model
    told = *kinds, func.count().label("count"), func.min(Device.id).label("first")
    own, inherited = Device.profile_id, Customer.default_profile_id
    parts: list[Any] = [
        select(own.label("profile_id"), literal(1).label("is_own"), *told)
        .where(own.in_(ids), Device.state != "retired")
        .group_by(own, *kinds),
        select(inherited.label("profile_id"), literal(0).label("is_own"), *told)
        .join(Customer, Customer.id == Device.customer_id)
        .where(own.is_(None), inherited.in_(ids), Device.state != "retired")
        .group_by(inherited, *kinds),
    ]
    rows = session.execute(select(union_all(*parts).subquery()))
    return [DeviceGroup(profile_id, bool(is_own), *rest) for profile_id, is_own, *rest in rows]


def by_model(groups: Iterable[DeviceGroup]) -> list[tuple[str, str, int]]:
    """Return vendor, model and number of devices, the most common first."""
    counts: dict[tuple[str, str], int] = {}
    for group in groups:
        key = group.vendor, group.model
        counts[key] = counts.get(key, 0) + group.count
    found = [(vendor, model, count) for (vendor, model), count in counts.items()]
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


def oldest_by_model(groups: Iterable[DeviceGroup]) -> list[int]:
    """Return the id of the oldest device of each model of a family, the most common first."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for group in groups:
        if group.family:
            count, first = found.get((group.family, group.model), (0, group.first))
            key = group.family, group.model
            found[key] = count + group.count, min(first, group.first)
    return [first for _, first in sorted(found.values(), key=lambda pair: (-pair[0], pair[1]))]
