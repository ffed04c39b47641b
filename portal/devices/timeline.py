"""What happened to a device: check-ins of its phone and changes by people, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.models import AuditEntry, CheckIn
from portal.vendors.context import MASK

ACTIONS = {
    "device.create": "Added to the inventory",
    "device.update": "Changed",
    "device.override": "Own settings changed",
    "device.retire": "Retired",
    "device.reinstate": "Put back into service",
    "device.show_address": "Own address shown",
    "port.assign": "Account changed",
    "port.label": "Label changed",
    "port.override": "Settings of a port changed",
    "window.open": "Set-up allowed",
}
# Reasons of provision/access.py and pipeline.py, and what support does about them.
REMEDIES = {
    "set-up window is closed": "Allow set-up under “Set-up”, then restart the phone.",
    "set-up window was never opened": "Allow set-up under “Set-up”, then restart the phone.",
    "set-up window is for another address": "Another address came first. Allow set-up again.",
    "address is outside the customer's networks": "Add the address to the customer's networks.",
    "site address of another customer": "Give the device to the customer whose phone calls.",
    "model not known yet": "Edit the device and choose its model.",
    "device is retired": "Put the device back into service.",
    "User-Agent of another vendor": "Check that the model of the device is right.",
    "wrong password": "A restart fetches new credentials while set-up is allowed.",
}
_NO_PROOF = "no proof"


@dataclass(frozen=True)
class Change:
    """One thing that changed; None: not there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Event:
    """One line of the time line. `kind`: ok, bad or empty, as the style sheet colours its dot."""

    at: datetime
    kind: str
    text: str
    by: str
    remedy: str = ""
    changes: tuple[Change, ...] = ()


def merged(
    check_ins: Iterable[CheckIn], entries: Iterable[AuditEntry], secret: re.Pattern[str] | None
) -> list[Event]:
    """Return both as events, newest first. Values of names that `secret` finds are masked."""
    events = [_of_check_in(one) for one in check_ins]
    events += [_of_entry(one, secret) for one in entries]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _of_check_in(one: CheckIn) -> Event:
    by = " · ".join(filter(None, [one.address, one.protocol.upper(), one.user_agent]))
    if one.reason == _NO_PROOF:
        return Event(one.at, "", f"Asked for {one.filename}, was asked for its credentials", by)
    if one.reason:
        got = f"Refused {one.filename}" if one.status >= 400 else "Got the harmless file"
        return Event(one.at, "bad", f"{got}: {one.reason}", by, REMEDIES.get(one.reason, ""))
    if one.status == 304:
        return Event(one.at, "ok", f"Asked for {one.filename}, has it already", by)
    return Event(one.at, "ok", f"Fetched {one.filename}", by)


def _of_entry(entry: AuditEntry, secret: re.Pattern[str] | None) -> Event:
    changes = []
    for name, (before, after) in entry.changes.items():
        hides = bool(secret and secret.search(name))
        changes.append(Change(name, _shown(before, hides), _shown(after, hides)))
    by = " · ".join(filter(None, [entry.actor, entry.address]))
    return Event(
        entry.at, "change", ACTIONS.get(entry.action, entry.action), by, "", tuple(changes)
    )


def _shown(value: Any, hides: bool) -> str | None:
    if value in (None, "", [], {}):
        return None
    if hides:
        return MASK
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return (
            f"{len(value)} keys"
            if value and isinstance(value[0], dict)
            else ", ".join(map(str, value))
        )
    return str(value)
