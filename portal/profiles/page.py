"""What the page of a profile shows: its form, its draft, its versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from portal import htmx, line_keys_form, settings_form
from portal.forms import SettingsForm
from portal.models import Profile, ProfileVersion
from portal.profiles import queries
from portal.profiles.differences import Content, Difference, between, hides
from portal.settings.catalogue import zone_names
from portal.settings_form import Group
from portal.vendors import FAMILIES

VERSIONS_SHOWN = 30


@dataclass(frozen=True)
class Typed:
    """What a sent form said, to be shown again with what is wrong in it."""

    settings: Mapping[str, Any]
    parameters: str
    line_keys: list[Mapping[str, Any]]
    errors: Mapping[str, str] = field(default_factory=dict)
    # Where a draft that somebody else saved meanwhile says something else: label, theirs, typed.
    overtaken: list[tuple[str, str, str]] | None = None


@dataclass(frozen=True)
class Editor:
    """The typed form."""

    groups: list[Group]
    parameters: str
    key_rows: list[Mapping[str, Any]]
    key_types: Mapping[str, str]
    inherited_keys: int
    errors: Mapping[str, str]
    overtaken: list[tuple[str, str, str]] | None


@dataclass(frozen=True)
class Past:
    """A published version and what it changed."""

    version: ProfileVersion
    changes: list[Difference]


@dataclass(frozen=True)
class Story:
    """What is in force, what waits, what was."""

    current: ProfileVersion | None
    draft: ProfileVersion | None
    changes: list[Difference]
    past: list[Past]


def stored_layer(profile: Profile) -> Mapping[str, Any]:
    latest = queries.latest_of(profile)
    return latest.settings if latest else {}


def story_of(session: Session, profile: Profile, now: datetime) -> Story:
    current, draft = queries.current_version(profile, now), queries.draft_of(profile)
    changes = []
    if draft:
        inherited = queries.inherited_settings(session, profile, now)
        changes = between(Content.of(current), Content.of(draft), profile.family, inherited)
    published = [version for version in profile.versions if version.published_at]
    past = [
        Past(version, between(Content.of(before), Content.of(version), profile.family))
        for before, version in zip([None, *published], published, strict=False)
    ]
    return Story(current, draft, changes, past[::-1][:VERSIONS_SHOWN])


def stored_in(profile: Profile, with_secrets: bool) -> Typed:
    """Return the latest version as a form's content; secret parameters masked without secrets."""
    latest = queries.latest_of(profile)
    if latest is None:
        return Typed({}, "", line_keys_form.rows_for([]))
    parameters = {
        name: value if with_secrets or not hides(profile.family, name) else "••••••"
        for name, value in latest.parameters.items()
    }
    return Typed(
        latest.settings,
        settings_form.show_parameters(parameters),
        line_keys_form.rows_for(latest.line_keys),
    )


def editor_for(
    session: Session, profile: Profile, now: datetime, typed: Typed, q: str = ""
) -> Editor:
    """Return the form with `typed` in it; only settings that hold the words of `q` show."""
    family = FAMILIES.get(profile.family)
    parents = [queries.current_version(p, now) for p in queries.parents_of(profile)]
    keys = {(k["module"], k["number"]) for v in parents if v for k in v.line_keys}
    return Editor(
        groups=settings_form.fields_for(
            typed.settings,
            queries.inherited_settings(session, profile, now),
            family.ignores if family else (),
            typed.errors,
            q,
        ),
        parameters=typed.parameters,
        key_rows=typed.line_keys,
        key_types=line_keys_form.types(family.line_key_types if family else ()),
        inherited_keys=len(keys),
        errors=typed.errors,
        overtaken=typed.overtaken,
    )


def render(
    session: Session,
    profile: Profile,
    typed: Typed,
    form: SettingsForm | None = None,
    status: int = 200,
    partial: str = "profiles/show.html",
) -> Response:
    """Answer with the page, or with its `partial` where HTMX asks for no more."""
    now, q = datetime.now(UTC), request.args.get("show", "")
    form = form or SettingsForm(version=queries.mark_of(profile))
    return htmx.render(
        "profiles/show.html",
        partial,
        status,
        profile=profile,
        form=form,
        q=q,
        editor=editor_for(session, profile, now, typed, q),
        story=story_of(session, profile, now),
        parents=queries.parents_of(profile),
        below=queries.profiles_below(session, profile),
        devices=queries.count_devices(session, profile),
        family=FAMILIES.get(profile.family),
        zones=sorted(zone_names()),
    )
