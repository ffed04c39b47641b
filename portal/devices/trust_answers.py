"""What the buttons of the Trust tab ask again, and answer."""

from __future__ import annotations

from datetime import datetime

from flask import Response, url_for
from sqlalchemy.orm import Session

from portal import htmx
from portal.confirming import Question
from portal.devices import page
from portal.devices.blueprint import device_or_404
from portal.models import Device
from portal.values import format_mac


def question(device: Device, text: str, comes_of_it: str, label: str) -> Question:
    """Return what a button asks when something changed since; {} in `text` is the MAC."""
    back = url_for("devices.show", mac=device.mac, tab="trust", _anchor="tab")
    return Question([device], text.format(format_mac(device.mac)), comes_of_it, label, back)


def on_tab(session: Session, mac: str, now: datetime) -> Response:
    """Answer with the tab, and with what else shows what was done."""
    if not htmx.wants_partial():
        return htmx.see_other("devices.show", mac=mac, tab="trust", _anchor="tab")
    context = page.context_of(session, device_or_404(session, mac), "trust", now)
    return htmx.render("devices/_window_opened.html", "devices/_window_opened.html", **context)
