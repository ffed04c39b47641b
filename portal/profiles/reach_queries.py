"""Which devices a profile reaches: how many and by what way, examples, those that hide a change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, selectinload

from portal.devices.conditions import Conditions
from portal.models import Customer, Device, Port, Profile
from portal.profiles import queries
from portal.profiles.differences import Difference, place_of
from portal.settings.catalogue import CATALOGUE

# Devices looked at for overrides that hide a change; beyond, the page says "or more".
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Uses:
    """How many devices have a profile: of their own, by their customer, by a profile below it."""

    direct: int
    by_customer: int
    below: int
    customers: int

    @property
    def total(self) -> int:
        return self.direct + self.by_customer + self.below


@dataclass(frozen=True)
class Reach:
    """How the devices of a profile stand: with the last change, without it, never seen."""

    total: int
    behind: int
    never: int

    @property
    def current(self) -> int:
        return self.total - self.behind - self.never


@dataclass(frozen=True)
class Hiding:
    """A device that keeps its own values, and which."""

    device: Device
    labels: list[str]


@dataclass(frozen=True)
class Hidden:
    """Who does not get what changes: devices, and profiles below with what they say themselves."""

    devices: list[Hiding]
    is_more: bool
    profiles: list[tuple[Profile, list[str]]]


def _profile_of() -> ColumnElement[int | None]:
    return func.coalesce(Device.profile_id, Customer.default_profile_id)


def uses_of(session: Session, profile: Profile, ids: Collection[int]) -> Uses:
    """Count the devices that have `profile`; `ids`: its own and those of the profiles below."""
    is_here = _profile_of() == profile.id
    counts = session.execute(
        select(
            func.count(case((is_here & Device.profile_id.is_not(None), 1))),
            func.count(case((is_here & Device.profile_id.is_(None), 1))),
            func.count(),
        )
        .select_from(Device)
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired", _profile_of().in_(ids))
    ).one()
    by_default = select(func.count()).where(Customer.default_profile_id == profile.id)
    customers = session.scalar(by_default.select_from(Customer)) or 0
    direct, by_customer, total = counts
    return Uses(direct, by_customer, total - direct - by_customer, customers)


def reach_of(session: Session, profile: Profile, now: datetime) -> Reach:
    """Count the devices that have `profile`, of their own or by their customer, as lists do."""
    conditions = Conditions(now)
    counts: tuple[Any, ...] = (
        func.count(),
        func.count(case((conditions.behind, 1))),
        func.count(case((Device.last_seen_at.is_(None), 1))),
    )
    owners = select(Customer.id).where(Customer.default_profile_id == profile.id)
    by_customer = and_(Device.profile_id.is_(None), Device.customer_id.in_(owners))
    found = conditions.join(select(*counts).select_from(Device)).where(
        Device.state != "retired", or_(Device.profile_id == profile.id, by_customer)
    )
    return Reach(*session.execute(found).one())


def examples(session: Session, ids: Collection[int], limit: int = 3) -> list[Device]:
    """Return devices of the profiles `ids`: one of each of the most common models, then others."""
    of_models = session.scalars(
        select(func.min(Device.id))
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired", Device.family != "", _profile_of().in_(ids))
        .group_by(Device.family, Device.model)
        .order_by(func.count().desc(), func.min(Device.id))
        .limit(limit)
    ).all()
    place = {number: place for place, number in enumerate(of_models)}
    found = session.scalars(
        select(Device)
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired", Device.family != "", _profile_of().in_(ids))
        .order_by(case((Device.id.in_(of_models), 0), else_=1), Device.id)
        .limit(limit)
    )
    return sorted(found, key=lambda device: (place.get(device.id, limit), device.id))


def find_devices(
    session: Session,
    text: str,
    ids: Collection[int],
    family: str | None = None,
    limit: int = 8,
) -> list[Device]:
    """Return devices of the profiles `ids` that `text` names, by the end of MAC or serial number,
    by inventory id or description; those whose MAC ends with the digits first.

    `family` not None: after them also devices of that family (empty: of any) without the profiles.
    """
    text = text.strip()
    digits = re.sub(r"[\s:.\-]", "", text).lower()
    is_mac = re.fullmatch("[0-9a-f]{2,12}", digits) is not None
    ends = Device.mac.endswith(digits) if is_mac else false()
    ways = [
        Device.serial.iendswith(text, autoescape=True),
        Device.inventory_id.icontains(text, autoescape=True),
        Device.description.icontains(text, autoescape=True),
        ends,
    ]
    is_here = _profile_of().in_(ids)
    found = (
        select(Device)
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired", or_(*ways))
        .order_by(case((is_here, 0), else_=1), case((ends, 0), else_=1), Device.mac)
    )
    if family is None:
        found = found.where(is_here)
    elif family:
        found = found.where(or_(is_here, Device.family == family))
    return list(session.scalars(found.limit(limit)))


def find_by_macs(session: Session, macs: Iterable[str]) -> list[Device]:
    """Return the devices with these stored MACs, in their order; unknown ones are left out."""
    wanted = list(dict.fromkeys(macs))
    found = {d.mac: d for d in session.scalars(select(Device).where(Device.mac.in_(wanted)))}
    return [found[mac] for mac in wanted if mac in found]


def has_profile(device: Device, ids: Collection[int]) -> bool:
    """Has the device one of the profiles `ids`, of its own or by its customer?"""
    by_customer = device.customer.default_profile_id if device.customer else None
    return (device.profile_id or by_customer) in ids


def hidden_from(
    session: Session,
    profile: Profile,
    ids: Collection[int],
    changes: Iterable[Difference],
    now: datetime,
) -> Hidden:
    """Return who keeps own values in place of `changes` of the profile."""
    labels = {(change.kind, change.name): change.label for change in changes}
    if not labels:
        return Hidden([], False, [])
    found = session.scalars(
        select(Device)
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired", _profile_of().in_(ids))
        .where(or_(*_may_override(labels)))
        .options(selectinload(Device.ports))
        .order_by(Device.mac)
        .limit(MOST_LOOKED_AT + 1)
    ).all()
    devices = [
        Hiding(device, own)
        for device in found[:MOST_LOOKED_AT]
        if (own := _own_labels(device, labels))
    ]
    profiles = []
    for other in queries.profiles_below(session, profile, ids):
        version = queries.current_version(other, now)
        if version is not None:
            says = _said(labels, version.settings, version.parameters, version.line_keys)
            if says:
                profiles.append((other, says))
    return Hidden(devices, len(found) > MOST_LOOKED_AT, profiles)


def _may_override(labels: Mapping[tuple[str, str], str]) -> list[ColumnElement[bool]]:
    """Return conditions that let through every device which may hide a change.

    In JSON as text a quote inside a value is written with a backslash, so ``"key":`` is a key.
    """
    ways: list[ColumnElement[bool]] = []
    for kind, name in labels:
        if kind != "setting":
            continue
        mark = f'"{name}":'
        ways.append(cast(Device.settings, Text).contains(mark, autoescape=True))
        if CATALOGUE[name].scope == "port":
            on_port = cast(Port.settings, Text).contains(mark, autoescape=True)
            ways.append(exists().where(Port.device_id == Device.id, on_port))
    kinds = {kind for kind, _ in labels}
    if "parameter" in kinds:
        ways.append(cast(Device.parameters, Text) != "{}")
    if "key" in kinds:
        ways.append(cast(Device.line_keys, Text) != "[]")
    return ways


def _own_labels(device: Device, labels: Mapping[tuple[str, str], str]) -> list[str]:
    own = _said(labels, device.settings, device.parameters, device.line_keys)
    for port in device.ports:
        own += [f"{label} (port {port.number})" for label in _said(labels, port.settings, {}, [])]
    return own


def _said(
    labels: Mapping[tuple[str, str], str],
    settings: Mapping[str, Any],
    parameters: Mapping[str, str],
    line_keys: Iterable[Mapping[str, Any]],
) -> list[str]:
    """Return the labels of those changes that this content says something about itself."""
    places = {place_of(key) for key in line_keys}
    own = {"setting": settings, "parameter": parameters, "key": places}
    return [label for (kind, name), label in labels.items() if name in own[kind]]
