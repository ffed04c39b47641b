"""Reading profiles, their chains and what they touch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from portal.marks import mark_of as mark_of_all
from portal.models import Profile, ProfileVersion, Site
from portal.profiles.group_queries import by_model, groups_of
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer, Resolved, resolve
from portal.vendors import FAMILIES
from portal.vendors.schema import Family, Model


def find_profile(session: Session, profile_id: int) -> Profile | None:
    """Return a profile, and all that it builds on, with their versions; two statements."""
    chain = select(Profile.id, Profile.parent_id).where(Profile.id == profile_id)
    above = chain.cte("chain", recursive=True)
    above = above.union(
        select(Profile.id, Profile.parent_id).join(above, Profile.id == above.c.parent_id)
    )
    wanted = select(Profile).where(Profile.id.in_(select(above.c.id)))
    found = session.scalars(wanted.options(selectinload(Profile.versions)))
    by_id = {profile.id: profile for profile in found}
    for profile in by_id.values():
        if profile.parent_id in by_id:
            set_committed_value(profile, "parent", by_id[profile.parent_id])
    return by_id.get(profile_id)


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


def waiting_version(profile: Profile, now: datetime) -> ProfileVersion | None:
    """Return the published version whose time has not come; there is one at most."""
    later = [v for v in profile.versions if v.effective_at and v.effective_at > now]
    return later[0] if later else None


def latest_of(profile: Profile) -> ProfileVersion | None:
    return profile.versions[-1] if profile.versions else None


def mark_of(profile: Profile) -> str:
    """Return a mark of the latest version's content: a form made from another one is stale."""
    latest = latest_of(profile)
    if latest is None:
        return ""
    told = [latest.number, latest.settings, latest.parameters, latest.line_keys]
    return mark_of_all(json.dumps(told, sort_keys=True))


def standing_of(profile: Profile) -> str:
    """Return a mark of the profile with all its versions: which there are, and which are public."""
    when = [(v.number, v.published_at, v.effective_at) for v in profile.versions]
    return mark_of_all(profile, mark_of(profile), when)


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
    above = parents_in_force(profile, now)
    return [Layer(f"profile {parent.name}", version.settings) for parent, version in above]


def inherited_settings(session: Session, profile: Profile, now: datetime) -> dict[str, Resolved]:
    """Return what `profile` inherits. A customer's layer is left out: it differs by device."""
    layers = [
        Layer("default", CATALOGUE.defaults()),
        Layer("portal", site_settings(session)),
    ]
    return resolve([*layers, *inherited_layers(profile, now)])


def site_settings(session: Session) -> dict[str, Any]:
    """Return the portal-wide layer."""
    site = session.get(Site, 1)
    return site.settings if site else {}


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
    return by_model(groups_of(session, descendants(session, profile)))


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


def typical_model(
    profile: Profile, touched: Iterable[tuple[str, str, int]]
) -> tuple[Family, Model] | None:
    """Return the most common model among `touched` (models_touched) that the profile is for.

    Without devices the one of its family with the most line keys; None without a family.
    """
    for vendor, model, _count in touched:
        for family, known in FAMILIES.find_models(f"{vendor} {model}"):
            if profile.family in {"", family.key}:
                return family, known
    if profile.family not in FAMILIES:
        return None
    family = FAMILIES[profile.family]
    return family, max(family.models.values(), key=lambda model: (model.line_keys, model.ports))


def parents_in_force(profile: Profile, now: datetime) -> list[tuple[Profile, ProfileVersion]]:
    """Return the chain above `profile` with what is in force there, farthest first."""
    found = [(parent, current_version(parent, now)) for parent in reversed(parents_of(profile))]
    return [(parent, version) for parent, version in found if version is not None]


def profiles_with_keys(session: Session, now: datetime) -> list[Profile]:
    """Return the profiles that name line keys now, by name."""
    found = select(ProfileVersion.profile_id).where(
        ProfileVersion.effective_at <= now, cast(ProfileVersion.line_keys, Text) != "[]"
    )
    named = select(Profile).where(Profile.id.in_(found)).options(selectinload(Profile.versions))
    profiles = session.scalars(named.order_by(Profile.name))
    return [p for p in profiles if (version := current_version(p, now)) and version.line_keys]


def profiles_below(session: Session, profile: Profile, ids: Iterable[int]) -> list[Profile]:
    """Return the profiles of `ids` (descendants) without `profile` itself, by name."""
    others = [number for number in ids if number != profile.id]
    found = select(Profile).where(Profile.id.in_(others)).options(selectinload(Profile.versions))
    return list(session.scalars(found.order_by(Profile.name)))
