"""What the page of a profile shows: its form, and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from portal import htmx, line_keys_form, settings_form
from portal.config import Config
from portal.forms import SettingsForm
from portal.models import Device, Profile
from portal.profiles import parameters, queries, reach_queries
from portal.profiles.group_queries import DeviceGroup, by_model, groups_of
from portal.profiles.key_sources import Taken
from portal.profiles.parameters import Known, Note
from portal.profiles.previews import FilePreview, Maker
from portal.profiles.story import story_of
from portal.settings import line_keys
from portal.settings.catalogue import zone_names
from portal.settings.resolve import Resolved
from portal.settings_form import Group
from portal.vendors import FAMILIES
from portal.vendors.context import MASK
from portal.vendors.schema import Family, Model


@dataclass(frozen=True)
class Asked:
    """The device that a preview is for: what was typed, and what that found."""

    text: str = ""
    found: Sequence[Device] = ()
    made: FilePreview | None = None
    is_foreign: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Typed:
    """What a sent form said, to be shown again with what is wrong in it."""

    settings: Mapping[str, Any]
    parameters: str
    line_keys: list[Mapping[str, Any]]
    errors: Mapping[str, str] = field(default_factory=dict)
    # Where a draft that somebody else saved meanwhile says something else: label, theirs, typed.
    overtaken: list[tuple[str, str, str]] | None = None
    asked: Asked = Asked()


@dataclass(frozen=True)
class Editor:
    """The typed form."""

    groups: list[Group]
    parameters: str
    known: Known | None
    notes: list[Note]
    key_rows: list[Mapping[str, Any]]
    key_types: Mapping[str, str]
    key_panels: list[line_keys_form.Panel]
    key_sources: list[Profile]
    inherited_keys: int
    model: Model | None
    errors: Mapping[str, str]
    overtaken: list[tuple[str, str, str]] | None
    asked: Asked


def maker() -> Maker:
    """Return what makes files here."""
    config = cast(Config, current_app.config["PORTAL"])
    found = current_app.extensions
    return Maker(found["renderer"], found["sealer"], config.base_url)


def stored_layer(profile: Profile) -> Mapping[str, Any]:
    latest = queries.latest_of(profile)
    return latest.settings if latest else {}


def stored_in(profile: Profile) -> Typed:
    """Return the latest version as a form's content; parameters that hold secrets masked."""
    latest = queries.latest_of(profile)
    if latest is None:
        return Typed({}, "", line_keys_form.rows_for([]))
    return Typed(
        latest.settings,
        settings_form.show_parameters(parameters.shown(latest.parameters, profile.family)),
        line_keys_form.rows_for(latest.line_keys),
    )


def render(
    session: Session,
    profile: Profile,
    typed: Typed,
    form: SettingsForm | None = None,
    status: int = 200,
    partial: str = "profiles/show.html",
    key_taken: Taken | None = None,
) -> Response:
    """Answer with the page, or with its `partial` where HTMX asks for no more."""
    now, q = datetime.now(UTC), request.args.get("show", "")
    form = form or SettingsForm(version=queries.mark_of(profile))
    ids = queries.descendants(session, profile)
    groups = groups_of(session, ids)
    story = story_of(session, profile, now)
    return htmx.render(
        "profiles/show.html",
        partial,
        status,
        profile=profile,
        of=[profile, queries.standing_of(profile)],
        form=form,
        q=q,
        only=request.args.get("only", ""),
        editor=editor_for(session, profile, now, typed, groups, q),
        key_moved=line_keys_form.moved(request.form),
        key_taken=key_taken,
        story=story,
        parents=queries.parents_of(profile),
        below=queries.profiles_below(session, profile, ids),
        uses=reach_queries.uses_of(session, profile, groups),
        reach=reach_queries.reach_of(session, profile, now),
        examples=reach_queries.examples(session, groups, ids, 20),
        family=FAMILIES.get(profile.family),
        zones=sorted(zone_names()),
        mask=MASK,
    )


def editor_for(
    session: Session,
    profile: Profile,
    now: datetime,
    typed: Typed,
    groups: Sequence[DeviceGroup],
    q: str = "",
) -> Editor:
    """Return the form with `typed` in it; only settings that hold the words of `q` show."""
    family = FAMILIES.get(profile.family)
    inherited = queries.inherited_settings(session, profile, now)
    typical = queries.typical_model(profile, by_model(groups))
    keys = inherited_keys(profile, now)
    known, notes = _beside_parameters(profile, typed, inherited, typical, now)
    sources = [p for p in queries.profiles_with_keys(session, now) if p is not profile]
    return Editor(
        groups=settings_form.fields_for(
            typed.settings, inherited, family.ignores if family else (), typed.errors, q
        ),
        parameters=typed.parameters,
        known=known,
        notes=notes,
        key_rows=typed.line_keys,
        key_types=line_keys_form.types(family.line_key_types if family else ()),
        key_panels=_key_panels(typed, keys, typical),
        key_sources=sources,
        inherited_keys=len(keys),
        model=typical[1] if typical else None,
        errors=typed.errors,
        overtaken=typed.overtaken,
        asked=typed.asked,
    )


def inherited_keys(profile: Profile, now: datetime) -> list[line_keys.LineKey]:
    """Return the line keys that `profile` builds on."""
    above = queries.parents_in_force(profile, now)
    return line_keys.merge(version.line_keys for _, version in above)


def _beside_parameters(
    profile: Profile,
    typed: Typed,
    inherited: Mapping[str, Resolved],
    typical: tuple[Family, Model] | None,
    now: datetime,
) -> tuple[Known | None, list[Note]]:
    """Return what is known of the family's file, and what becomes of each typed parameter."""
    if typical is None or typical[0].key != profile.family:
        return None, []
    wrong = settings_form.problems(typed.settings)
    own = {key: value for key, value in typed.settings.items() if key not in wrong}
    settings = {key: value.value for key, value in inherited.items()}
    settings |= settings_form.as_stored(own)
    known = parameters.known_to(maker().renderer, *typical, settings)
    above = {
        name: (value, parent.name)
        for parent, version in queries.parents_in_force(profile, now)
        if parent.family == profile.family
        for name, value in version.parameters.items()
    }
    if "parameters" in typed.errors:
        return known, []
    told, repeated = parameters.read(typed.parameters)
    return known, parameters.notes(told, repeated, known, above, profile.family)


def _key_panels(
    typed: Typed, inherited: list[line_keys.LineKey], typical: tuple[Family, Model] | None
) -> list[line_keys_form.Panel]:
    """Return the keys as they lie on the most common model; none while there is no model."""
    if typical is None:
        return []
    model = typical[1]
    sizes = model.line_keys, model.modules, model.module_keys
    return line_keys_form.layout(typed.line_keys, inherited, *sizes)
