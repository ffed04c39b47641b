"""Profiles: the list, the page of one, name and parent, copies; drafts are in version_routes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.confirming import Question, act, ask
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Profile
from portal.profiles import listing, page, queries, service
from portal.profiles.differences import Content, Difference
from portal.profiles.forms import CopyForm, EditForm, ProfileForm
from portal.profiles.story import parent_changes
from portal.security import current_actor, require
from portal.vendors import FAMILIES
from portal.writing import attempt

bp = Blueprint("profiles", __name__, url_prefix="/profiles")
security.guard(bp)


@bp.get("")
@require("profile.view")
def index() -> ResponseReturnValue:
    asked = {name: request.args.get(name, "") for name in ("q", "family", "state")}
    rows = listing.all_rows(db.session(), **asked, now=datetime.now(UTC))
    return htmx.render(
        "profiles/index.html",
        "profiles/_rows.html",
        rows=rows,
        asked=asked,
        families=FAMILIES,
        used_families=listing.used_families(db.session()),
        states=listing.STATES,
    )


@bp.get("/new")
@require("profile.edit")
def new() -> ResponseReturnValue:
    return _new_page(_form(db.session()), None)


@bp.post("")
@require("profile.edit")
def create() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    return _create(session, _form(session), None)


@bp.get("/<int:profile_id>/copy")
@require("profile.edit")
def new_copy(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    source = _find(session, profile_id)
    form = _copy_form(session, source)
    form.name.data = f"{source.name} (copy)"
    form.family.data = source.family
    form.parent.data = str(source.parent_id or "")
    form.description.data = source.description
    form.version.data = queries.standing_of(source)
    return _new_page(form, source)


@bp.post("/<int:profile_id>/copy")
@require("profile.edit")
def copy(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    source = _find(session, profile_id)
    form = _copy_form(session, source)
    if form.is_stale(queries.standing_of(source)):
        form.reject(RuleBroken(f"{source.name} was changed meanwhile: see what you copy now"))
        return _new_page(form, source), 409
    return _create(session, form, source, _taken(form, source))


@bp.get("/<int:profile_id>")
@require("profile.view")
def show(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    profile = _find(session, profile_id)
    return page.render(session, profile, page.stored_in(profile))


@bp.get("/<int:profile_id>/edit")
@require("profile.edit")
def edit(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    profile = _find(session, profile_id)
    form = _form(session, profile, EditForm)
    form.name.data, form.description.data = profile.name, profile.description
    form.parent.data, form.version.data = str(profile.parent_id or ""), str(profile.version)
    return _edit_page(form, profile)


@bp.post("/<int:profile_id>/edit")
@require("profile.edit")
def update(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile = _find(session, profile_id)
    form = _form(session, profile, EditForm)
    if form.is_stale(profile.version):
        return _edit_page(form, profile, 409)
    if not form.validate_on_submit():
        return _edit_page(form, profile, 422)
    parent, text = _parent(session, form), form.description.data
    if changes := _not_agreed(session, profile, parent, form):
        return _edit_page(form, profile, 422, changes)
    status = attempt(
        form,
        lambda: service.update_profile(
            session, current_actor(), profile, form.name.data, parent, text
        ),
    )
    if status:
        return _edit_page(form, profile, status)
    htmx.toast(f"{profile.name} is saved")
    return htmx.see_other("profiles.show", profile_id=profile.id)


@bp.get("/<int:profile_id>/delete")
@require("profile.edit")
def ask_delete(profile_id: int) -> ResponseReturnValue:
    return ask(_deleting(_find(db.session(), profile_id)))


@bp.post("/<int:profile_id>/delete")
@require("profile.edit")
def delete(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile = _find(session, profile_id)
    verb = partial(service.delete_profile, session, current_actor(), profile)
    if refused := act(_deleting(profile), verb):
        return refused
    htmx.toast(f"{profile.name} is deleted")
    return htmx.see_other("profiles.index")


def _deleting(profile: Profile) -> Question:
    text = "Its versions go with it. This cannot be undone."
    back = url_for("profiles.show", profile_id=profile.id)
    of = [profile, queries.standing_of(profile)]
    return Question(of, f"Delete the profile {profile.name}?", text, "Delete", back)


def _find(session: Session, profile_id: int) -> Profile:
    return queries.find_profile(session, profile_id) or abort(404)


def _form(
    session: Session, profile: Profile | None = None, kind: type[ProfileForm] = ProfileForm
) -> Any:
    form = kind()
    form.offer([other for other in queries.all_profiles(session) if other is not profile])
    return form


def _copy_form(session: Session, source: Profile) -> CopyForm:
    form: CopyForm = _form(session, kind=CopyForm)
    current = queries.current_version(source, datetime.now(UTC))
    draft = queries.draft_of(source)
    form.offer_content(current.number if current else None, draft.number if draft else None)
    return form


def _taken(form: CopyForm, source: Profile) -> Content:
    """Return what the copy takes along."""
    if form.take.data == "draft":
        return Content.of(queries.draft_of(source))
    content = Content.of(queries.current_version(source, datetime.now(UTC)))
    return Content({}, {}, content.line_keys) if form.take.data == "keys" else content


def _parent(session: Session, form: ProfileForm) -> Profile | None:
    return queries.find_profile(session, int(form.parent.data)) if form.parent.data else None


def _not_agreed(
    session: Session, profile: Profile, parent: Profile | None, form: EditForm
) -> list[Difference]:
    """Return what devices get else at once by another parent, unless the person has seen that."""
    wanted = str(parent.id if parent else 0)
    if parent is profile.parent or form.agreed.data == wanted:
        return []
    if not queries.count_devices(session, profile):
        return []
    form.agreed.data = wanted
    return parent_changes(session, profile, parent, datetime.now(UTC))


def _create(
    session: Session, form: ProfileForm, source: Profile | None, told: Content | None = None
) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return _new_page(form, source), 422
    told = told or Content({}, {}, [])
    made: list[Profile] = []

    def create_profile() -> None:
        made.append(
            service.create_profile(
                session,
                current_actor(),
                current_app.extensions["sealer"],
                datetime.now(UTC),
                form.name.data,
                form.family.data or "",
                _parent(session, form),
                form.description.data,
                told.settings,
                told.parameters,
                told.line_keys,
            )
        )

    if status := attempt(form, create_profile):
        return _new_page(form, source), status
    htmx.toast(f"{made[0].name} is made")
    return htmx.see_other("profiles.show", profile_id=made[0].id)


def _new_page(form: ProfileForm, source: Profile | None) -> str:
    return render_template("profiles/form.html", form=form, source=source, profile=None)


def _edit_page(
    form: EditForm, profile: Profile, status: int = 200, changes: Sequence[Difference] = ()
) -> ResponseReturnValue:
    parent = str(profile.parent_id or "")
    stored = {
        "name": profile.name,
        "parent": dict(form.parent.choices).get(parent, ""),
        "description": profile.description,
    }
    overtaken = form.differences(stored) if status == 409 else None
    return (
        render_template(
            "profiles/form.html",
            form=form,
            profile=profile,
            source=None,
            overtaken=overtaken,
            changes=changes,
            devices=queries.count_devices(db.session(), profile) if changes else 0,
        ),
        status,
    )
