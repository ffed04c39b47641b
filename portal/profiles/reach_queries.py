"""Which devices a profile reaches: how many and by what way, examples, those that hide a change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    case,
    cast,
    false,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session, selectinload

from portal.devices.conditions import Conditions
from portal.finding import holds, mac_digits
from portal.models import Customer, Device, Port, Profile
from portal.models.device import DEVICE_SAYS, PORT_SAYS
from portal.profiles import queries
from portal.profiles.differences import Difference, place_of
from portal.profiles.group_queries import DeviceGroup, has_one_of, oldest_by_model
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


def uses_of(session: Session, profile: Profile, groups: Iterable[DeviceGroup]) -> Uses:
    """Count the devices that have `profile`; `groups`: its own and those of the profiles below."""
    direct = by_customer = below = 0
    for group in groups:
        if group.profile_id != profile.id:
            below += group.count
        elif group.is_own:
            direct += group.count
        else:
            by_customer += group.count
    by_default = select(func.count()).where(Customer.default_profile_id == profile.id)
    customers = session.scalar(by_default.select_from(Customer)) or 0
    return Uses(direct, by_customer, below, customers)


def reach_of(session: Session, profile: Profile, now: datetime) -> Reach:
    """Count the devices that have `profile`, of their own or by their customer, as lists do."""
    conditions = Conditions(now)
    counts: tuple[Any, ...] = (
        func.count(),
        func.count(case((conditions.behind, 1))),
        func.count(case((Device.last_seen_at.is_(None), 1))),
    )
    found = conditions.join(select(*counts).select_from(Device))
    found = found.where(Device.state != "retired", has_one_of([profile.id]))
    return Reach(*session.execute(found).one())


def examples(
    session: Session, groups: Iterable[DeviceGroup], ids: Collection[int], limit: int = 3
) -> list[Device]:
    """Return devices of the profiles `ids`: one of each of the most common models, then others.

    `groups` are those of these profiles.
    """
    chosen = oldest_by_model(groups)[:limit]
    others = (
        select(Device.id)
        .where(Device.state != "retired", Device.family != "", has_one_of(ids))
        .where(Device.id.not_in(chosen))
        .order_by(Device.id)
        .limit(limit - len(chosen))
    )
    chosen += session.scalars(others)
    found = session.scalars(select(Device).where(Device.id.in_(chosen)))
    return sorted(found, key=lambda device: chosen.index(device.id))


def find_devices(
    session: Session,
    name: str,
    ids: Collection[int],
    family: str | None = None,
    limit: int = 8,
) -> list[Device]:
    """Return devices of the profiles `ids` that `name` means, by the end of MAC or serial number,
    by inventory id or description; those whose MAC ends with the digits first.

    `family` not None: after them also devices of that family (empty: of any) without the profiles.
    """
    wanted = name.strip()
    digits = mac_digits(wanted)
    ends = Device.mac.endswith(digits) if digits else false()
    ways = [
        holds(Device.description, wanted),
        holds(Device.inventory_id, wanted),
        Device.serial.iendswith(wanted, autoescape=True),
        ends,
    ]
    is_here = has_one_of(ids)
    # A statement of its own, answered from the index that a search reads alone.
    named = select(Device.id).where(Device.state != "retired", or_(*ways))
    found = (
        select(Device.id)
        .where(Device.id.in_(named))
        .order_by(case((is_here, 0), else_=1), case((ends, 0), else_=1), Device.mac)
    )
    if family is None:
        found = found.where(is_here)
    elif family:
        found = found.where(or_(is_here, Device.family == family))
    chosen = list(session.scalars(found.limit(limit)))
    devices = session.scalars(select(Device).where(Device.id.in_(chosen)))
    return sorted(devices, key=lambda device: chosen.index(device.id))


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
        .where(Device.id.in_(_may_override(labels)))
        .where(Device.state != "retired", has_one_of(ids))
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


def _may_override(labels: Mapping[tuple[str, str], str]) -> Any:
    """Return a statement of the ids of all devices that may hide a change, whose ever they are.

    Found by the indexes of what says anything itself. In JSON as text a quote inside a value is
    written with a backslash, so ``"key":`` is a key.
    """
    ways: list[ColumnElement[bool]] = [false()]
    on_ports: list[ColumnElement[bool]] = [false()]
    for kind, name in labels:
        if kind != "setting":
            continue
        mark = f'"{name}":'
        ways.append(cast(Device.settings, Text).contains(mark, autoescape=True))
        if CATALOGUE[name].scope == "port":
            on_ports.append(cast(Port.settings, Text).contains(mark, autoescape=True))
    kinds = {kind for kind, _ in labels}
    if "parameter" in kinds:
        ways.append(cast(Device.parameters, Text) != "{}")
    if "key" in kinds:
        ways.append(cast(Device.line_keys, Text) != "[]")
    return union_all(
        select(Device.id).where(text(DEVICE_SAYS), or_(*ways)),
        select(Port.device_id).where(text(PORT_SAYS), or_(*on_ports)),
    )


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
