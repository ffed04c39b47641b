"""Take the last change of a device back, and all that the same act changed on other devices.

It rests on the audit: what an entry says was there before is put back, if what it says was there
after is there still.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import CHANGED, Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.customer_limits import beyond
from portal.devices import service
from portal.devices.queries import WHOLE
from portal.devices.restore import restore
from portal.devices.told import all_of
from portal.errors import RuleBroken
from portal.models import AuditEntry, Device, Note
from portal.settings.catalogue import CATALOGUE
from portal.shell import when
from portal.values import format_mac

UNDOABLE = (
    "device.update", "device.override", "port.assign", "port.label", "port.override",
    "device.retire", "device.reinstate", "device.replace", "device.replaced",
)  # fmt: skip
# What cannot be taken back, and what to do instead.
INSTEAD = {"device.create": "It was added to the inventory: delete it, or retire it, to undo that"}
# They change by themselves, when the phone comes; so they may differ from what was left.
_MOVING = {"state", "window", "mac"}
# What only names the other device of a replacement.
_TOLD = {"replaces", "replaced by"}


@dataclass(frozen=True)
class LastChange:
    """`entry` is the newest of the device; `entries` all of the same act, oldest first."""

    entry: AuditEntry
    entries: tuple[AuditEntry, ...]
    # Entries of the same act on devices that this user must not see.
    hidden: int = 0

    @property
    def came_in(self) -> int | None:
        """The id of the device that was put in place of another; None where none was."""
        found = (entry.object_id for entry in self.entries if entry.action == "device.replace")
        return next(found, None)

    @property
    def instead(self) -> str:
        """Why it cannot be taken back as far as the entries tell; empty: it can."""
        if self.entry.import_id is not None:
            return "It came with an imported list: take that import back"
        if self.entry.bulk_id is not None:
            return "It was changed together with others: take that change back on its result page"
        if self.hidden:
            return "The same act changed a device of another customer: ask who may see both"
        for entry in (self.entry, *self.entries):
            if entry.action in INSTEAD and self.came_in is None:
                return INSTEAD[entry.action]
        names = [n for e in self.entries for n, (_, after) in e.changes.items() if after == CHANGED]
        if names:
            secret = ", ".join(dict.fromkeys(_label(name) for name in names))
            return f"{secret}: the portal keeps no old passwords, so type it again"
        return ""


def last_change(session: Session, device: Device) -> LastChange | None:
    """Return the last change of a device that a person made; None: nobody changed it yet."""
    newest = session.scalar(
        select(AuditEntry)
        .where(AuditEntry.object_type == "device", AuditEntry.object_id == device.id)
        .where(AuditEntry.action.in_([*UNDOABLE, *INSTEAD]))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return _whole(session, newest) if newest else None


def find_change(session: Session, device: Device, entry_id: int) -> LastChange | None:
    """Return the change of `device` that an audit entry belongs to."""
    entry = session.get(AuditEntry, entry_id)
    if entry is None or (entry.object_type, entry.object_id) != ("device", device.id):
        return None
    return _whole(session, entry)


def undoable_among(session: Session, entries: Iterable[AuditEntry]) -> dict[int, str]:
    """Return which of `entries` are the last change of a device that can be taken back as far as
    they tell: the device's MAC by the entry's id."""
    mine = {e.id: e for e in entries if e.object_type == "device" and e.action in UNDOABLE}
    ids = {entry.object_id for entry in mine.values()}
    newest = (
        select(func.max(AuditEntry.id), Device.mac)
        .join(Device, Device.id == AuditEntry.object_id)
        .where(AuditEntry.object_type == "device", AuditEntry.object_id.in_(ids))
        .where(AuditEntry.action.in_([*UNDOABLE, *INSTEAD]))
        .group_by(Device.id, Device.mac)
    )
    return {
        entry_id: mac
        for entry_id, mac in session.execute(newest)
        if (entry := mine.get(entry_id)) and not LastChange(entry, (entry,)).instead
    }


def take_back(
    session: Session,
    actor: Actor,
    config: Config,
    sealer: Sealer,
    now: datetime,
    change: LastChange,
) -> list[Device]:
    """Give every device of `change` the values again that it had. Returns the devices.

    Raises RuleBroken that says why not: a secret, a thing that is gone, a value changed since.
    """
    if change.instead:
        raise RuleBroken(f"{change.instead}. Nothing is taken back.")
    if not any(entry.action in UNDOABLE for entry in change.entries):
        raise RuleBroken("This changed nothing that could be taken back")
    actor = actor.in_one_act()
    totals = _totals(change.entries)
    devices = _devices(session, totals)
    for device_id, changes in totals.items():
        device = devices.get(device_id)
        if device is None:
            raise RuleBroken(f"{_name_in(change, device_id)} is not in the inventory any more")
        _check_unchanged(device, changes)
    for device in devices.values():
        what = {"taken back": (None, f"{change.entry.action} of {when(change.entry.at)}")}
        audit.record(session, actor, "device.undo", device, what)
    olds = [
        (devices[device_id], {name: before for name, (before, _) in changes.items()})
        # The one that came in first: it gives back what can be on one device only.
        for device_id, changes in sorted(totals.items(), key=lambda one: one[0] != change.came_in)
    ]
    for device, old in olds:
        if device.state == "retired" and old.get("state", "retired") != "retired":
            service.reinstate_device(session, actor, config, now, device, sealer)
    restore(session, actor, config, now, olds, sealer)
    for device, old in olds:
        knows_accounts = device.id == change.came_in and device.last_fetched_at is not None
        if device.state != "retired" and (old.get("state") == "retired" or knows_accounts):
            service.retire_device(session, actor, now, device)
    if change.came_in is not None:
        _notes_back(session, devices, change.came_in)
    return list(devices.values())


def _notes_back(session: Session, devices: Mapping[int, Device], came_in: int) -> None:
    """Take notes, which are about the place, back to the device that stands there again."""
    back = next((one for one in devices.values() if one.id != came_in), None)
    if back is not None:
        for note in session.scalars(select(Note).where(Note.device_id == came_in)):
            note.device_id = back.id


def _whole(session: Session, entry: AuditEntry) -> LastChange:
    if entry.batch is None:
        return LastChange(entry, (entry,))
    act = AuditEntry.batch == entry.batch, AuditEntry.object_type == "device"
    entries = tuple(session.scalars(select(AuditEntry).where(*act).order_by(AuditEntry.id)))
    in_all = session.scalar(beyond(select(func.count(AuditEntry.id)).where(*act))) or 0
    return LastChange(entry, entries, in_all - len(entries))


def _totals(entries: Iterable[AuditEntry]) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Return by device what all entries together changed: the first before, the last after."""
    totals: dict[int, dict[str, tuple[Any, Any]]] = {}
    for entry in entries:
        if entry.object_id is None or entry.action not in UNDOABLE:
            continue
        changes = totals.setdefault(entry.object_id, {})
        for name, (before, after) in entry.changes.items():
            if name in _TOLD:
                continue
            changes[name] = (changes[name][0] if name in changes else before, after)
    return {
        device_id: {n: pair for n, pair in changes.items() if pair[0] != pair[1]}
        for device_id, changes in totals.items()
    }


