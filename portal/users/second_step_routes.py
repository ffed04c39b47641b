"""The second step of signing in: a code or passkey after the password."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.kept import Kept, kept_in
from portal.models import User
from portal.models.base import utc_now
from portal.security import public
from portal.users import entering, factor_service, passkey_proof, queries
from portal.users.blueprint import bp, sealer
from portal.users.forms import CodeForm

_TOO_LATE = "The second step took too long. Sign in again with your password"


def page(user: User, kept: Kept, form: CodeForm | None = None) -> str:
    """Ask `user`, whose password was right, for the rest."""
    return render_template(
        "users/second_step.html",
        person=user,
        kept=kept,
        form=form or CodeForm(formdata=None),
        passkeys=queries.passkeys_of(db.session(), user),
    )


@bp.get("/sign-in/code")
@public
def ask_code() -> ResponseReturnValue:
    user = entering.find_halfway()
    return page(user, kept_in(request.form)) if user else _start_again()


@bp.post("/sign-in/code")
@public
def give_code() -> ResponseReturnValue:
    session, kept, form = db.session(), kept_in(request.form), CodeForm()
    user = entering.find_halfway()
    session.commit()
    if user is None:
        return _start_again()
    if not form.validate_on_submit():
        return page(user, kept, form), 422
    tried = entering.begin_try("code", str(user.id), user)
    if tried.wait_s:
        return entering.ask_to_wait(form, tried.wait_s, lambda: page(user, kept, form))
    begin_write()
    how = factor_service.take_code(session, sealer(), user, form.code.data, utc_now())
    if how is None:
        session.rollback()
        tried.was_wrong()
        form.reject(RuleBroken("This code is wrong, too old or used already", "code"))
        return page(user, kept, form), 422
    tried.was_right()
    entering.enter(user, f"password and {how}")
    _warn_of_few_codes(user, how)
    return entering.go_on(kept)


@bp.post("/sign-in/code/passkey")
@public
def give_passkey() -> ResponseReturnValue:
    session, kept = db.session(), kept_in(request.form)
    user = entering.find_halfway()
    session.commit()
    if user is None:
        return _start_again()
    begin_write()
    try:
        passkey_proof.take(request.form.get("answer", ""), of=user)
    except RuleBroken as broken:
        session.rollback()
        form = CodeForm(formdata=None)
        form.reject(broken)
        return page(user, kept, form), 422
    entering.enter(user, "password and passkey")
    return entering.go_on(kept)


def _start_again() -> ResponseReturnValue:
    htmx.toast(_TOO_LATE, "warning")
    return htmx.see_other("users.new_sign_in")


def _warn_of_few_codes(user: User, how: str) -> None:
    if how != "recovery code":
        return
    left = queries.count_recovery_codes(db.session(), user)
    db.session.commit()
    codes = "1 recovery code is" if left == 1 else f"{left} recovery codes are"
    htmx.toast(f"{codes} left. New ones are made on your own page", "warning")
