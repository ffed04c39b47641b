"""Writing profiles: drafts, versions, publishing; rules and audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.errors import RuleBroken, parsed
from portal.models import Customer, Device, Profile, ProfileVersion
from portal.models.base import utc_now
from portal.profiles import queries
from portal.profiles.checks import check_line_keys, check_parameters, check_settings
from portal.profiles.differences import Content, hides
from portal.settings import line_keys as keys
from portal.settings.catalogue import CATALOGUE
from portal.vendors import FAMILIES, carries

LONGEST_WAIT = timedelta(days=366)
SECRETS = frozenset(key for key, setting in CATALOGUE.items() if setting.is_secret)


def create_profile(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    now: datetime,
    name: str,
    family: str = "",
    parent: Profile | None = None,
    description: str = "",
    settings: Mapping[str, object] | None = None,
    parameters: Mapping[str, str] | None = None,
    line_keys: Iterable[Mapping[str, Any]] | None = None,
) -> Profile:
    """Add a profile. No device has it yet, so its first version is published at once.

    `family` empty: for phones of any family. Raises RuleBroken on the field.
    """
    if family and family not in FAMILIES:
        raise RuleBroken(f"There is no family “{family}”: {', '.join(FAMILIES)}", "family")
    profile = Profile(
        name=_free_name(session, name), family=family, description=description.strip(), versions=[]
    )
    _check_parent(profile, parent)
    profile.parent = parent
    session.add(profile)
    session.flush()
    audit.record(session, actor, "profile.create", profile, {"name": (None, profile.name)})
    save_draft(session, actor, sealer, profile, settings or {}, parameters, line_keys)
    publish(session, actor, profile, now)
    return profile


def update_profile(
    session: Session,
    actor: Actor,
    profile: Profile,
    name: str,
    parent: Profile | None,
    description: str,
) -> None:
    """Change what a profile is called and builds on. Raises RuleBroken on the field."""
    before = _facts(profile)
    if name.strip() != profile.name:
        profile.name = _free_name(session, name)
    _check_parent(profile, parent)
    if parent is not profile.parent:
        profile.parent_changed_at = utc_now()
    profile.parent = parent
    profile.description = description.strip()
    if changes := audit.diff(before, _facts(profile)):
        audit.record(session, actor, "profile.update", profile, changes)


def save_draft(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    profile: Profile,
    settings: Mapping[str, object],
    parameters: Mapping[str, str] | None = None,
    line_keys: Iterable[Mapping[str, Any]] | None = None,
    note: str = "",
) -> ProfileVersion:
    """Keep `settings` as the draft, whole; a key that is absent is inherited, None sends empty.

    Parameters and line keys None: as they were. Nothing reaches a phone before publish().
    Raises RuleBroken on the setting's key, "parameters" or "line_keys".
    """
    checked = check_content(session, sealer, profile, settings, parameters, line_keys)
    latest, draft = queries.latest_of(profile), queries.draft_of(profile)
    if draft is None:
        draft = ProfileVersion(number=(latest.number if latest else 0) + 1, note="")
        profile.versions.append(draft)
    draft.settings, draft.parameters = dict(checked.settings), dict(checked.parameters)
    draft.line_keys = [dict(key) for key in checked.line_keys]
    draft.note, draft.author = note.strip(), actor.name
    session.flush()
    return draft


def check_content(
    session: Session,
    sealer: crypto.Sealer,
    profile: Profile,
    settings: Mapping[str, object],
    parameters: Mapping[str, str] | None = None,
    line_keys: Iterable[Mapping[str, Any]] | None = None,
) -> Content:
    """Return what a draft would say, checked as save_draft() does; nothing is kept."""
    latest = Content.of(queries.latest_of(profile))
    checked = Content(
        check_settings(settings, sealer),
        check_parameters(profile.family, latest.parameters if parameters is None else parameters),
        check_line_keys(latest.line_keys if line_keys is None else line_keys),
    )
    listed = [keys.LineKey(**key) for key in checked.line_keys]
    for family, model in queries.models_of(session, profile):
        carries.check_settings(family, model, checked.settings)
        carries.check_line_keys(family, model, listed)
    return checked


def change_settings(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    profile: Profile,
    changes: Mapping[str, object],
    unset: Iterable[str] = (),
) -> ProfileVersion:
    """Save a draft with some settings changed, others as they were; `unset` ones are inherited."""
    latest = profile.versions[-1].settings if profile.versions else {}
    merged = {**latest, **changes}
    for key in unset:
        try:
            CATALOGUE.find(key)
        except ValueError as error:
            raise RuleBroken(str(error), key) from None
        merged.pop(key, None)
    return save_draft(session, actor, sealer, profile, merged)


def publish(
    session: Session,
    actor: Actor,
    profile: Profile,
    now: datetime,
    note: str = "",
    effective_at: datetime | None = None,
) -> ProfileVersion:
    """Put the draft in force, at once or from `effective_at` on: phones get it at a fetch then.

    Raises RuleBroken without a draft, while another version waits, and on "effective_at".
    """
    draft = queries.draft_of(profile)
    if draft is None:
        raise RuleBroken(f"{profile.name} has no draft to publish")
    if waiting := queries.waiting_version(profile, now):
        raise RuleBroken(
            f"Version {waiting.number} waits for its time; withdraw it before you publish another"
        )
    if effective_at is not None and not now < effective_at <= now + LONGEST_WAIT:
        raise RuleBroken("Choose a time in the future, a year from now at most", "effective_at")
    before = queries.current_version(profile, now)
    draft.published_at, draft.effective_at = now, effective_at or now
    draft.note = note.strip() or draft.note
    draft.author = actor.name
    old = {**before.settings, **before.parameters} if before else {}
    new = {**draft.settings, **draft.parameters}
    secret = {name for name in [*old, *new] if hides(profile.family, name)}
    changes = audit.diff(old, new, SECRETS | secret)
    changes["version"] = (before.number if before else None, draft.number)
    if effective_at is not None:
        changes["in force from"] = (None, f"{effective_at:%Y-%m-%d %H:%M} UTC")
    audit.record(session, actor, "profile.publish", profile, changes)
    session.flush()
    return draft


def withdraw(session: Session, actor: Actor, profile: Profile, now: datetime) -> ProfileVersion:
    """Take back the version that waits for its time; it is the draft again, unless there is one.

    Raises RuleBroken when none waits: once in force it is replaced, not withdrawn.
    """
    waiting = queries.waiting_version(profile, now)
    if waiting is None:
        raise RuleBroken(
            f"No version of {profile.name} waits any more; publish an older one again instead"
        )
    if queries.draft_of(profile) is None:
        waiting.published_at = waiting.effective_at = None
    else:
        profile.versions.remove(waiting)
    audit.record(session, actor, "profile.withdraw", profile, {"version": (waiting.number, None)})
    session.flush()
    return waiting


def discard_draft(session: Session, actor: Actor, profile: Profile) -> None:
    """Drop the draft. Raises RuleBroken without one."""
    draft = queries.draft_of(profile)
    if draft is None:
        raise RuleBroken(f"{profile.name} has no draft")
    profile.versions.remove(draft)
    audit.record(
        session, actor, "profile.discard_draft", profile, {"version": (draft.number, None)}
    )


def delete_profile(session: Session, actor: Actor, profile: Profile) -> None:
    """Delete a profile that nothing uses. Raises RuleBroken that says what does."""

    def count(column: Any) -> int:
        return session.scalar(select(func.count()).where(column == profile.id)) or 0

    used = {
        "devices": count(Device.profile_id),
        "customers": count(Customer.default_profile_id),
        "profiles below it": count(Profile.parent_id),
    }
    if any(used.values()):
        uses = ", ".join(f"{number} {what}" for what, number in used.items() if number)
        raise RuleBroken(f"{profile.name} is used by {uses}; give them another profile first")
    audit.record(session, actor, "profile.delete", profile, {"name": (profile.name, None)})
    session.delete(profile)


def _check_parent(profile: Profile, parent: Profile | None) -> None:
    if parent is None:
        return
    chain = [parent, *queries.parents_of(parent)]
    if profile in chain:
        path = " → ".join(p.name for p in [profile, *chain[: chain.index(profile) + 1]])
        raise RuleBroken(f"{parent.name} builds on {profile.name} already: {path}", "parent")
    if parent.family and parent.family != profile.family:
        own = FAMILIES[profile.family].label if profile.family else "any family"
        raise RuleBroken(
            f"{parent.name} is for {FAMILIES[parent.family].label}, this profile for {own}",
            "parent",
        )


def _facts(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "parent": profile.parent.name if profile.parent else None,
        "description": profile.description,
    }


def _free_name(session: Session, name: str) -> str:
    name = parsed("name", values.parse_line, name)
    if not name:
        raise RuleBroken("A profile needs a name", "name")
    if queries.find_profile_named(session, name):
        raise RuleBroken(f"There is a profile “{name}” already", "name")
    return name
