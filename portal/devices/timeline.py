"""What happened to a device: check-ins of its phone and changes by people, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.audit.shown import Change, changes_in
from portal.audit.words import words_for
from portal.models import AuditEntry, CheckIn, Note
from portal.shell import when

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
# An act of several entries is named after one of these, if it has one.
_CHIEF = ("device.undo", "device.replace", "device.replaced", "device.create")


@dataclass(frozen=True)
class Event:
    """One line of the time line. `kind`: ok, bad, change, note or empty, as its dot is coloured.

    `note` is the note that it is; `import_id` the import that did it.
    """

    at: datetime
    kind: str
    text: str
    by: str
    remedy: str = ""
    changes: tuple[Change, ...] = ()
    note: Note | None = None
    import_id: int | None = None


def merged(
    check_ins: Iterable[CheckIn],
    acts: Iterable[Sequence[AuditEntry]],
    notes: Iterable[Note],
    secret: re.Pattern[str] | None,
) -> list[Event]:
    """Return all as events, newest first. Values of names that `secret` finds are masked."""
    events = [_of_check_in(one) for one in check_ins]
    events += [of_act(entries, secret) for entries in acts]
    events += [_of_note(one) for one in notes]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _of_note(one: Note) -> Event:
    edited = f"changed {when(one.edited_at)}" if one.edited_at else ""
    by = " · ".join(filter(None, [one.author, edited]))
    return Event(one.at, "note", one.text, by, note=one)


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


def of_act(entries: Sequence[AuditEntry], secret: re.Pattern[str] | None) -> Event:
    """Return all that one act did to the device, oldest entry first, as one event."""
    totals: dict[str, tuple[Any, Any]] = {}
    for entry in sorted(entries, key=lambda entry: entry.action not in _CHIEF[:-1]):
        for name, (before, after) in entry.changes.items():
            totals[name] = (totals[name][0] if name in totals else before, after)
    last = entries[-1]
    actions = [words_for(action) for action in dict.fromkeys(e.action for e in entries)]
    chief = next((e.action for e in reversed(entries) if e.action in _CHIEF), "")
    text = words_for(chief) if chief else ", ".join(actions)
    by = " · ".join(filter(None, [last.actor, last.via and f"API: {last.via}", last.address]))
    changes = tuple(changes_in(totals, secret))
    return Event(last.at, "change", text, by, "", changes, import_id=last.import_id)
