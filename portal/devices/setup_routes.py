"""Letting a phone set itself up: its window, and its own address, which is a secret."""

from __future__ import annotations

from datetime import UTC, datetime

from flask.typing import ResponseReturnValue

from portal import htmx
from portal.devices import page, previews, setup_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.security import current_actor, require
from portal.shell import when


@bp.post("/<mac>/window")
@require("window.open")
def open_window(mac: str) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    minutes = config().window_support_s // 60
    try:
        until = setup_service.open_window(session, current_actor(), device, now, minutes)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
    else:
        htmx.toast(f"The phone may set itself up until {when(until)}. Restart it now.")
    if not htmx.wants_partial():
        return htmx.see_other("devices.show", mac=mac, tab="trust", _anchor="tab")
    context = page.context_of(session, device_or_404(session, mac), "trust", now)
    return htmx.render("devices/_window_opened.html", "devices/_window_opened.html", **context)


@bp.post("/<mac>/own-address")
@require("secret.show")
def show_own_address(mac: str) -> ResponseReturnValue:
    """Show the address that a phone proves itself with; it stands on no other page."""
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    try:
        setup_service.show_address(session, current_actor(), device, sealer())
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
        return htmx.see_other("devices.show", mac=mac, tab="trust", _anchor="tab")
    context = page.context_of(session, device, "trust", now)
    _site, own = previews.addresses(session, device, sealer(), config().base_url)
    return htmx.render("devices/show.html", "devices/_tab.html", **(context | {"own_address": own}))
