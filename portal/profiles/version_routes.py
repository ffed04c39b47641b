"""Versions of a profile: publish the draft, drop it, withdraw, take an old version up again."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.confirming import Question, act, ask, press
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Profile, ProfileVersion
from portal.profiles import page, previews, queries, reach_queries, service
from portal.profiles.differences import Content
from portal.profiles.forms import PublishForm
from portal.profiles.group_queries import by_model, groups_of
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
    if form.is_stale(queries.standing_of(profile)):
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
    return ask(_withdrawing(_find(db.session(), profile_id)))


@bp.post("/withdraw")
@require("profile.publish")
def withdraw(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    profile = _find(session, profile_id)

    def verb() -> str:
        service.withdraw(session, current_actor(), profile, now)
        return "Withdrawn: what is in force stays as it is"

    again = press(_withdrawing(profile), verb)
    return again or htmx.see_other("profiles.show", profile_id=profile_id)


@bp.get("/discard")
@require("profile.edit")
def ask_discard(profile_id: int) -> ResponseReturnValue:
    return ask(_discarding(_find(db.session(), profile_id)))


@bp.post("/discard")
@require("profile.edit")
def discard(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile = _find(session, profile_id)

    def verb() -> str:
        service.discard_draft(session, current_actor(), profile)
        return "The draft is discarded"

    again = press(_discarding(profile), verb)
    return again or htmx.see_other("profiles.show", profile_id=profile_id)


@bp.get("/versions/<int:number>/again")
@require("profile.edit")
def ask_again(profile_id: int, number: int) -> ResponseReturnValue:
    profile = _find(db.session(), profile_id)
    return ask(_taking_again(profile, _version(profile, number)))


@bp.post("/versions/<int:number>/again")
@require("profile.edit")
def take_again(profile_id: int, number: int) -> ResponseReturnValue:
    """Roll back: the old version becomes the draft, which is then looked at and published."""
    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    profile = _find(session, profile_id)
    old = _version(profile, number)
    told = old.settings, old.parameters, old.line_keys, f"Version {number} again"
    verb = partial(service.save_draft, session, current_actor(), sealer, profile, *told)
    if refused := act(_taking_again(profile, old), verb):
        return refused
    return htmx.see_other("profile_versions.ask_publish", profile_id=profile.id)


def _withdrawing(profile: Profile) -> Question:
    question = f"Withdraw the version of {profile.name} that waits?"
    has_draft = queries.draft_of(profile) is not None
    then = "It is gone then: there is another draft." if has_draft else "It is the draft again."
    return _question(profile, question, f"What is in force stays. {then}", "Withdraw")


def _discarding(profile: Profile) -> Question:
    text = "What is in force stays as it is."
    return _question(profile, f"Discard the draft of {profile.name}?", text, "Discard draft")


def _taking_again(profile: Profile, old: ProfileVersion) -> Question:
    question = f"Make version {old.number} of {profile.name} the draft?"
    instead = ", in place of the present one" if queries.draft_of(profile) else ""
    text = f"It becomes the draft{instead}. You look at it before you publish it."
    return _question(profile, question, text, "Make it the draft", is_harmless=True)


def _question(
    profile: Profile, question: str, text: str, act: str, is_harmless: bool = False
) -> Question:
    back = url_for("profiles.show", profile_id=profile.id)
    about = [profile, queries.standing_of(profile)]
    return Question(about, question, text, act, back, is_harmless)


def _find(session: Session, profile_id: int) -> Profile:
    return queries.find_profile(session, profile_id) or abort(404)


def _version(profile: Profile, number: int) -> ProfileVersion:
    published = [v for v in profile.versions if v.published_at and v.number == number]
    return published[0] if published else abort(404)


def _publish_page(
    session: Session, profile: Profile, form: PublishForm, status: int = 200
) -> ResponseReturnValue:
    form.version.data = queries.standing_of(profile)
    now, story = datetime.now(UTC), story_of(session, profile, datetime.now(UTC))
    ids = queries.descendants(session, profile)
    groups = groups_of(session, ids)
    models = by_model(groups)
    text = request.args.get("find", "")
    found = reach_queries.find_devices(session, text, ids) if text.strip() else []
    macs = request.args.getlist("device")[:_MOST_ADDED] + [d.mac for d in found[: len(found) == 1]]
    added = reach_queries.find_by_macs(session, macs)
    shown = list(dict.fromkeys([*added, *reach_queries.examples(session, groups, ids)]))
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
