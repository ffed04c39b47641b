"""Users, for administrators: the list, new, edit, and what to do when somebody lost something."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import crypto, htmx
from portal.confirming import Question, act, ask
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import User
from portal.models.base import utc_now
from portal.security import current_actor, require, require_fresh
from portal.users import (
    customer_choice,
    factor_service,
    limit_service,
    queries,
    service,
    sign_in_service,
)
from portal.users.blueprint import bp, config, here
from portal.users.forms import ROLES, NewUserForm, SeesForm, UserForm
from portal.writing import attempt


@bp.get("/users")
@require("user.manage")
def index() -> ResponseReturnValue:
    listed = queries.listed_users(db.session(), config(), utc_now())
    return render_template("users/index.html", listed=listed)


@bp.get("/users/new")
@require("user.manage")
def new() -> ResponseReturnValue:
    return _new_page(NewUserForm())


@bp.post("/users")
@require("user.manage")
def create() -> ResponseReturnValue:
    form, password = NewUserForm(), crypto.new_password()
    if not form.validate_on_submit():
        return _new_page(form, 422)
    begin_write()
    session, made = db.session(), list[User]()

    def create_user() -> None:
        who = session, current_actor()
        sees = customer_choice.customers_in(session, form)
        made.append(service.create_user(*who, form.name.data, password, form.role.data, True))
        limit_service.limit_to_customers(*who, made[0], sees)

    if status := attempt(form, create_user):
        return _new_page(form, status)
    return _password_page(made[0], password, f"{made[0].name} can sign in")


@bp.post("/users/new/customers")
@require("user.manage")
def choose_customers_of_new() -> ResponseReturnValue:
    """Show the form as typed, with the customers that are found; nothing is saved."""
    return _new_page(NewUserForm())


@bp.get("/users/<int:user_id>")
@require("user.manage")
def edit(user_id: int) -> ResponseReturnValue:
    user = _find(db.session(), user_id)
    return _page(user, UserForm.of(user, _version(user)))


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

    def save_user() -> None:
        sees = customer_choice.customers_in(session, form)
        limit_service.save_user(session, current_actor(), user, role, is_enabled, sees)

    if status := attempt(form, save_user):
        return _page(user, form, status)
    htmx.toast(f"{user.name} is saved")
    return htmx.see_other("users.index")


@bp.post("/users/<int:user_id>/customers")
@require("user.manage")
def choose_customers(user_id: int) -> ResponseReturnValue:
    """Show the form as typed, with the customers that are found; nothing is saved."""
    return _page(_find(db.session(), user_id), UserForm())


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
    sees = sorted(customer.id for customer in user.customers) if user.is_limited else ""
    return mark_of(user.role, user.is_enabled, sees)


def _new_page(form: NewUserForm, status: int = 200) -> ResponseReturnValue:
    url = url_for("users.choose_customers_of_new")
    return _choosing("users/new.html", form, url, status)


def _choosing(
    page: str, form: SeesForm, url: str, status: int = 200, **context: Any
) -> ResponseReturnValue:
    """Answer with the page of a form that chooses customers, or with these alone for HTMX."""
    choice = customer_choice.choice_of(db.session(), form, is_sure="typing" not in request.args)
    partial = "users/_chosen.html" if request.path == url else page
    return htmx.render(page, partial, status, form=form, choice=choice, choose_url=url, **context)


def _page(user: User, form: UserForm, status: int = 200) -> ResponseReturnValue:
    session, overtaken = db.session(), None
    if status == 409:
        stored = {"role": ROLES[user.role], "is_enabled": "yes" if user.is_enabled else "no"}
        overtaken = form.differences(stored)
        theirs, mine = customer_choice.told(session, form, user)
        overtaken += [("Sees", theirs, mine)] if theirs != mine else []
    return _choosing(
        "users/edit.html",
        form,
        url_for("users.choose_customers", user_id=user.id),
        status,
        person=user,
        overtaken=overtaken,
        passkeys=queries.passkeys_of(session, user),
        sign_ins=queries.open_sign_ins(session, user, config(), utc_now()),
        is_self=user.id == here().user.id,
        must=config().asks_second_factor(user.role),
    )


def _password_page(user: User, password: str, title: str) -> str:
    return render_template("users/one_time.html", person=user, password=password, title=title)
