"""Locking and unlocking a phone, new proofs for it, an answer to its reset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.devices import page, trust_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import LockForm
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device
from portal.security import current_actor, require
from portal.shell import when
from portal.values import format_mac


@bp.get("/<mac>/lock")
@require("trust.edit")
def ask_lock(mac: str) -> ResponseReturnValue:
    device = device_or_404(db.session(), mac)
    return render_template("devices/lock.html", device=device, form=LockForm())


@bp.post("/<mac>/lock")
@require("trust.edit")
def lock(mac: str) -> ResponseReturnValue:
    form = LockForm()
    if not form.validate_on_submit():
        device = device_or_404(db.session(), mac)
        return render_template("devices/lock.html", device=device, form=form), 422
    reason = form.reason.data or ""
    return _do(
        mac,
        lambda session, device, now: trust_service.lock(
            session, current_actor(), now, device, reason
        ),
        "{mac} is locked: it gets no account from its next fetch on",
    )


@bp.post("/<mac>/unlock")
@require("trust.edit")
def unlock(mac: str) -> ResponseReturnValue:
    minutes = config().window_support_s // 60
    is_same_phone = request.form.get("same") == "yes"

    def act(session: Session, device: Device, now: datetime) -> str:
        until = trust_service.unlock(session, current_actor(), now, device, minutes, is_same_phone)
        return when(until)

    return _do(mac, act, "{mac} is unlocked, and may set itself up until {told}")


@bp.post("/<mac>/refuse-reset")
@require("trust.edit")
def refuse_reset(mac: str) -> ResponseReturnValue:
    return _do(
        mac,
        lambda session, device, now: trust_service.refuse_reset(session, current_actor(), device),
        "Refused: the phone at that address gets no account",
    )


@bp.post("/<mac>/rotate")
@require("trust.edit")
def rotate(mac: str) -> ResponseReturnValue:
    return _do(
        mac,
        lambda session, device, now: trust_service.rotate_proofs(
            session, current_actor(), sealer(), device
        ),
        "{mac} gets new proofs with its next file; the present ones stay good until it uses them",
    )


def _do(
    mac: str, act: Callable[[Session, Device, datetime], str | None], done: str
) -> ResponseReturnValue:
    """Do one thing to a device, and answer with the Trust tab."""
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    try:
        told = act(session, device, now)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
    else:
        htmx.toast(done.format(mac=format_mac(mac), told=told))
    if not htmx.wants_partial():
        return htmx.see_other("devices.show", mac=mac, tab="trust", _anchor="tab")
    context = page.context_of(session, device_or_404(session, mac), "trust", now)
    return htmx.render("devices/_window_opened.html", "devices/_window_opened.html", **context)
