"""Locking and unlocking a phone, new proofs for it, an answer to its reset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.confirming import meanwhile, press
from portal.devices import trust_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import LockForm
from portal.devices.trust_answers import on_tab, question
from portal.extensions import begin_write, db
from portal.marks import version_of
from portal.models import Device
from portal.security import current_actor, require
from portal.shell import when
from portal.values import format_mac
from portal.writing import attempt

Verb = Callable[[Session, Device, datetime], str]


@bp.get("/<mac>/lock")
@require("trust.edit")
def ask_lock(mac: str) -> ResponseReturnValue:
    device = device_or_404(db.session(), mac)
    form = LockForm(formdata=None, version=version_of(device))
    return render_template("devices/lock.html", device=device, form=form, since=None)


@bp.post("/<mac>/lock")
@require("trust.edit")
def lock(mac: str) -> ResponseReturnValue:
    begin_write()
    session, form, now = db.session(), LockForm(), datetime.now(UTC)
    device, since, status = device_or_404(session, mac), None, 422
    if form.is_stale(version_of(device)):
        since, status = meanwhile(device, form), 409
    elif form.validate():
        reason = form.reason.data or ""
        status = attempt(
            form, lambda: trust_service.lock(session, current_actor(), now, device, reason)
        )
    if status:
        device = device_or_404(session, mac)
        context = {"device": device, "form": form, "since": since}
        return render_template("devices/lock.html", **context), status
    htmx.toast(f"{format_mac(mac)} is locked: it gets no account from its next fetch on")
    return on_tab(session, mac, now)


@bp.post("/<mac>/unlock")
@require("trust.edit")
def unlock(mac: str) -> ResponseReturnValue:
    minutes, is_same = config().window_support_s // 60, request.form.get("same") == "yes"

    def verb(session: Session, device: Device, now: datetime) -> str:
        until = trust_service.unlock(session, current_actor(), now, device, minutes, is_same)
        return f"{format_mac(mac)} is unlocked, and may set itself up until {when(until)}"

    proofs = "The proofs that it has stay good" if is_same else "Its proofs end, and it gets others"
    return _press(mac, verb, "Unlock {}?", f"{proofs}.", "Unlock")


@bp.post("/<mac>/refuse-reset")
@require("trust.edit")
def refuse_reset(mac: str) -> ResponseReturnValue:
    def verb(session: Session, device: Device, now: datetime) -> str:
        trust_service.refuse_reset(session, current_actor(), device)
        return "Refused: the phone at that address gets no account"

    return _press(mac, verb, "Refuse {}?", "The phone that asks gets no account.", "Refuse")


@bp.post("/<mac>/rotate")
@require("trust.edit")
def rotate(mac: str) -> ResponseReturnValue:
    def verb(session: Session, device: Device, now: datetime) -> str:
        trust_service.rotate_proofs(session, current_actor(), sealer(), device)
        name = format_mac(mac)
        return f"{name} gets new proofs with its next file; the present ones stay good until then"

    text = "It gets them with its next file; the present ones stay good until it uses those."
    return _press(mac, verb, "New proofs for {}?", text, "New proofs")


def _press(mac: str, verb: Verb, text: str, comes_of_it: str, label: str) -> ResponseReturnValue:
    """Do one thing to a device, and answer with the Trust tab."""
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    asked = question(device, text, comes_of_it, label)
    return press(asked, lambda: verb(session, device, now)) or on_tab(session, mac, now)
