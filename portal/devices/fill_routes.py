"""Filling ports of a device with accounts: asked for, foreseen, done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.devices import checks, fill, fill_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import FillForm
from portal.devices.port_answers import say
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device
from portal.security import current_actor, require
from portal.writing import attempt


@bp.get("/<mac>/fill")
@require("device.edit")
def ask_fill(mac: str) -> ResponseReturnValue:
    """The form and, once it says something, what that would do."""
    session = db.session()
    device = device_or_404(session, mac)
    is_asked = "accounts" in request.args
    form = FillForm(request.args if is_asked else None)
    rows, status = _foreseen(session, device, form) if is_asked else ([], 200)
    return _page(device, form, rows, status)


@bp.post("/<mac>/fill")
@require("device.edit")
def fill_ports(mac: str) -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), FillForm()
    device = device_or_404(session, mac)
    rows, status = _foreseen(session, device, form)
    if status != 200:
        return _page(device, form, rows, status)
    if form.is_stale(fill.digest_of(rows)):
        form.form_errors.append("Something changed meanwhile. Look at the ports again, then fill.")
        return _page(device, form, rows, 409)
    who, now = (session, current_actor(), config(), sealer()), datetime.now(UTC)
    others = {port.device for row in rows if row.is_done for port in row.leaves}
    status = attempt(form, lambda: fill_service.fill_ports(*who, now, device, rows))
    if status:
        device = device_or_404(session, mac)
        return _page(device, form, _foreseen(session, device, form)[0], status)
    count = sum(row.is_done for row in rows)
    made = sum(row.outcome == "create" for row in rows)
    notices = [f"{made} accounts were made; they stay when this is taken back"] if made else []
    done = f"{count} port{'s have their accounts' if count != 1 else ' has its account'}"
    say(session, device, done, notices, others)
    return htmx.see_other("devices.show", mac=device.mac, _anchor="ports")


def _foreseen(session: Session, device: Device, form: FillForm) -> tuple[list[fill.FillRow], int]:
    """Return what filling would do, and 200; or nothing and 422, with errors in the form."""
    if not form.validate():
        return [], 422
    try:
        return fill.plan(session, device, _asked(form)), 200
    except RuleBroken as broken:
        form.reject(broken)
        return [], 422


def _asked(form: FillForm) -> fill.Filling:
    return fill.Filling(
        form.ports.data or "",
        form.accounts.data or "",
        bool(form.creates.data) and security.can("account.edit"),
        form.occupied.data if form.occupied.data in fill.OCCUPIED else "leave",
        form.elsewhere.data if form.elsewhere.data in fill.ELSEWHERE else "leave",
    )


def _page(device: Device, form: FillForm, rows: list[fill.FillRow], status: int) -> Response:
    counts = {name: sum(row.outcome == name for row in rows) for name in _OUTCOMES}
    form.version.data = fill.digest_of(rows) if rows else ""
    context: dict[str, Any] = {"device": device, "form": form, "rows": rows, "counts": counts}
    context |= {"limit": checks.port_limit(device), "to_do": counts["assign"] + counts["create"]}
    return htmx.render("devices/fill.html", "devices/_fill.html", status, **context)


_OUTCOMES = ("assign", "create", "same", "left", "problem")
