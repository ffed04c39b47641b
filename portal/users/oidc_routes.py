"""Signing in by single sign-on: to the provider, and back."""

from __future__ import annotations

from flask import render_template, request, session
from flask.typing import ResponseReturnValue

from portal import htmx, security, signed_in
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import ProofForm, SignInForm
from portal.kept import Kept, kept_in, local
from portal.models.base import utc_now
from portal.security import public
from portal.users import entering, oidc, oidc_service, sign_in_service
from portal.users.blueprint import HOME, bp, config

_NONE = "This portal has no single sign-on. Sign in with your password"


@bp.get("/sign-in/oidc")
@public
def go_to_provider() -> ResponseReturnValue:
    if not config().oidc_issuer:
        return _refused(_NONE, None)
    question = oidc.new_question(again=security.present() is not None)
    try:
        address = oidc.Provider(config()).address(question)
    except oidc.NotSignedIn as failed:
        return _refused(str(failed), question)
    session["oidc"] = {
        "question": question.as_dict(),
        "next": local(request.args.get("next", "")),
        "at": utc_now().timestamp(),
    }
    return htmx.go_to(address)


@bp.get(oidc.CALLBACK)
@public
def come_back() -> ResponseReturnValue:
    if not config().oidc_issuer:
        return _refused(_NONE, None)
    told = session.pop("oidc", None)
    if not isinstance(told, dict) or entering.since(told["at"]) > entering.HALFWAY:
        return _refused("This sign-in was finished or given up already. Start again here", None)
    kept, question = Kept(target=told["next"]), oidc.Question(**told["question"])
    try:
        account = oidc.Provider(config()).account(question, request.args)
        begin_write()
        user = oidc_service.take_account(db.session(), config(), request.remote_addr or "", account)
    except (oidc.NotSignedIn, RuleBroken) as failed:
        db.session.rollback()
        return _refused(str(failed), question)
    present = security.present()
    if present is None or present.user.id != user.id:
        entering.enter(user, signed_in.BY_PROVIDER)
    else:
        sign_in_service.prove(present.sign_in, utc_now())
        db.session.commit()
    return htmx.go_to(kept.target or HOME)


def _refused(why: str, question: oidc.Question | None) -> ResponseReturnValue:
    kept = kept_in(request.form, request.args.get("next", ""))
    again = question is not None and question.again and security.present() is not None
    form = ProofForm(formdata=None) if again else SignInForm(formdata=None)
    form.reject(RuleBroken(why))
    page = "users/proof.html" if again else "users/sign_in.html"
    return render_template(page, form=form, kept=kept), 422
