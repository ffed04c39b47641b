"""What happened to a device: check-ins of its phone and changes by people, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.audit import CHANGED
from portal.devices.told import EMPTY
from portal.models import AuditEntry, CheckIn
from portal.settings.catalogue import CATALOGUE, Setting
from portal.shell import when
from portal.values import format_mac
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
    "device.lock": "Locked",
    "device.unlock": "Unlocked",
    "device.release_again": "Set up again after a reset, with new proofs",
    "device.refuse_reset": "Set-up after a reset refused",
    "device.rotate_proofs": "New proofs made",
    "window.open": "Set-up allowed",
    "window.close": "Set-up window closed",
    "device.undo": "A change taken back",
    "device.replace": "Put in place of another device",
    "device.replaced": "Replaced by another device",
    "note.edit": "Note changed",
    "note.delete": "Note deleted",
    "upload.take": "Upload taken down",
    "upload.delete": "Upload deleted",
    "secret.show": "Secrets shown on the command line",
}
# Reasons of provision/access.py and pipeline.py, and what support does about them.
REMEDIES = {
    "set-up window is closed": "Allow set-up under “Trust”, then restart the phone.",
    "set-up window was never opened": "Allow set-up under “Trust”, then restart the phone.",
    "set-up window is for another address": "Another address came first. Allow set-up again.",
    "address is outside the customer's networks": "Add the address to the customer's networks.",
    "site address of another customer": "Give the device to the customer whose phone calls.",
    "model not known yet": "Edit the device and choose its model.",
    "device is retired": "Put the device back into service.",
    "User-Agent of another vendor": "Check that the model of the device is right.",
    "User-Agent names another MAC": "Somebody copied an address; see “Trust”.",
    "customer takes certificates only": "Lower the trust level of the customer, or load the CA "
    "of the phone's vendor.",
    "reset, and comes from a new place: a person decides": "Allow it once under “Trust”.",
    "too many unknown phones: set-up has to be allowed by a person": "Allow set-up under “Trust”.",
    "wrong password": "A restart fetches new credentials while set-up is allowed.",
}
_NO_PROOF = "no proof"
# As the audit keeps times: 2026-02-14T12:00:00.5+00:00
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")


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
    events += [of_entry(one, secret) for one in entries]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _of_check_in(one: CheckIn) -> Event:
    by = " · ".join(filter(None, [one.address, one.protocol.upper(), one.user_agent]))
    if one.reason == _NO_PROOF:
        return Event(one.at, "", f"Asked for {one.filename}, was asked for its credentials", by)
    if one.reason:
        got = f"Refused {one.filename}" if one.status >= 400 else "Got the harmless file"
        return Event(one.at, "bad", f"{got}: {one.reason}", by, _remedy(one.reason))
    if one.status == 304:
        return Event(one.at, "ok", f"Asked for {one.filename}, has it already", by)
    return Event(one.at, "ok", f"Fetched {one.filename}", by)


def _remedy(reason: str) -> str:
    if reason.startswith("device is locked"):
        return "Unlock it under “Trust”, if it is the right phone."
    return REMEDIES.get(reason, "")


def of_entry(entry: AuditEntry, secret: re.Pattern[str] | None) -> Event:
    changes = [
        _change(name, before, after, bool(secret and secret.search(name)))
        for name, (before, after) in entry.changes.items()
        if before != after and (before or after)
    ]
    by = " · ".join(filter(None, [entry.actor, entry.address]))
    return Event(
        entry.at, "change", ACTIONS.get(entry.action, entry.action), by, "", tuple(changes)
    )


def _change(name: str, before: Any, after: Any, hides: bool) -> Change:
    key, of, port = name.partition(" of port ")
    setting = CATALOGUE.get(key)
    if setting is not None:
        label = f"{setting.label}{of}{port}"
        return Change(label, _as_set(setting, before), _as_set(setting, after))
    if name == "mac":
        before, after = (mac and format_mac(mac) for mac in (before, after))
    return Change(name, None if hides else _shown(before), MASK if hides else _shown(after))


def _as_set(setting: Setting, value: Any) -> str | None:
    if value == EMPTY:
        return "sent empty"
    return value if value is None or value == CHANGED else setting.show(value)


def _shown(value: Any) -> str | None:
    if value in (None, "", [], {}):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return when(datetime.fromisoformat(value))
    if isinstance(value, list):
        return (
            f"{len(value)} keys"
            if value and isinstance(value[0], dict)
            else ", ".join(map(str, value))
        )
    return str(value)