def _devices(session: Session, ids: Iterable[int]) -> dict[int, Device]:
    found = session.scalars(select(Device).where(Device.id.in_(ids)).options(*WHOLE))
    return {device.id: device for device in found}


def _check_unchanged(device: Device, changes: Mapping[str, tuple[Any, Any]]) -> None:
    present = all_of(device)
    for name, (_, after) in changes.items():
        if name not in _MOVING and _same(present.get(name)) != _same(after):
            shown = _shown(present.get(name))
            raise RuleBroken(
                f"{_label(name)} of {device.description or format_mac(device.mac)} was changed "
                f"since, it is {shown} now. Nothing is taken back."
            )


def _same(value: Any) -> Any:
    return audit.json_safe(value) or None if not isinstance(value, bool | int) else value


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "another one"
    return str(value) if value not in (None, "") else "empty"


def _label(name: str) -> str:
    match = re.fullmatch(r"(.+) of (port \d+)", name)
    if match and match[1] in CATALOGUE:
        return f"{CATALOGUE[match[1]].label} of {match[2]}"
    text = CATALOGUE[name].label if name in CATALOGUE else name
    return text[:1].upper() + text[1:]


def _name_in(change: LastChange, device_id: int) -> str:
    return next(format_mac(e.object_name) for e in change.entries if e.object_id == device_id)
