"""Signing in and out, and one's own password."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import SignInForm
from portal.kept import Kept, kept_in
from portal.models import User
from portal.security import current_actor, current_user, public, require
from portal.users import queries, service
from portal.users.forms import PasswordForm

HOME = "/devices"

bp = Blueprint("users", __name__)
security.guard(bp)


@bp.get("/sign-in")
@public
def new_sign_in() -> ResponseReturnValue:
    kept = kept_in(request.form, request.args.get("next", ""))
    if security.signed_in_user():
        return htmx.go_to(kept.target or HOME)
    return render_template("users/sign_in.html", form=SignInForm(), kept=kept)


@bp.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    form, kept = SignInForm(), kept_in(request.form)
    if form.validate_on_submit():
        session = db.session()
        user = queries.find_user_named(session, form.name.data)
        session.commit()
        if _may_enter(user, form.password.data) and user:
            begin_write()
            service.record_sign_in(session, Actor(user.name, request.remote_addr or ""), user)
            session.commit()
            security.sign_in(user)
            return _go_on(user, kept)
        form.reject(RuleBroken("Name or password is wrong"))
    return render_template("users/sign_in.html", form=form, kept=kept), 422


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    security.sign_out()
    htmx.toast("You are signed out", "info")
    return htmx.see_other("users.new_sign_in")


@bp.get("/password")
@require("own.password")
def edit_password() -> ResponseReturnValue:
    return render_template("users/password.html", form=PasswordForm(), kept=Kept())


@bp.post("/password")
@require("own.password")
def change_password() -> ResponseReturnValue:
    session, user = db.session(), current_user()
    form, kept = PasswordForm(), kept_in(request.form)
    if form.validate_on_submit():
        begin_write()
        try:
            service.change_own_password(
                session, current_actor(), user, form.present.data, form.password.data
            )
        except RuleBroken as broken:
            session.rollback()
            form.reject(broken)
        else:
            session.commit()
            security.keep_signed_in(user)
            htmx.toast("Your password is changed; sign-ins elsewhere have ended")
            return _go_on(user, kept)
    return render_template("users/password.html", form=form, kept=kept), 422


def _may_enter(user: User | None, password: str) -> bool:
    fits = security.check_password(user.password_hash if user else None, password)
    return fits and user is not None and user.is_enabled


def _go_on(user: User, kept: Kept) -> ResponseReturnValue:
    """Go where the person wanted to go, by way of what stands in between."""
    if user.must_change_password:
        return render_template("users/password.html", form=PasswordForm(formdata=None), kept=kept)
    if kept.is_form and kept.target:
        return render_template("users/signed_in_again.html", kept=kept)
    return htmx.go_to(kept.target or HOME)
