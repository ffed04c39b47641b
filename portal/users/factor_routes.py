"""One's own second factors: setting up, removing, recovery codes."""

from __future__ import annotations

import io
from functools import partial

import pyotp
import segno
from flask import render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import htmx
from portal.confirming import Question, act, ask
from portal.extensions import begin_write, db
from portal.models import Passkey, User
from portal.models.base import utc_now
from portal.security import current_actor, require, require_fresh
from portal.users import entering, factor_service, passkeys, queries
from portal.users.blueprint import bp, config, door, here, sealer
from portal.users.forms import CodeForm, PasskeyForm
from portal.writing import attempt


@bp.get("/me/app")
@require("own.account")
@require_fresh
def new_app() -> ResponseReturnValue:
    cookie["app"] = sealer().seal(pyotp.random_base32())
    return _app_page(CodeForm(formdata=None))


@bp.post("/me/app")
@require("own.account")
@require_fresh
def enable_app() -> ResponseReturnValue:
    form = CodeForm()
    if "app" not in cookie:
        return htmx.see_other("users.new_app")
    if not form.validate_on_submit():
        return _app_page(form), 422
    begin_write()
    session, actor, user = db.session(), current_actor(), here().user
    secret, codes = sealer().open(cookie["app"]), _Codes(user)

    def enable() -> None:
        factor_service.enable_app(session, actor, sealer(), user, secret, form.code.data, utc_now())
        codes.make_first()

    if status := attempt(form, enable):
        return _app_page(form), status
    cookie.pop("app")
    htmx.toast("The authenticator app is set up")
    return codes.page() if codes.made else htmx.see_other("users.own")


@bp.get("/me/app/remove")
@require("own.account")
@require_fresh
def ask_disable_app() -> ResponseReturnValue:
    return ask(_disabling_app())


@bp.post("/me/app/remove")
@require("own.account")
@require_fresh
def disable_app() -> ResponseReturnValue:
    begin_write()
    verb = partial(factor_service.disable_app, db.session(), current_actor(), config(), here().user)
    if refused := act(_disabling_app(), verb):
        return refused
    htmx.toast("The authenticator app is no longer asked for")
    return htmx.see_other("users.own")


@bp.get("/me/passkeys/new")
@require("own.account")
@require_fresh
def new_passkey() -> ResponseReturnValue:
    return _passkey_page(PasskeyForm(formdata=None))


@bp.post("/me/passkeys")
@require("own.account")
@require_fresh
def add_passkey() -> ResponseReturnValue:
    begin_write()
    session, actor, user = db.session(), current_actor(), here().user
    form, codes = PasskeyForm(), _Codes(user)

    def add() -> None:
        challenge, _ = entering.take_challenge()
        key = passkeys.made(door(), challenge, form.answer.data or "")
        factor_service.add_passkey(session, actor, user, form.name.data or "", key)
        codes.make_first()

    if status := attempt(form, add):
        return _passkey_page(form), status
    htmx.toast("The passkey is added")
    return codes.page() if codes.made else htmx.see_other("users.own")


@bp.get("/me/passkeys/<int:passkey_id>/remove")
@require("own.account")
@require_fresh
def ask_remove_passkey(passkey_id: int) -> ResponseReturnValue:
    passkey = _own_passkey(passkey_id)
    return ask(_removing(passkey)) if passkey else _is_gone()


@bp.post("/me/passkeys/<int:passkey_id>/remove")
@require("own.account")
@require_fresh
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    begin_write()
    passkey = _own_passkey(passkey_id)
    if passkey is None:
        return _is_gone()
    who = db.session(), current_actor(), config(), here().user
    if refused := act(_removing(passkey), partial(factor_service.remove_passkey, *who, passkey)):
        return refused
    htmx.toast(f"The passkey {passkey.name} is removed")
    return htmx.see_other("users.own")


@bp.get("/me/recovery-codes")
@require("own.account")
@require_fresh
def ask_new_codes() -> ResponseReturnValue:
    return ask(_renewing_codes())


@bp.post("/me/recovery-codes")
@require("own.account")
@require_fresh
def renew_codes() -> ResponseReturnValue:
    begin_write()
    codes = _Codes(here().user)
    if not codes.had_any:
        db.session.rollback()
        htmx.toast("Set up an app or a passkey first: recovery codes stand in for it", "info")
        return htmx.see_other("users.own")
    return act(_renewing_codes(), codes.make) or codes.page()


def _disabling_app() -> Question:
    text = "Delete the entry in the app as well."
    return _question("Stop using the authenticator app?", text, "Remove")


def _removing(passkey: Passkey) -> Question:
    text = "It stays on its device, but opens nothing here."
    return _question(f"Remove the passkey {passkey.name}?", text, "Remove")


def _renewing_codes() -> Question:
    text = "The old ones stop working at once."
    return _question("Make new recovery codes?", text, "Make new codes", is_harmless=True)


def _question(question: str, text: str, act: str, is_harmless: bool = False) -> Question:
    """Return a question about one's own second factors: all of them, as the last one stays."""
    user = here().user
    of = [user, *queries.passkeys_of(db.session(), user)]
    return Question(of, question, text, act, url_for("users.own"), is_harmless)


class _Codes:
    """Recovery codes that are made, in the transaction that has begun, and shown this once."""

    def __init__(self, user: User) -> None:
        self._user = user
        passkeys = queries.passkeys_of(db.session(), user)
        self.had_any = user.totp_sealed is not None or bool(passkeys)
        self.made: list[str] = []

    def make_first(self) -> None:
        """Make them with the first second factor."""
        if not self.had_any:
            self.make()

    def make(self) -> None:
        self.made = factor_service.renew_recovery_codes(db.session(), current_actor(), self._user)

    def page(self) -> str:
        go_on = cookie.pop("go_on", "") or "/me"
        return render_template("users/recovery_codes.html", codes=self.made, go_on=go_on)


def _app_page(form: CodeForm) -> str:
    secret = sealer().open(cookie["app"])
    address = pyotp.TOTP(secret).provisioning_uri(
        name=here().user.name, issuer_name=f"Provisioning {door().host}"
    )
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", scale=5, dark="#000", light="#fff", xmldecl=False, svgns=False,
        title="QR code of the key", omitsize=False, nl=False,
    )  # fmt: skip
    return render_template(
        "users/app.html",
        form=form,
        code=Markup(drawn.getvalue().decode()),  # noqa: S704 # nosec B704 - made by segno, of our own words
        key=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    )


def _passkey_page(form: PasskeyForm) -> str:
    user = here().user
    question = passkeys.making_options(door(), user, entering.new_challenge())
    return render_template("users/passkey.html", form=form, question=question)


def _own_passkey(passkey_id: int) -> Passkey | None:
    found = queries.passkeys_of(db.session(), here().user)
    return next((passkey for passkey in found if passkey.id == passkey_id), None)


def _is_gone() -> ResponseReturnValue:
    db.session.rollback()
    htmx.toast("This passkey was removed already", "info")
    return htmx.see_other("users.own")
