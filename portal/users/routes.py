"""Signing in by password and out, one's own password; the other routes stand beside."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import SignInForm
from portal.kept import Kept, kept_in
from portal.models.base import utc_now
from portal.passwords import check_password
from portal.security import current_actor, public, require
from portal.users import (
    admin_routes,  # noqa: F401 - adds its routes to the blueprint
    entering,
    factor_routes,  # noqa: F401
    oidc_routes,  # noqa: F401
    own_routes,  # noqa: F401
    passkey_routes,  # noqa: F401
    proof_routes,  # noqa: F401
    queries,
    second_step_routes,
    service,
    sign_in_service,
)
from portal.users.blueprint import HOME, bp, here
from portal.users.forms import PasswordForm

__all__ = ["bp"]


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

    def page() -> str:
        return render_template("users/sign_in.html", form=form, kept=kept)

    if not form.validate_on_submit():
        return page(), 422
    session, name = db.session(), form.name.data.strip().lower()
    user = queries.find_user_named(session, name)
    session.commit()
    tried = entering.begin_try("password", name, user)
    if tried.wait_s:
        return entering.ask_to_wait(form, tried.wait_s, page)
    fits = check_password(user.password_hash if user else None, form.password.data)
    if not fits or user is None or not user.is_enabled:
        tried.was_wrong()
        form.reject(RuleBroken("Name or password is wrong"))
        return page(), 422
    begin_write()
    tried.was_right()
    if user.totp_sealed is not None or queries.passkeys_of(session, user):
        session.commit()
        entering.remember_halfway(user)
        return second_step_routes.page(user, kept)
    entering.enter(user, "password")
    return entering.go_on(kept)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    if found := security.present():
        begin_write()
        actor = Actor(found.user.name, request.remote_addr or "")
        sign_in_service.end(db.session(), actor, found.sign_in, utc_now())
        db.session.commit()
    security.forget()
    htmx.toast("You are signed out", "info")
    return htmx.see_other("users.new_sign_in")


@bp.get("/password")
@require("own.password")
def edit_password() -> ResponseReturnValue:
    return render_template("users/password.html", form=PasswordForm(), kept=Kept())


@bp.post("/password")
@require("own.password")
def change_password() -> ResponseReturnValue:
    form, kept = PasswordForm(), kept_in(request.form)

    def page() -> str:
        return render_template("users/password.html", form=form, kept=kept)

    if not form.validate_on_submit():
        return page(), 422
    session, found = db.session(), here()
    tried = entering.begin_try("password", found.user.name, found.user)
    if tried.wait_s:
        return entering.ask_to_wait(form, tried.wait_s, page)
    begin_write()
    try:
        service.change_own_password(
            session,
            current_actor(),
            found.user,
            form.present.data,
            form.password.data,
            but=found.sign_in,
        )
    except RuleBroken as broken:
        session.rollback()
        if broken.field == "present":
            tried.was_wrong()
        form.reject(broken)
        return page(), 422
    tried.was_right()
    session.commit()
    htmx.toast("Your password is changed; sign-ins elsewhere have ended")
    return entering.go_on(kept)
