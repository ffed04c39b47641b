"""Letting a phone set itself up: its window, and its own address, which is a secret."""

from __future__ import annotations

from datetime import UTC, datetime

from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import overtaken, press
from portal.devices import page, previews, setup_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.trust_answers import on_tab, question
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.security import current_actor, require
from portal.shell import when

_ADDRESS = "Whoever knows it gets this phone’s passwords. The audit notes that you saw it."


@bp.post("/<mac>/window")
@require("window.open")
def open_window(mac: str) -> ResponseReturnValue:
    begin_write()
    session, now, minutes = db.session(), datetime.now(UTC), config().window_support_s // 60
    device = device_or_404(session, mac)

    def verb() -> str:
        until = setup_service.open_window(session, current_actor(), device, now, minutes)
        return f"The phone may set itself up until {when(until)}. Restart it now."

    text = f"For {minutes} minutes whoever knows the site address and the MAC gets its file."
    asked = question(device, "Let {} set itself up?", text, "Allow set-up")
    return press(asked, verb) or on_tab(session, mac, now)


@bp.post("/<mac>/own-address")
@require("secret.show")
def show_own_address(mac: str) -> ResponseReturnValue:
    """Show the address that a phone proves itself with; it stands on no other page."""
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    if again := overtaken(question(device, "Show the own address of {}?", _ADDRESS, "Show it")):
        return again
    try:
        setup_service.show_address(session, current_actor(), device, sealer())
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
        return htmx.see_other("devices.show", mac=mac, tab="trust", _anchor="tab")
    context = page.context_of(session, device, "trust", now)
    _site, own = previews.addresses(session, device, sealer(), config().base_url)
    partial = "devices/_window_opened.html"  # its first proofs may have been made for it
    return htmx.render("devices/show.html", partial, **(context | {"own_address": own}))
