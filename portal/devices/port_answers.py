"""What routes of ports answer: a row, its picker, and all that a change shows up in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Response, abort, request, url_for
from sqlalchemy.orm import Session

from portal import htmx
from portal.devices import checks, page, undo_service
from portal.devices.blueprint import device_or_404
from portal.devices.page import PortRow
from portal.devices.place_service import places_of
from portal.models import Device, Port, SipAccount
from portal.sip_accounts import queries as accounts
from portal.values import format_mac


def check_exists(device: Device, number: int) -> None:
    if not 1 <= number <= (checks.port_limit(device) or 0):
        abort(404)


def row_context(device: Device, number: int, focus: bool = False) -> dict[str, Any]:
    return {"device": device, "row": page.port_row(device, number), "focus": focus}


def picker_context(session: Session, device: Device, number: int, q: str) -> dict[str, Any]:
    row = page.port_row(device, number)
    found = accounts.choices_for(session, device, q)
    choices = [
        (one, places_of(one, device, number), mark_of_places(one, device, number))
        for one in found
        if one is not row.account
    ]
    return {"device": device, "row": row, "q": q, "choices": choices}


def picker(
    session: Session,
    device: Device,
    number: int,
    q: str,
    problem: str = "",
    status: int = 200,
    **given: Any,
) -> Response:
    """Answer with the port and the accounts to choose from: its row, or its page."""
    if not 1 <= number <= (checks.port_limit(device) or 0):
        return no_such_port(device, problem)
    context = {**picker_context(session, device, number, q), "problem": problem, **given}
    return htmx.render("devices/port.html", "devices/_port_pick.html", status, **context)


def no_such_port(device: Device, problem: str) -> Response:
    """Answer a write to a port that the model does not have."""
    htmx.toast(problem or f"{format_mac(device.mac)} has no such port", "error")
    return htmx.see_other("devices.show", mac=device.mac)


def changed(session: Session, mac: str, number: int, touched: Iterable[int] = ()) -> Response:
    """Answer a write: the row, and beside it all that the change shows up in.

    `touched` are other ports of the device that show something else now.
    """
    if not htmx.wants_partial():
        return htmx.see_other("devices.show", mac=mac, _anchor=f"port-{number}")
    device = device_or_404(session, mac)
    session.refresh(device)
    context = page.context_of(session, device, tab_shown(), datetime.now(UTC))
    context |= row_context(device, number, focus=True)
    context["touched"] = [page.port_row(device, other) for other in {*touched} - {number}]
    response = htmx.render("devices/_changed.html", "devices/_changed.html", **context)
    response.headers["HX-Reselect"] = f"#port-{number}"
    return response


def say(
    session: Session,
    device: Device,
    message: str,
    notices: Iterable[str] = (),
    others: Iterable[Device] = (),
) -> None:
    """Say what was done, when the phones will have it, and offer to take it back."""
    now = datetime.now(UTC)
    htmx.toast(f"{message}. {_when(session, device, now)}", undo=_undo_of(session, device))
    for notice in notices:
        htmx.toast(notice, "info")
    for other in others:
        if other is not device:
            name = other.description or format_mac(other.mac)
            htmx.toast(f"{name}: {_when(session, other, now)}", "info")


def mark_of_places(account: SipAccount, device: Device, number: int) -> str:
    """Return a mark of what stands where the account is, to notice other editors."""
    return " ".join(
        f"{p.device_id}/{p.number}:{version_of(p.device, p.number)}"
        for p in places_of(account, device, number)
    )


def version_of(device: Device, number: int) -> str:
    row: PortRow = page.port_row(device, number)
    return row.version


def own_numbers(device: Device, ports: Iterable[Port]) -> set[int]:
    """Return which of `ports` are the device's own."""
    return {port.number for port in ports if port.device_id == device.id}


def tab_shown() -> str:
    """Return the tab of the device page that HTMX asks from."""
    query = urlsplit(request.headers.get("HX-Current-URL", "")).query
    return parse_qs(query).get("tab", [""])[0]


def _undo_of(session: Session, device: Device) -> str:
    """Return the address that takes back what this request did to a device; "" for nothing."""
    change = undo_service.last_change(session, device)
    if change is None or change.instead or change.entry.at < session.info["began_at"]:
        return ""
    return url_for("devices.undo", mac=device.mac, entry_id=change.entry.id)


def _when(session: Session, device: Device, now: datetime) -> str:
    found = page.delivery_of(session, device, now)
    return f"{found.title}: {found.text[:1].lower()}{found.text[1:]}"
