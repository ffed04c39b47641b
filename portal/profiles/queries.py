"""Reading profiles, their chains and what they touch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal import crypto
from portal.models import Customer, Device, Profile, ProfileVersion, Site
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer, Resolved, resolve
from portal.vendors import FAMILIES
from portal.vendors.schema import Family, Model


@dataclass(frozen=True)
class ProfileRow:
    """A profile in the list."""

    profile: Profile
    current: ProfileVersion | None
    draft: ProfileVersion | None
    devices: int


def find_profile(session: Session, profile_id: int) -> Profile | None:
    return session.get(Profile, profile_id)


def find_profile_named(session: Session, name: str) -> Profile | None:
    """Find by name, case ignored."""
    return session.scalar(select(Profile).where(func.lower(Profile.name) == name.strip().lower()))


def all_profiles(session: Session) -> list[Profile]:
    return list(session.scalars(select(Profile).order_by(Profile.name)))


def current_version(profile: Profile, now: datetime) -> ProfileVersion | None:
    """Return the version in force at `now`: the newest published one whose time has come."""
    in_force = [v for v in profile.versions if v.effective_at and v.effective_at <= now]
    return max(in_force, key=lambda version: version.number, default=None)


def draft_of(profile: Profile) -> ProfileVersion | None:
    return next((v for v in profile.versions if v.published_at is None), None)


def latest_of(profile: Profile) -> ProfileVersion | None:
    return profile.versions[-1] if profile.versions else None


def mark_of(profile: Profile) -> str:
    """Return a mark of the latest version's content: a form made from another one is stale."""
    latest = latest_of(profile)
    if latest is None:
        return ""
    told = [latest.number, latest.settings, latest.parameters, latest.line_keys]
    return crypto.digest_of(json.dumps(told, sort_keys=True))[:16]


def parents_of(profile: Profile) -> list[Profile]:
    """Return the chain above `profile`, nearest first; a cycle ends it."""
    chain: list[Profile] = []
    parent = profile.parent
    while parent is not None and parent is not profile and parent not in chain:
        chain.append(parent)
        parent = parent.parent
    return chain


def inherited_layers(profile: Profile, now: datetime) -> list[Layer]:
    """Return the layers that `profile` builds on, widest first, without the profile's own."""
    layers = []
    for parent in reversed(parents_of(profile)):
        version = current_version(parent, now)
        if version is not None:
            layers.append(Layer(f"profile {parent.name}", version.settings))
    return layers


def inherited_settings(session: Session, profile: Profile, now: datetime) -> dict[str, Resolved]:
    """Return what `profile` inherits. A customer's layer is left out: it differs by device."""
    site = session.get(Site, 1)
    layers = [
        Layer("default", CATALOGUE.defaults()),
        Layer("portal", site.settings if site else {}),
    ]
    return resolve([*layers, *inherited_layers(profile, now)])


def descendants(session: Session, profile: Profile) -> list[int]:
    """Return the ids of `profile` and all profiles below it."""
    tree = select(Profile.id).where(Profile.id == profile.id).cte("tree", recursive=True)
    tree = tree.union(select(Profile.id).join(tree, Profile.parent_id == tree.c.id))
    return list(session.scalars(select(tree.c.id)))


def count_devices(session: Session, profile: Profile) -> int:
    """Count devices whose file a change of `profile` can change: its own, and of profiles below."""
    return sum(count for _, _, count in models_touched(session, profile))


def models_touched(session: Session, profile: Profile) -> list[tuple[str, str, int]]:
    """Return vendor, model and number of the devices that a change of `profile` can change."""
    ids = descendants(session, profile)
    touched = (
        select(Device.vendor, Device.model, func.count())
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(Device.state != "retired")
        .where(func.coalesce(Device.profile_id, Customer.default_profile_id).in_(ids))
        .group_by(Device.vendor, Device.model)
        .order_by(func.count().desc(), Device.vendor, Device.model)
    )
    return list(session.execute(touched).all())


def models_of(session: Session, profile: Profile) -> list[tuple[Family, Model]]:
    """Return one model of each family whose files the profile shapes: its own, and its devices'."""
    found: dict[str, tuple[Family, Model]] = {}
    if profile.family in FAMILIES:
        family = FAMILIES[profile.family]
        found[family.key] = family, next(iter(family.models.values()))
    if profile.id is not None:
        for vendor, model, _count in models_touched(session, profile):
            for family, known in FAMILIES.find_models(f"{vendor} {model}"):
                found[family.key] = family, known
    return list(found.values())


def profiles_below(session: Session, profile: Profile) -> list[Profile]:
    """Return the profiles that build on `profile`, directly or not, by name."""
    ids = [n for n in descendants(session, profile) if n != profile.id]
    return list(session.scalars(select(Profile).where(Profile.id.in_(ids)).order_by(Profile.name)))


def all_rows(session: Session, q: str, now: datetime) -> list[ProfileRow]:
    """Return all profiles whose name or description holds `q`, by name."""
    found = select(Profile).options(selectinload(Profile.versions), selectinload(Profile.parent))
    if text := q.strip():
        found = found.where(
            or_(
                Profile.name.icontains(text, autoescape=True),
                Profile.description.icontains(text, autoescape=True),
            )
        )
    counts = dict(
        session.execute(
            select(func.coalesce(Device.profile_id, Customer.default_profile_id), func.count())
            .select_from(Device)
            .outerjoin(Customer, Customer.id == Device.customer_id)
            .where(Device.state != "retired")
            .group_by(func.coalesce(Device.profile_id, Customer.default_profile_id))
        ).all()
    )
    return [
        ProfileRow(p, current_version(p, now), draft_of(p), counts.get(p.id, 0))
        for p in session.scalars(found.order_by(Profile.name))
    ]
