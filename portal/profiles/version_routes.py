"""Versions of a profile: publish the draft, drop it, withdraw, take an old version up again."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Profile, ProfileVersion
from portal.profiles import page, previews, queries, reach_queries, service
from portal.profiles.differences import Content
from portal.profiles.forms import ConfirmForm, PublishForm
from portal.profiles.story import story_of
from portal.security import current_actor, require
from portal.vendors.context import MASK
from portal.writing import attempt

_MOST_ADDED = 7  # files shown beside the three that are always there

bp = Blueprint("profile_versions", __name__, url_prefix="/profiles/<int:profile_id>")
security.guard(bp)


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
    actor, now, note, at = current_actor(), datetime.now(UTC), form.note.data, form.time_to_come
    if status := attempt(form, lambda: service.publish(session, actor, profile, now, note, at)):
        return _publish_page(session, profile, form, status)
    number = profile.versions[-1].number
    since = f"comes into force at {at:%Y-%m-%d %H:%M} UTC" if at else "is in force"
    htmx.toast(f"Version {number} of {profile.name} {since}")
    return htmx.see_other("profiles.show", profile_id=profile.id)


@bp.get("/withdraw")
@require("profile.publish")
def ask_withdraw(profile_id: int) -> ResponseReturnValue:
    profile = _find(db.session(), profile_id)
    return _confirm(profile, f"Withdraw the version of {profile.name} that waits?", "Withdraw")


@bp.post("/withdraw")
@require("profile.publish")
def withdraw(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), ConfirmForm()
    actor, now = current_actor(), datetime.now(UTC)
    attempt(form, lambda: service.withdraw(session, actor, profile, now))
    if form.form_errors:
        htmx.toast(" ".join(form.form_errors), "warning")
    else:
        htmx.toast("Withdrawn: what is in force stays as it is")
    return htmx.see_other("profiles.show", profile_id=profile_id)


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


def _publish_page(
    session: Session, profile: Profile, form: PublishForm, status: int = 200
) -> ResponseReturnValue:
    form.version.data = queries.mark_of(profile)
    now, story = datetime.now(UTC), story_of(session, profile, datetime.now(UTC))
    ids, models = queries.descendants(session, profile), queries.models_touched(session, profile)
    text = request.args.get("find", "")
    found = reach_queries.find_devices(session, text, ids) if text.strip() else []
    macs = request.args.getlist("device")[:_MOST_ADDED] + [d.mac for d in found[: len(found) == 1]]
    added = reach_queries.find_by_macs(session, macs)
    shown = list(dict.fromkeys([*added, *reach_queries.examples(session, ids)]))
    content = Content.of(story.draft)
    answer = render_template(
        "profiles/publish.html",
        profile=profile,
        form=form,
        story=story,
        models=models,
        devices=sum(count for _, _, count in models),
        below=queries.profiles_below(session, profile, ids),
        hidden=reach_queries.hidden_from(session, profile, ids, story.changes, now),
        files=[
            previews.preview(session, page.maker(), profile, content, device, now)
            for device in shown
        ],
        added=[device.mac for device in added],
        found=found if len(found) != 1 else [],
        find=text,
        not_found=bool(text.strip()) and not found,
        mask=MASK,
    )
    return answer, status


def _confirm(profile: Profile, question: str, act: str, text: str = "") -> str:
    back = f"/profiles/{profile.id}"
    return render_template("shared/confirm.html", question=question, text=text, act=act, back=back)
