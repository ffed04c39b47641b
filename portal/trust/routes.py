"""The Security page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.certificates.queries import own_certificate
from portal.confirming import Question, press
from portal.customers.trust import LEVELS
from portal.devices import queries as devices
from portal.devices import setup_service
from portal.extensions import begin_write, db
from portal.front.listeners import listening
from portal.security import can, current_actor, require
from portal.sip_accounts import queries as accounts
from portal.sip_accounts import service as account_service
from portal.trust import queries, service
from portal.values import format_mac

bp = Blueprint("trust", __name__, url_prefix="/security")
security.guard(bp)


@bp.get("")
@require("trust.view")
def index() -> ResponseReturnValue:
    session, now, config = db.session(), datetime.now(UTC), current_app.config["PORTAL"]
    in_force, over = queries.bans(session, now)
    due, due_total = queries.passwords_due(session)
    return render_template(
        "trust/index.html",
        levels=LEVELS,
        beside=queries.customers_beside_standard(session, now),
        resets=queries.resets(session),
        locked=queries.locked(session),
        windows=queries.open_windows(session, now),
        unproven=queries.without_proof(session),
        in_force=in_force,
        over=over,
        owners=queries.site_owners(session, [*in_force, *over]),
        due=due,
        due_total=due_total,
        own=own_certificate(config, now),
        listeners=listening(config),
        weak=queries.administrators_without_factor(session) if can("user.manage") else [],
        keys=len(config.sealing_key_file.read_bytes().split()),
        sealed_since=datetime.fromtimestamp(config.sealing_key_file.stat().st_mtime, UTC),
        now=now,
    )


@bp.post("/bans/<int:ban_id>/lift")
@require("trust.edit")
def lift_ban(ban_id: int) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    ban = queries.find_ban(session, ban_id) or abort(404)

    def verb() -> str:
        service.lift_ban(session, current_actor(), now, ban)
        return "Lifted; it is counted anew from now on"

    text = f"It was for this: {ban.reason}."
    return _press([ban], "Lift the ban?", text, "Lift", verb, "bans")


@bp.post("/windows/<mac>/close")
@require("window.open")
def close_window(mac: str) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = devices.find_device(session, mac) or abort(404)

    def verb() -> str:
        setup_service.set_window(session, current_actor(), device, now, None)
        return f"The set-up window of {format_mac(mac)} is closed"

    question = f"Close the set-up window of {format_mac(mac)}?"
    return _press([device], question, "Nothing sets it up then.", "Close", verb, "windows")


@bp.post("/accounts/<int:account_id>/new-password")
@require("account.edit")
def renew_password(account_id: int) -> ResponseReturnValue:
    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    account = accounts.find_account(session, account_id) or abort(404)

    def verb() -> str:
        account_service.renew_password(session, current_actor(), sealer, account)
        return f"{account.user_name} has a new password; tell the SIP server before phones fetch it"

    question = f"Give account {account.user_name} a new random password?"
    text = "Its phones cannot register until they and the SIP server have it."
    return _press([account], question, text, "Make a new password", verb, "passwords")


@bp.post("/accounts/<int:account_id>/keep-password")
@require("account.edit")
def keep_password(account_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    account = accounts.find_account(session, account_id) or abort(404)

    def verb() -> str:
        account_service.keep_password(session, current_actor(), account)
        return f"The password of {account.user_name} stays as it is"

    question = f"Keep the password of account {account.user_name}?"
    text = f"It is due for a change: {account.password_due_reason}."
    return _press([account], question, text, "Keep it", verb, "passwords")


def _press(
    of: list[Any], question: str, text: str, label: str, verb: Callable[[], str], part: str
) -> ResponseReturnValue:
    """Do one thing, and go back to its part of the page."""
    back = url_for("trust.index", _anchor=part)
    return press(Question(of, question, text, label, back), verb) or htmx.go_to(back)
