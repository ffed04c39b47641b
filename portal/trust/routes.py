"""The Security page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.certificates.queries import own_certificate
from portal.customers.trust import LEVELS
from portal.devices import queries as devices
from portal.devices import setup_service
from portal.errors import RuleBroken
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
    def act(session: Session, now: datetime) -> str:
        ban = queries.find_ban(session, ban_id) or abort(404)
        service.lift_ban(session, current_actor(), now, ban)
        return "Lifted; it is counted anew from now on"

    return _do(act, "bans")


@bp.post("/windows/<mac>/close")
@require("window.open")
def close_window(mac: str) -> ResponseReturnValue:
    def act(session: Session, now: datetime) -> str:
        device = devices.find_device(session, mac) or abort(404)
        setup_service.set_window(session, current_actor(), device, now, None)
        return f"The set-up window of {format_mac(mac)} is closed"

    return _do(act, "windows")


@bp.post("/accounts/<int:account_id>/new-password")
@require("account.edit")
def renew_password(account_id: int) -> ResponseReturnValue:
    sealer = current_app.extensions["sealer"]

    def act(session: Session, now: datetime) -> str:
        account = accounts.find_account(session, account_id) or abort(404)
        account_service.renew_password(session, current_actor(), sealer, account)
        return f"{account.user_name} has a new password; tell the SIP server before phones fetch it"

    return _do(act, "passwords")


@bp.post("/accounts/<int:account_id>/keep-password")
@require("account.edit")
def keep_password(account_id: int) -> ResponseReturnValue:
    def act(session: Session, now: datetime) -> str:
        account = accounts.find_account(session, account_id) or abort(404)
        account_service.keep_password(session, current_actor(), account)
        return f"The password of {account.user_name} stays as it is"

    return _do(act, "passwords")


def _do(act: Callable[[Session, datetime], str], part: str) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    try:
        told = act(session, datetime.now(UTC))
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
    else:
        htmx.toast(told)
    return htmx.see_other("trust.index", _anchor=part)
