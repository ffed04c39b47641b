"""Users, for administrators: the list, new, edit, and what to do when somebody lost something."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import crypto, htmx
from portal.confirming import Question, act, ask
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import User
from portal.models.base import utc_now
from portal.security import current_actor, require, require_fresh
from portal.users import factor_service, queries, service, sign_in_service
from portal.users.blueprint import bp, config, here
from portal.users.forms import ROLES, NewUserForm, UserForm
from portal.writing import attempt


@bp.get("/users")
@require("user.manage")
def index() -> ResponseReturnValue:
    listed = queries.listed_users(db.session(), config(), utc_now())
    return render_template("users/index.html", listed=listed)


@bp.get("/users/new")
@require("user.manage")
def new() -> ResponseReturnValue:
    return render_template("users/new.html", form=NewUserForm())


@bp.post("/users")
@require("user.manage")
def create() -> ResponseReturnValue:
    form, password = NewUserForm(), crypto.new_password()
    if not form.validate_on_submit():
        return render_template("users/new.html", form=form), 422
    begin_write()
    made: list[User] = []
    if status := attempt(
        form,
        lambda: made.append(
            service.create_user(
                db.session(), current_actor(), form.name.data, password, form.role.data, True
            )
        ),
    ):
        return render_template("users/new.html", form=form), status
    return _password_page(made[0], password, f"{made[0].name} can sign in")


@bp.get("/users/<int:user_id>")
@require("user.manage")
def edit(user_id: int) -> ResponseReturnValue:
    user = _find(db.session(), user_id)
    return _page(user, UserForm(obj=user, version=_version(user)))


@bp.post("/users/<int:user_id>")
@require("user.manage")
def update(user_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    user, form = _find(session, user_id), UserForm()
    if form.is_stale(_version(user)):
        return _page(user, form, 409)
    if not form.validate_on_submit():
        return _page(user, form, 422)
    role, is_enabled = form.role.data, form.is_enabled.data
    if status := attempt(
        form, lambda: service.update_user(session, current_actor(), user, role, is_enabled)
    ):
        return _page(user, form, status)
    htmx.toast(f"{user.name} is saved")
    return htmx.see_other("users.index")


@bp.get("/users/<int:user_id>/reset-password")
@require("user.manage")
@require_fresh
def ask_reset_password(user_id: int) -> ResponseReturnValue:
    return ask(_resetting(_another(user_id)))


@bp.post("/users/<int:user_id>/reset-password")
@require("user.manage")
@require_fresh
def reset_password(user_id: int) -> ResponseReturnValue:
    begin_write()
    session, user, made = db.session(), _another(user_id), []
    verb = partial(service.reset_password, session, current_actor(), user)
    if refused := act(_resetting(user), lambda: made.append(verb())):
        return refused
    return _password_page(user, made[0], f"{user.name} has a new password")


@bp.get("/users/<int:user_id>/remove-second-factors")
@require("user.manage")
@require_fresh
def ask_remove_factors(user_id: int) -> ResponseReturnValue:
    return ask(_removing_factors(_another(user_id)))


@bp.post("/users/<int:user_id>/remove-second-factors")
@require("user.manage")
@require_fresh
def remove_factors(user_id: int) -> ResponseReturnValue:
    begin_write()
    session, user = db.session(), _another(user_id)

    def verb() -> None:
        factor_service.remove_all(session, current_actor(), user)
        sign_in_service.end_all(session, current_actor(), user, utc_now())

    if refused := act(_removing_factors(user), verb):
        return refused
    htmx.toast(f"{user.name} has no second factor any more")
    return htmx.see_other("users.edit", user_id=user_id)


@bp.get("/users/<int:user_id>/end-sign-ins")
@require("user.manage")
def ask_end_sign_ins(user_id: int) -> ResponseReturnValue:
    return ask(_ending(_another(user_id)))


@bp.post("/users/<int:user_id>/end-sign-ins")
@require("user.manage")
def end_sign_ins(user_id: int) -> ResponseReturnValue:
    begin_write()
    session, user = db.session(), _another(user_id)
    verb = partial(sign_in_service.end_all, session, current_actor(), user, utc_now())
    if refused := act(_ending(user), verb):
        return refused
    htmx.toast(f"{user.name} is signed out everywhere")
    return htmx.see_other("users.edit", user_id=user_id)


def _resetting(user: User) -> Question:
    text = "The present password and all sign-ins end at once. You are shown a one-time password."
    question = f"Give {user.name} a new password?"
    return _question([user], question, text, "Make a one-time password")


def _removing_factors(user: User) -> Question:
    text = (
        "Do it when the person lost them, and only after you know who is asking. The password "
        "alone lets in until new ones are set up; all sign-ins end."
    )
    of = [user, *queries.passkeys_of(db.session(), user)]
    return _question(of, f"Remove all second factors of {user.name}?", text, "Remove them")


def _ending(user: User) -> Question:
    text = "What they are typing is kept until they sign in again."
    return _question([user], f"Sign {user.name} out everywhere?", text, "Sign out")


def _question(of: Sequence[Any], question: str, text: str, act: str) -> Question:
    return Question(of, question, text, act, url_for("users.edit", user_id=of[0].id))


def _find(session: Session, user_id: int) -> User:
    return queries.find_user(session, user_id) or abort(404)


def _another(user_id: int) -> User:
    """Return a user other than the one who asks: one's own things are on one's own page."""
    user = _find(db.session(), user_id)
    return user if user.id != here().user.id else abort(404)


def _version(user: User) -> str:
    # Signing in changes a user too; a form is overtaken by what it shows alone.
    return mark_of(user.role, user.is_enabled)


def _page(user: User, form: UserForm, status: int = 200) -> ResponseReturnValue:
    session, overtaken = db.session(), None
    if status == 409:
        stored = {"role": ROLES[user.role], "is_enabled": "yes" if user.is_enabled else "no"}
        overtaken = form.differences(stored)
    text = render_template(
        "users/edit.html",
        person=user,
        form=form,
        overtaken=overtaken,
        passkeys=queries.passkeys_of(session, user),
        sign_ins=queries.open_sign_ins(session, user, config(), utc_now()),
        is_self=user.id == here().user.id,
        must=config().asks_second_factor(user.role),
    )
    return text, status


def _password_page(user: User, password: str, title: str) -> str:
    return render_template("users/one_time.html", person=user, password=password, title=title)
