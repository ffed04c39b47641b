"""The form of a profile: save it as a draft, fill rows in, see the real file before saving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, line_keys_form, security, settings_form
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import SettingsForm
from portal.models import Device, Profile
from portal.profiles import key_sources, page, parameters, previews, queries, reach_queries, service
from portal.profiles.differences import Content, between
from portal.profiles.group_queries import groups_of
from portal.profiles.page import Asked, Typed
from portal.profiles.story import story_of
from portal.security import current_actor, require
from portal.writing import attempt

bp = Blueprint("profile_drafts", __name__, url_prefix="/profiles/<int:profile_id>")
security.guard(bp)


@dataclass(frozen=True)
class Sent:
    """What the form says. `parameters` None: as they were, or they cannot be read."""

    layer: dict[str, object]
    parameters: dict[str, str] | None
    repeated: list[str]
    keys: list[dict[str, str]]


@bp.post("/draft")
@require("profile.edit")
def save_draft(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), SettingsForm()
    sent = _read(profile, form)
    if form.is_stale(queries.mark_of(profile)):
        theirs = Content.of(queries.latest_of(profile))
        typed = theirs.parameters if sent.parameters is None else sent.parameters
        mine = Content(settings_form.as_stored(sent.layer), typed, sent.keys)
        changes = between(theirs, mine, profile.family)
        overtaken = [(change.label, change.before, change.after) for change in changes]
        return _again(session, profile, form, sent, 409, overtaken)
    if form.rejected:
        return _again(session, profile, form, sent, 422)
    if status := attempt(form, lambda: _save(session, profile, sent)):
        return _again(session, profile, form, sent, status)
    return htmx.see_other("profiles.show", profile_id=profile.id)


@bp.post("/preview")
@require("profile.edit")
def preview(profile_id: int) -> ResponseReturnValue:
    """Show the real file of a device with what is typed; nothing is saved."""
    session = db.session()
    profile, form = _find(session, profile_id), SettingsForm()
    sent = _read(profile, form)
    content = _checked(session, profile, form, sent)
    if content is None:
        return htmx.into_body(_again(session, profile, form, sent, 422))
    typed = _typed(sent, asked=_ask(session, profile, content))
    return page.render(session, profile, typed, form, 200, "profiles/_preview.html")


@bp.post("/line-keys")
@require("profile.edit")
def refill_line_keys(profile_id: int) -> ResponseReturnValue:
    """Show the form as typed, with other rows of line keys; nothing is saved."""
    session = db.session()
    profile, form = _find(session, profile_id), SettingsForm()
    now = datetime.now(UTC)
    taken = key_sources.taken(session, request.form, page.inherited_keys(profile, now), now)
    rows = line_keys_form.refill(request.form) if taken is None else taken.rows
    sent = _read(profile, form)
    typed = _typed(sent, rows=rows, errors=_of_parameters(form))
    return page.render(session, profile, typed, form, 200, "profiles/_line_keys.html", taken)


@bp.post("/parameters")
@require("profile.edit")
def refill_parameters(profile_id: int) -> ResponseReturnValue:
    """Show the form as typed, with one more raw parameter, and what each replaces."""
    session = db.session()
    profile, form = _find(session, profile_id), SettingsForm()
    name = request.form.get("parameter_name", "").strip()
    line = f"{name} = {request.form.get('parameter_value', '').strip()}" if name else ""
    text = "\n".join(filter(None, [request.form.get("parameters", "").rstrip(), line]))
    sent = _read(profile, form, text)
    typed = _typed(sent, errors=_of_parameters(form), text=text)
    return page.render(session, profile, typed, form, 200, "profiles/_parameters.html")


def _of_parameters(form: SettingsForm) -> dict[str, str]:
    """Return what is wrong with the raw parameters, which nothing can be said of then."""
    return {key: told for key, told in form.rejected.items() if key == "parameters"}


def _find(session: Session, profile_id: int) -> Profile:
    return queries.find_profile(session, profile_id) or abort(404)


def _read(profile: Profile, form: SettingsForm, text: str | None = None) -> Sent:
    """Return what was sent; what is wrong in it is kept in the form. `text`: the parameters."""
    layer = settings_form.read(request.form, page.stored_layer(profile))
    form.rejected |= settings_form.problems(layer)
    keys = line_keys_form.read(request.form)
    if text is None:
        text = request.form.get("parameters")
    if text is None:
        return Sent(layer, None, [], keys)
    try:
        told, repeated = parameters.read(text)
    except RuleBroken as broken:
        form.reject(broken)
        return Sent(layer, None, [], keys)
    stored = Content.of(queries.latest_of(profile)).parameters
    return Sent(layer, parameters.restored(told, stored, profile.family), repeated, keys)


def _checked(session: Session, profile: Profile, form: SettingsForm, sent: Sent) -> Content | None:
    """Return what would be saved; None when it would be refused, which the form then says."""
    if form.rejected:
        return None
    sealer = current_app.extensions["sealer"]
    try:
        return service.check_content(
            session, sealer, profile, sent.layer, sent.parameters, sent.keys
        )
    except RuleBroken as broken:
        form.reject(broken)
        return None


def _ask(session: Session, profile: Profile, content: Content) -> Asked:
    """Find the device that is asked for, and make its file."""
    text, picked = request.form.get("preview_device", ""), request.form.get("preview_mac", "")
    ids = queries.descendants(session, profile)
    found: list[Device]
    if picked:
        found = reach_queries.find_by_macs(session, [picked])
    elif text.strip():
        found = reach_queries.find_devices(session, text, ids, profile.family)
    else:
        found = reach_queries.examples(session, groups_of(session, ids), ids, 1)
    if not found:
        if text.strip() or picked:
            return Asked(
                text, problem=f"No device that can have this profile is named by “{text or picked}”"
            )
        return Asked(
            text,
            problem="No device has this profile yet. Type the last digits of any device: it is "
            "shown as if it had the profile",
        )
    if len(found) > 1:
        return Asked(text, found)
    device, now = found[0], datetime.now(UTC)
    made = previews.preview(session, page.maker(), profile, content, device, now)
    return Asked(text, found, made, not reach_queries.has_profile(device, ids))


def _save(session: Session, profile: Profile, sent: Sent) -> None:
    """Save the draft, but keep none that says what is published already."""
    actor, draft = current_actor(), queries.draft_of(profile)
    sealer, note = current_app.extensions["sealer"], draft.note if draft else ""
    service.save_draft(
        session, actor, sealer, profile, sent.layer, sent.parameters, sent.keys, note
    )
    story = story_of(session, profile, datetime.now(UTC))
    if story.changes or not story.base:
        htmx.toast("The draft is saved; phones get it once you publish it")
        if sent.repeated:
            twice = ", ".join(sent.repeated)
            htmx.toast(f"Typed twice, the last line counts: {twice}", "warning")
    elif draft:
        service.discard_draft(session, actor, profile)
        htmx.toast(f"The draft is gone: it said the same as version {story.base.number}", "info")
    else:
        session.rollback()
        htmx.toast("Nothing is changed, so there is no draft", "info")


def _again(
    session: Session,
    profile: Profile,
    form: SettingsForm,
    sent: Sent,
    status: int,
    overtaken: list[tuple[str, str, str]] | None = None,
) -> Response:
    """Show the form as it was typed, with what is wrong in it."""
    typed = _typed(sent, errors=form.rejected, overtaken=overtaken)
    return page.render(session, profile, typed, form, status)


def _typed(
    sent: Sent,
    errors: Mapping[str, str] | None = None,
    text: str | None = None,
    rows: list[Mapping[str, object]] | None = None,
    asked: Asked | None = None,
    overtaken: list[tuple[str, str, str]] | None = None,
) -> Typed:
    return Typed(
        sent.layer,
        request.form.get("parameters", "") if text is None else text,
        line_keys_form.rows_for(line_keys_form.read(request.form)) if rows is None else rows,
        settings_form.passwords_to_type_again(sent.layer) | dict(errors or {}),
        overtaken,
        asked or Asked(),
    )
