"""Moving an account to a port of another device: find the device, choose the port, say how."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.devices import page, place_queries, place_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import MoveForm
from portal.devices.port_answers import changed, check_exists, say, version_of
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device
from portal.security import current_actor, require
from portal.values import format_mac, id_in


@bp.get("/<mac>/ports/<int:number>/move")
@require("device.edit")
def choose_place(mac: str, number: int) -> ResponseReturnValue:
    """Devices to move the account to, by last digits or any of their names, and their ports."""
    session = db.session()
    device = device_or_404(session, mac)
    check_exists(device, number)
    return _page(session, device, number, request.args.get("q", ""))


@bp.post("/<mac>/ports/<int:number>/move")
@require("device.edit")
def move(mac: str, number: int) -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), MoveForm()
    device = device_or_404(session, mac)
    row, q = page.port_row(device, number), form.q.data or ""
    if row.account is None or form.is_stale(row.version):
        what = row.account.user_name if row.account else "no account"
        problem = f"Somebody else changed port {number} meanwhile: it has {what} now."
        return _page(session, device, number, q, problem, 409)
    target, there = device_or_404(session, form.to.data or ""), id_in(form.port.data) or 0
    if (target.id, there) == (device.id, number):
        return _page(session, device, number, q, "It is on this port already.", 422)
    taken = page.port_row(target, there)
    is_current = form.to_version.data in {"", None, taken.version}
    if taken.account and (not form.way.data or not is_current):
        question = {"target": target, "taken": taken, "was_moved": not is_current}
        return _page(session, device, number, q, status=409, asked=question)
    account = row.account
    try:
        source = [port for port in device.ports if port.number == number]
        notices = place_service.place_account(
            session,
            current_actor(),
            config(),
            sealer(),
            datetime.now(UTC),
            target,
            there,
            account,
            form.way.data or place_service.TAKE,
            source,
        )
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return _page(session, device_or_404(session, mac), number, q, broken.message, 422)
    except StaleDataError:
        session.rollback()
        sentence = "Somebody else changed this at the same moment. Choose again."
        return _page(session, device_or_404(session, mac), number, q, sentence, 409)
    done = f"{account.user_name} is on port {there} of {_name(target)}"
    say(session, device, done, notices, [target])
    return changed(session, mac, number, [there] if target is device else [])


def _page(
    session: Session,
    device: Device,
    number: int,
    q: str,
    problem: str = "",
    status: int = 200,
    asked: Mapping[str, Any] | None = None,
) -> Response:
    check_exists(device, number)
    row = page.port_row(device, number)
    found = place_queries.targets_for(session, device, row.account, q) if row.account else []
    targets = [(one, [r for r in page.port_rows(one) if (one, r.number) != (device, number)])
               for one in found]  # fmt: skip
    context: dict[str, Any] = {"target": None, "taken": None, "was_moved": False, **(asked or {})}
    context |= {"device": device, "row": row, "q": q, "targets": targets, "problem": problem}
    context["way_version"] = version_of(asked["target"], asked["taken"].number) if asked else ""
    return htmx.render("devices/move.html", "devices/_move_row.html", status, **context)


def _name(device: Device) -> str:
    return device.description or format_mac(device.mac)
