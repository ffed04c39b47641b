"""Signing in with a passkey alone; the button stands on the sign-in page."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import SignInForm
from portal.kept import kept_in
from portal.security import public
from portal.users import entering, passkey_proof
from portal.users.blueprint import bp


@bp.post("/sign-in/passkey")
@public
def sign_in_with_passkey() -> ResponseReturnValue:
    kept = kept_in(request.form)
    begin_write()
    try:
        user = passkey_proof.take(request.form.get("answer", ""), of=None)
    except RuleBroken as broken:
        db.session.rollback()
        form = SignInForm(formdata=None)
        form.reject(broken)
        return render_template("users/sign_in.html", form=form, kept=kept), 422
    entering.enter(user, "passkey")
    return entering.go_on(kept)
