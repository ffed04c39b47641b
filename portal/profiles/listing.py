"""The list of profiles: what stands in a row, and what it can be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.devices.finding import scanned
from portal.models import Customer, Device, Profile, ProfileVersion
from portal.profiles import queries
from portal.vendors import FAMILIES

ANY_FAMILY = "any"
STATES = {
    "draft": "With a draft",
    "waiting": "Waiting for its time",
    "unused": "Without devices",
    "base": "Others build on it",
}


@dataclass(frozen=True)
class ProfileRow:
    """A profile in the list. `devices`: those that have it themselves or by their customer."""

    profile: Profile
    current: ProfileVersion | None
    waiting: ProfileVersion | None
    draft: ProfileVersion | None
    devices: int
    children: int

    @property
    def states(self) -> set[str]:
        """Return which of STATES it is in."""
        found = {
            "draft": self.draft is not None,
            "waiting": self.waiting is not None,
            "unused": not self.devices,
            "base": self.children > 0,
        }
        return {name for name, holds in found.items() if holds}


def all_rows(
    session: Session, q: str = "", family: str = "", state: str = "", *, now: datetime
) -> list[ProfileRow]:
    """Return the profiles whose name or description holds `q`, by name; blank: all.

    Or the profile of the phone whose label was scanned into it.
    """
    found = select(Profile).options(selectinload(Profile.versions), selectinload(Profile.parent))
    if text := q.strip():
        ways = [
            Profile.name.icontains(text, autoescape=True),
            Profile.description.icontains(text, autoescape=True),
        ]
        if (phones := scanned(text)) is not None:
            ways.append(Profile.id.in_(_profiles_of(phones)))
        found = found.where(or_(*ways))
    if family:
        found = found.where(Profile.family == ("" if family == ANY_FAMILY else family))
    devices, children = _device_counts(session), _child_counts(session)
    rows = [
        ProfileRow(
            profile,
            queries.current_version(profile, now),
            queries.waiting_version(profile, now),
            queries.draft_of(profile),
            devices.get(profile.id, 0),
            children.get(profile.id, 0),
        )
        for profile in session.scalars(found.order_by(Profile.name))
    ]
    return [row for row in rows if not state or state in row.states]


def used_families(session: Session) -> list[tuple[str, str]]:
    """Return the families that profiles are for, key and label, with one for those of any."""
    keys = session.scalars(select(Profile.family).where(Profile.family != "").distinct())
    named = [(key, FAMILIES[key].label if key in FAMILIES else key) for key in keys]
    return [(ANY_FAMILY, "Any family"), *sorted(named, key=lambda pair: pair[1].lower())]


def _profiles_of(phones: Select[int]) -> Select[int | None]:
    effective = func.coalesce(Device.profile_id, Customer.default_profile_id)
    found = select(effective).outerjoin(Customer, Customer.id == Device.customer_id)
    return found.where(Device.id.in_(phones), effective.is_not(None))


def _device_counts(session: Session) -> dict[int | None, int]:
    profile_id = func.coalesce(Device.profile_id, Customer.default_profile_id)
    found = (
        select(profile_id, func.count())
        .select_from(Device)
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired")
        .group_by(profile_id)
    )
    return dict(session.execute(found).all())


def _child_counts(session: Session) -> dict[int | None, int]:
    found = select(Profile.parent_id, func.count()).group_by(Profile.parent_id)
    return dict(session.execute(found).all())
