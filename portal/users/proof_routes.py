"""Proving once more who one is, before a secret is shown or made."""

from __future__ import annotations

import re

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import ProofForm
from portal.kept import Kept, kept_in
from portal.models.base import utc_now
from portal.passwords import check_password
from portal.security import require
from portal.users import entering, factor_service, passkey_proof, sign_in_service
from portal.users.blueprint import HOME, bp, here, sealer

# As apps show it: 123456, 123 456. Passwords are longer.
_CODE = re.compile(r"\s*\d{3}\s?\d{3}\s*")


@bp.get("/proof")
@require("own.account")
def ask_for_proof() -> ResponseReturnValue:
    kept = kept_in(request.form, request.args.get("next", ""))
    if here().is_fresh:
        return htmx.go_to(kept.target or HOME)
    return render_template("users/proof.html", form=ProofForm(), kept=kept)


@bp.post("/proof")
@require("own.account")
def give_proof() -> ResponseReturnValue:
    form, kept, user = ProofForm(), kept_in(request.form), here().user

    def page() -> str:
        return render_template("users/proof.html", form=form, kept=kept)

    if not form.validate_on_submit():
        return page(), 422
    typed = form.proof.data
    is_code = bool(_CODE.fullmatch(typed)) and user.totp_sealed is not None
    what, who = ("code", str(user.id)) if is_code else ("password", user.name)
    tried = entering.begin_try(what, who, user)
    if tried.wait_s:
        return entering.ask_to_wait(form, tried.wait_s, page)
    fits = not is_code and check_password(user.password_hash, typed)
    begin_write()
    if is_code:
        fits = factor_service.take_code(db.session(), sealer(), user, typed, utc_now()) is not None
    if not fits:
        db.session.rollback()
        tried.was_wrong()
        wrong = (
            "This code is wrong, too old or used already"
            if is_code
            else "This is not your password"
        )
        form.reject(RuleBroken(wrong, "proof"))
        return page(), 422
    tried.was_right()
    return _proved(kept)


@bp.post("/proof/passkey")
@require("own.account")
def give_passkey_proof() -> ResponseReturnValue:
    kept = kept_in(request.form)
    begin_write()
    try:
        passkey_proof.take(request.form.get("answer", ""), of=here().user)
    except RuleBroken as broken:
        db.session.rollback()
        form = ProofForm(formdata=None)
        form.reject(broken)
        return render_template("users/proof.html", form=form, kept=kept), 422
    return _proved(kept)


def _proved(kept: Kept) -> ResponseReturnValue:
    sign_in_service.prove(here().sign_in, utc_now())
    db.session.commit()
    if kept.is_form and kept.target:
        return render_template("users/signed_in_again.html", kept=kept)
    return htmx.go_to(kept.target or HOME)
