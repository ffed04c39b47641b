"""Profiles: the list, the page of one, name and parent, copies; drafts are in version_routes."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.extensions import begin_write, db
from portal.models import Profile
from portal.profiles import page, queries, service
from portal.profiles.forms import ConfirmForm, ProfileForm
from portal.security import can, current_actor, require
from portal.vendors import FAMILIES
from portal.writing import attempt

bp = Blueprint("profiles", __name__, url_prefix="/profiles")
security.guard(bp)


@bp.get("")
@require("profile.view")
def index() -> ResponseReturnValue:
    q = request.args.get("q", "")
    rows = queries.all_rows(db.session(), q, datetime.now(UTC))
    return htmx.render(
        "profiles/index.html", "profiles/_rows.html", rows=rows, q=q, families=FAMILIES
    )


@bp.get("/new")
@require("profile.edit")
def new() -> ResponseReturnValue:
    return _new_page(_form(db.session()), None)


@bp.post("")
@require("profile.edit")
def create() -> ResponseReturnValue:
    begin_write()
    return _create(db.session(), None)


@bp.get("/<int:profile_id>/copy")
@require("profile.edit")
def new_copy(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    source = _find(session, profile_id)
    form = _form(session)
    form.name.data = f"{source.name} (copy)"
    form.family.data = source.family
    form.parent.data = str(source.parent_id or "")
    form.description.data = source.description
    return _new_page(form, source)


@bp.post("/<int:profile_id>/copy")
@require("profile.edit")
def copy(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    return _create(session, _find(session, profile_id))


@bp.get("/<int:profile_id>")
@require("profile.view")
def show(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    profile = _find(session, profile_id)
    return page.render(session, profile, page.stored_in(profile, can("profile.edit")))


@bp.get("/<int:profile_id>/edit")
@require("profile.edit")
def edit(profile_id: int) -> ResponseReturnValue:
    session = db.session()
    profile = _find(session, profile_id)
    form = _form(session, profile)
    form.name.data, form.description.data = profile.name, profile.description
    form.parent.data, form.version.data = str(profile.parent_id or ""), str(profile.version)
    return _edit_page(form, profile)


@bp.post("/<int:profile_id>/edit")
@require("profile.edit")
def update(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile = _find(session, profile_id)
    form = _form(session, profile)
    if not form.validate_on_submit():
        return _edit_page(form, profile, 422)
    if form.is_stale(profile.version):
        return _edit_page(form, profile, 409)
    parent, text = _parent(session, form), form.description.data
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
    return _delete_page(_find(db.session(), profile_id))


@bp.post("/<int:profile_id>/delete")
@require("profile.edit")
def delete(profile_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    profile, form = _find(session, profile_id), ConfirmForm()
    if attempt(form, lambda: service.delete_profile(session, current_actor(), profile)):
        return _delete_page(profile, " ".join(form.form_errors)), 422
    htmx.toast(f"{profile.name} is deleted")
    return htmx.see_other("profiles.index")


def _find(session: Session, profile_id: int) -> Profile:
    return queries.find_profile(session, profile_id) or abort(404)


def _form(session: Session, profile: Profile | None = None) -> ProfileForm:
    form = ProfileForm()
    form.offer([other for other in queries.all_profiles(session) if other is not profile])
    return form


def _parent(session: Session, form: ProfileForm) -> Profile | None:
    return queries.find_profile(session, int(form.parent.data)) if form.parent.data else None


def _create(session: Session, source: Profile | None) -> ResponseReturnValue:
    form = _form(session)
    if not form.validate_on_submit():
        return _new_page(form, source), 422
    told = queries.latest_of(source) if source else None
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
                told.settings if told else {},
                told.parameters if told else {},
                told.line_keys if told else [],
            )
        )

    if status := attempt(form, create_profile):
        return _new_page(form, source), status
    htmx.toast(f"{made[0].name} is made")
    return htmx.see_other("profiles.show", profile_id=made[0].id)


def _new_page(form: ProfileForm, source: Profile | None) -> str:
    return render_template("profiles/form.html", form=form, source=source, profile=None)


def _edit_page(form: ProfileForm, profile: Profile, status: int = 200) -> ResponseReturnValue:
    parent = str(profile.parent_id or "")
    stored = {
        "name": profile.name,
        "parent": dict(form.parent.choices).get(parent, ""),
        "description": profile.description,
    }
    overtaken = form.differences(stored) if status == 409 else None
    return (
        render_template(
            "profiles/form.html", form=form, profile=profile, source=None, overtaken=overtaken
        ),
        status,
    )


def _delete_page(profile: Profile, why_not: str = "") -> str:
    return render_template(
        "shared/confirm.html",
        question=f"Delete the profile {profile.name}?",
        text=why_not or "Its versions go with it. This cannot be undone.",
        act="Delete",
        back=f"/profiles/{profile.id}",
    )
