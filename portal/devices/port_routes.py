"""Ports of a device: what is on them, choosing an account in place, labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.devices import page, place_service, port_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import LabelForm, PortForm
from portal.devices.port_answers import (
    changed,
    check_exists,
    mark_of_places,
    own_numbers,
    picker,
    picker_context,
    row_context,
    say,
)
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device, SipAccount
from portal.security import current_actor, require
from portal.sip_accounts import queries as accounts
from portal.values import format_mac, id_in

_CHANGED = "Somebody else changed this port meanwhile: it has {now} now. Choose again, or leave it."
_MOVED = "{name} was moved meanwhile: see where it is now, and choose again."


@bp.get("/<mac>/ports/<int:number>")
@require("device.view")
def show_port(mac: str, number: int) -> ResponseReturnValue:
    """The port's own page; in the device page its row, with the picker or (?row=1) without."""
    session = db.session()
    device = device_or_404(session, mac)
    check_exists(device, number)
    if request.args.get("row") and htmx.wants_partial():
        context = row_context(device, number, focus=True)
        return htmx.render("devices/_port.html", "devices/_port.html", **context)
    return picker(session, device, number, request.args.get("q", ""))


@bp.get("/<mac>/ports/<int:number>/accounts")
@require("device.edit")
def choose_account(mac: str, number: int) -> ResponseReturnValue:
    """The accounts to choose from, free ones first; a fragment of the picker."""
    session = db.session()
    device = device_or_404(session, mac)
    check_exists(device, number)
    if not htmx.wants_partial():
        return htmx.see_other(
            "devices.show_port", mac=device.mac, number=number, q=request.args.get("q", "")
        )
    context = picker_context(session, device, number, request.args.get("q", ""))
    return render_template("devices/_choices.html", announce=True, **context)


@bp.post("/<mac>/ports/<int:number>")
@require("device.edit")
def assign_port(mac: str, number: int) -> ResponseReturnValue:
    session, form = db.session(), PortForm()
    begin_write()
    device = device_or_404(session, mac)
    before = page.port_row(device, number)
    if form.is_stale(before.version):
        what = before.account.user_name if before.account else "no account"
        return picker(session, device, number, "", _CHANGED.format(now=what), 409)
    account = _chosen(session, form)
    if form.account.data and account is None:
        gone = "This account does not exist any more; choose another"
        return picker(session, device, number, "", gone, 422)
    places = place_service.places_of(account, device, number) if account else []
    if account and places:
        if not form.way.data:
            where = "; ".join(f"{_name(p.device)}, port {p.number}" for p in places)
            asked = f"{account.user_name} is on {where}. Choose what becomes of that."
            return picker(session, device, number, account.user_name, asked, 422)
        if form.places.data and form.places.data != mark_of_places(account, device, number):
            moved = _MOVED.format(name=account.user_name)
            return picker(session, device, number, account.user_name, moved, 409)
    others = [place.device for place in places] if form.way.data != place_service.ADD else []
    q = account.user_name if account and places else ""
    try:
        notices = _put(session, device, number, account, form.way.data or place_service.ADD)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return picker(session, device_or_404(session, mac), number, q, broken.message, 422)
    except StaleDataError:
        session.rollback()
        sentence = "Somebody else changed this device at the same moment. Choose again."
        return picker(session, device_or_404(session, mac), number, q, sentence, 409)
    freed = f" of {before.account.user_name}" if before.account else ""
    done = f"Port {number} is {account.user_name if account else f'free{freed}'}"
    say(session, device, done, notices, dict.fromkeys(others))
    return changed(session, mac, number, own_numbers(device, [*places, *before.elsewhere]))


@bp.post("/<mac>/ports/<int:number>/label")
@require("device.edit")
def label_port(mac: str, number: int) -> ResponseReturnValue:
    session, form, now = db.session(), LabelForm(), datetime.now(UTC)
    begin_write()
    device = device_or_404(session, mac)
    status, stored = 422, page.port_row(device, number)
    if form.is_stale(stored.version):
        status, now_there = 409, stored.label or "without label"
        form.label.errors = [f"Meanwhile the port became “{now_there}”. Save again to keep yours."]
    elif form.validate():
        try:
            port_service.label_port(
                session, current_actor(), now, device, number, form.label.data or ""
            )
        except RuleBroken as broken:
            session.rollback()
            form.reject(broken)
        else:
            session.commit()
            say(session, device, f"Label of port {number} is saved")
            return changed(session, mac, number)
    session.rollback()
    device = device_or_404(session, mac)
    check_exists(device, number)
    given: dict[str, Any] = {"typed": form.label.data or "", "errors": form.label.errors}
    context = {**row_context(device, number), **given}
    if htmx.wants_partial():
        return htmx.varies(make_response(render_template("devices/_port.html", **context), status))
    return picker(session, device, number, "", status=status, **given)


def _chosen(session: Session, form: PortForm) -> SipAccount | None:
    if not form.account.data:
        return None
    return accounts.find_account(session, id_in(form.account.data) or 0)


def _put(
    session: Session, device: Device, number: int, account: SipAccount | None, way: str
) -> list[str]:
    now = datetime.now(UTC)
    if account is None:
        return port_service.assign_port(
            session, current_actor(), config(), now, device, number, None
        )
    return place_service.place_account(
        session, current_actor(), config(), sealer(), now, device, number, account, way
    )


def _name(device: Device) -> str:
    return device.description or format_mac(device.mac)
