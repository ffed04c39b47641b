"""Versions of a profile: save a draft, publish it, drop it, take an old version up again."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, line_keys_form, security, settings_form
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import SettingsForm
from portal.models import Profile, ProfileVersion
from portal.profiles import page, queries, service
from portal.profiles.differences import Content, between
from portal.profiles.forms import ConfirmForm, PublishForm
from portal.profiles.page import Typed
from portal.security import current_actor, require
from portal.writing import attempt

bp = Blueprint("profile_versions", __name__, url_prefix="/profiles/<int:profile_id>")
security.guard(bp)


@bp.post("/draft")
@require("profile.edit")
def save_draft(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), SettingsForm()
    layer = settings_form.read(request.form, page.stored_layer(profile))
    keys = line_keys_form.read(request.form)
    form.rejected |= settings_form.problems(layer)
    parameters = _typed_parameters(form)
    if form.is_stale(queries.mark_of(profile)):
        theirs = Content.of(queries.latest_of(profile))
        typed = theirs.parameters if parameters is None else parameters
        mine = Content(settings_form.as_stored(layer), typed, keys)
        changes = between(theirs, mine, profile.family)
        overtaken = [(change.label, change.before, change.after) for change in changes]
        return _again(session, profile, form, layer, 409, overtaken)
    if form.rejected:
        return _again(session, profile, form, layer, 422)
    if status := attempt(form, lambda: _save(session, profile, layer, parameters, keys)):
        return _again(session, profile, form, layer, status)
    return htmx.see_other("profiles.show", profile_id=profile.id)


@bp.post("/line-keys")
@require("profile.edit")
def refill_line_keys(profile_id: int) -> ResponseReturnValue:
    """Show the form as typed, with fewer or more rows of line keys; nothing is saved."""
    session = db.session()
    profile = _find(session, profile_id)
    typed = Typed(
        layer := settings_form.read(request.form, page.stored_layer(profile)),
        request.form.get("parameters", ""),
        line_keys_form.refill(request.form),
        settings_form.passwords_to_type_again(layer),
    )
    return page.render(session, profile, typed, SettingsForm(), 200, "profiles/_line_keys.html")


@bp.get("/publish")
@require("profile.publish")
def ask_publish(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    profile = _find(session, profile_id)
    draft = queries.draft_of(profile)
    if draft is None:
        htmx.toast(f"{profile.name} has no draft to publish", "info")
        return htmx.see_other("profiles.show", profile_id=profile.id)
    return _publish_page(session, profile, PublishForm(note=draft.note))


@bp.post("/publish")
@require("profile.publish")
def publish(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), PublishForm()
    if form.is_stale(queries.mark_of(profile)):
        form.reject(RuleBroken("The draft is not what you looked at any more: look again"))
        return _publish_page(session, profile, form, 409)
    if not form.validate_on_submit():
        return _publish_page(session, profile, form, 422)
    actor, now, note = current_actor(), datetime.now(UTC), form.note.data
    if status := attempt(form, lambda: service.publish(session, actor, profile, now, note)):
        return _publish_page(session, profile, form, status)
    number = profile.versions[-1].number
    htmx.toast(f"Version {number} of {profile.name} is in force")
    return htmx.see_other("profiles.show", profile_id=profile.id)


@bp.get("/discard")
@require("profile.edit")
def ask_discard(profile_id: int) -> ResponseReturnValue:
    profile = _find(db.session(), profile_id)
    return _confirm(profile, f"Discard the draft of {profile.name}?", "Discard draft")


@bp.post("/discard")
@require("profile.edit")
def discard(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), ConfirmForm()
    attempt(form, lambda: service.discard_draft(session, current_actor(), profile))
    if form.form_errors:
        htmx.toast(" ".join(form.form_errors), "info")
    else:
        htmx.toast("The draft is discarded")
    return htmx.see_other("profiles.show", profile_id=profile_id)


@bp.get("/versions/<int:number>/again")
@require("profile.edit")
def ask_again(profile_id: int, number: int) -> ResponseReturnValue:
    profile = _find(db.session(), profile_id)
    question = f"Make version {_version(profile, number).number} of {profile.name} the draft?"
    return _confirm(profile, question, "Make it the draft")


@bp.post("/versions/<int:number>/again")
@require("profile.edit")
def take_again(profile_id: int, number: int) -> ResponseReturnValue:
    """Roll back: the old version becomes the draft, which is then looked at and published."""
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), ConfirmForm()
    old, actor = _version(profile, number), current_actor()
    status = attempt(
        form,
        lambda: service.save_draft(
            session,
            actor,
            current_app.extensions["sealer"],
            profile,
            old.settings,
            old.parameters,
            old.line_keys,
            note=f"Version {number} again",
        ),
    )
    if status:
        why = " ".join(form.form_errors)
        return _confirm(profile, f"Version {number} cannot be used again", "Try again", why), status
    return htmx.see_other("profile_versions.ask_publish", profile_id=profile.id)


def _find(session: Session, profile_id: int) -> Profile:
    return queries.find_profile(session, profile_id) or abort(404)


def _version(profile: Profile, number: int) -> ProfileVersion:
    published = [v for v in profile.versions if v.published_at and v.number == number]
    return published[0] if published else abort(404)


def _typed_parameters(form: SettingsForm) -> dict[str, str] | None:
    try:
        if "parameters" in request.form:
            return settings_form.read_parameters(request.form["parameters"])
    except RuleBroken as broken:
        form.reject(broken)
    return None


def _save(
    session: Session,
    profile: Profile,
    layer: dict[str, object],
    parameters: dict[str, str] | None,
    keys: list[dict[str, str]],
) -> None:
    """Save the draft, but keep none that says what is in force already."""
    actor, draft = current_actor(), queries.draft_of(profile)
    sealer, note = current_app.extensions["sealer"], draft.note if draft else ""
    service.save_draft(session, actor, sealer, profile, layer, parameters, keys, note)
    story = page.story_of(session, profile, datetime.now(UTC))
    if story.changes or not story.current:
        htmx.toast("The draft is saved; phones get it once you publish it")
    elif draft:
        service.discard_draft(session, actor, profile)
        htmx.toast(f"The draft is gone: it said the same as version {story.current.number}", "info")
    else:
        session.rollback()
        htmx.toast("Nothing is changed, so there is no draft", "info")


def _again(
    session: Session,
    profile: Profile,
    form: SettingsForm,
    layer: dict[str, object],
    status: int,
    overtaken: list[tuple[str, str, str]] | None = None,
) -> ResponseReturnValue:
    """Show the form as it was typed, with what is wrong in it."""
    errors = settings_form.passwords_to_type_again(layer) | form.rejected
    rows = line_keys_form.rows_for(line_keys_form.read(request.form))
    typed = Typed(layer, request.form.get("parameters", ""), rows, errors, overtaken)
    return page.render(session, profile, typed, form, status)


def _publish_page(
    session: Session, profile: Profile, form: PublishForm, status: int = 200
) -> ResponseReturnValue:
    form.version.data = queries.mark_of(profile)
    models = queries.models_touched(session, profile)
    text = render_template(
        "profiles/publish.html",
        profile=profile,
        form=form,
        story=page.story_of(session, profile, datetime.now(UTC)),
        models=models,
        devices=sum(count for _, _, count in models),
        below=queries.profiles_below(session, profile),
    )
    return text, status


def _confirm(profile: Profile, question: str, act: str, text: str = "") -> str:
    back = f"/profiles/{profile.id}"
    return render_template("shared/confirm.html", question=question, text=text, act=act, back=back)
