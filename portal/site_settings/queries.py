"""Reading what holds for the whole portal, whom a change of it reaches, and who says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, and_, case, cast, func, select
from sqlalchemy.orm import Session

from portal.models import Customer, Device, Profile, ProfileVersion, Site
from portal.settings.catalogue import CATALOGUE, Setting
from portal.settings.resolve import Layer, Resolved, resolve


@dataclass
class Overrides:
    """Who has a value of its own for a setting, so that the portal's does not reach its phones.

    Customers and profiles as pairs of id and name; `devices` is a number.
    """

    setting: Setting
    customers: list[tuple[int, str]] = field(default_factory=list)
    profiles: list[tuple[int, str]] = field(default_factory=list)
    devices: int = 0

    @property
    def is_any(self) -> bool:
        return bool(self.customers or self.profiles or self.devices)


def the_site(session: Session) -> Site:
    """Return the one row of the whole portal; `portal init` makes it."""
    return session.get_one(Site, 1)


def inherited_settings() -> dict[str, Resolved]:
    """Return what the portal's layer stands on."""
    return resolve([Layer("default", CATALOGUE.defaults())])


def count_devices(session: Session) -> int:
    """Count the devices whose file a change can change: all that are in service or in stock."""
    return session.scalar(select(func.count()).where(Device.state != "retired")) or 0


def overrides(session: Session, now: datetime) -> dict[str, Overrides]:
    """Return who overrides which setting, by its key, in the catalogue's order; three statements.

    Profiles count with the version that is in force, devices that are not retired.
    """
    found = {key: Overrides(setting) for key, setting in CATALOGUE.items()}
    some = cast(Customer.settings, Text) != "{}"
    owners = select(Customer.id, Customer.name, Customer.settings).where(some)
    for number, name, settings in session.execute(owners.order_by(Customer.name)):
        for key in settings.keys() & found.keys():
            found[key].customers.append((number, name))
    for number, name, settings in session.execute(_versions_in_force(now)):
        for key in settings.keys() & found.keys():
            found[key].profiles.append((number, name))
    for key, count in _by_devices(session, found).items():
        found[key].devices = count
    return {key: one for key, one in found.items() if one.is_any}


def _versions_in_force(now: datetime) -> Select[tuple[int, str, dict[str, Any]]]:
    newest = (
        select(ProfileVersion.profile_id, func.max(ProfileVersion.number).label("number"))
        .where(ProfileVersion.effective_at <= now)
        .group_by(ProfileVersion.profile_id)
        .subquery()
    )
    return (
        select(Profile.id, Profile.name, ProfileVersion.settings)
        .join(newest, newest.c.profile_id == Profile.id)
        .join(
            ProfileVersion,
            and_(ProfileVersion.profile_id == Profile.id, ProfileVersion.number == newest.c.number),
        )
        .order_by(Profile.name)
    )


def _by_devices(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """Count devices by the settings they have of their own; one pass over those with any."""
    names = list(keys)
    own = cast(Device.settings, Text)
    has = [own.contains(f'"{name}":', autoescape=True) for name in names]
    counts = [func.sum(case((one, 1), else_=0)) for one in has]
    row = session.execute(select(*counts).where(own != "{}", Device.state != "retired")).one()
    return {name: count or 0 for name, count in zip(names, row, strict=True)}
