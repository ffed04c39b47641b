"""Ports of a device: what is on them, choosing an account in place, labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.devices import page, port_service, service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import LabelForm, PortForm, number_in
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device
from portal.security import current_actor, require
from portal.sip_accounts import queries as accounts
from portal.values import format_mac

_CHANGED = "Somebody else changed this port meanwhile: it has {now} now. Choose again, or leave it."


@bp.get("/<mac>/ports/<int:number>")
@require("device.view")
def show_port(mac: str, number: int) -> ResponseReturnValue:
    """The port's own page; in the device page its row, with the picker or (?row=1) without."""
    session = db.session()
    device = device_or_404(session, mac)
    _check_exists(device, number)
    if request.args.get("row") and htmx.wants_partial():
        context = _row_context(device, number, focus=True)
        return htmx.render("devices/_port.html", "devices/_port.html", **context)
    return _picker(session, device, number, request.args.get("q", ""))


@bp.get("/<mac>/ports/<int:number>/accounts")
@require("device.edit")
def choose_account(mac: str, number: int) -> ResponseReturnValue:
    """The accounts to choose from, free ones first; a fragment of the picker."""
    session = db.session()
    device = device_or_404(session, mac)
    _check_exists(device, number)
    if not htmx.wants_partial():
        return htmx.see_other(
            "devices.show_port", mac=device.mac, number=number, q=request.args.get("q", "")
        )
    context = _picker_context(session, device, number, request.args.get("q", ""))
    return render_template("devices/_choices.html", announce=True, **context)


@bp.post("/<mac>/ports/<int:number>")
@require("device.edit")
def assign_port(mac: str, number: int) -> ResponseReturnValue:
    session, form, now = db.session(), PortForm(), datetime.now(UTC)
    begin_write()
    device = device_or_404(session, mac)
    before = page.port_row(device, number)
    if form.is_stale(before.version):
        what = before.account.user_name if before.account else "no account"
        return _picker(session, device, number, "", _CHANGED.format(now=what), 409)
    try:
        account = None
        if form.account.data:
            account = accounts.find_account(session, number_in(form.account.data) or 0)
            if account is None:
                raise RuleBroken("This account does not exist any more; choose another", "account")
        notices = port_service.assign_port(
            session, current_actor(), config(), now, device, number, account, sealer()
        )
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return _picker(session, device_or_404(session, mac), number, "", broken.message, 422)
    except StaleDataError:
        session.rollback()
        sentence = "Somebody else changed this device at the same moment. Choose again."
        return _picker(session, device_or_404(session, mac), number, "", sentence, 409)
    name = account.user_name if account else None
    freed = f" of {before.account.user_name}" if before.account else ""
    htmx.toast(f"Port {number} is {name}" if name else f"Port {number} is free{freed}")
    for notice in notices:
        htmx.toast(notice, "info")
    return _changed(session, mac, number)


@bp.post("/<mac>/ports/<int:number>/label")
@require("device.edit")
def label_port(mac: str, number: int) -> ResponseReturnValue:
    session, form, now = db.session(), LabelForm(), datetime.now(UTC)
    begin_write()
    device = device_or_404(session, mac)
    status, stored = 422, page.port_row(device, number)
    if form.validate():
        if not form.is_stale(stored.version):
            try:
                port_service.label_port(
                    session, current_actor(), now, device, number, form.label.data or ""
                )
            except RuleBroken as broken:
                session.rollback()
                form.reject(broken)
            else:
                session.commit()
                htmx.toast(f"Label of port {number} is saved")
                return _changed(session, mac, number)
        else:
            status = 409
            form.label.errors = [
                f"Meanwhile the port became “{stored.label or 'without label'}”. "
                "Save again to keep yours."
            ]
    session.rollback()
    device = device_or_404(session, mac)
    _check_exists(device, number)
    given: dict[str, Any] = {"typed": form.label.data or "", "errors": form.label.errors}
    context = {**_row_context(device, number), **given}
    if htmx.wants_partial():
        return htmx.varies(make_response(render_template("devices/_port.html", **context), status))
    return _picker(session, device, number, "", status=status, **given)


def _check_exists(device: Device, number: int) -> None:
    if not 1 <= number <= (service.port_limit(device) or 0):
        abort(404)


def _row_context(device: Device, number: int, focus: bool = False) -> dict[str, Any]:
    return {"device": device, "row": page.port_row(device, number), "focus": focus}


def _picker_context(session: Session, device: Device, number: int, q: str) -> dict[str, Any]:
    row = page.port_row(device, number)
    found = accounts.choices_for(session, device, q)
    return {
        "device": device,
        "row": row,
        "q": q,
        "choices": [one for one in found if one is not row.account],
    }


def _picker(
    session: Session,
    device: Device,
    number: int,
    q: str,
    problem: str = "",
    status: int = 200,
    **given: Any,
) -> Response:
    """Answer with the port and the accounts to choose from: its row, or its page."""
    if not 1 <= number <= (service.port_limit(device) or 0):
        return _no_such_port(device, problem)
    context = {**_picker_context(session, device, number, q), "problem": problem, **given}
    return htmx.render("devices/port.html", "devices/_port_pick.html", status, **context)


def _no_such_port(device: Device, problem: str) -> Response:
    """Answer a write to a port that the model does not have."""
    htmx.toast(problem or f"{format_mac(device.mac)} has no such port", "error")
    return htmx.see_other("devices.show", mac=device.mac)


def _changed(session: Session, mac: str, number: int) -> Response:
    """Answer a write: the row, and beside it all that the change shows up in."""
    if not htmx.wants_partial():
        return htmx.see_other("devices.show", mac=mac, _anchor=f"port-{number}")
    device = device_or_404(session, mac)
    session.refresh(device)
    context = page.context_of(session, device, _tab_shown(), datetime.now(UTC))
    context |= _row_context(device, number, focus=True)
    return htmx.render("devices/_changed.html", "devices/_changed.html", **context)


def _tab_shown() -> str:
    """Return the tab of the device page that HTMX asks from."""
    query = urlsplit(request.headers.get("HX-Current-URL", "")).query
    return parse_qs(query).get("tab", [""])[0]
