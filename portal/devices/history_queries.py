"""Reading what happened to a device: a page of its check-ins, changes and notes, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.models import AuditEntry, CheckIn, Device, Note

# What the time line is narrowed to, with labels.
KINDS = {
    "": "Everything",
    "fetches": "Fetches",
    "refusals": "Refusals",
    "changes": "Changes",
    "imports": "Imports",
    "notes": "Notes",
}


@dataclass(frozen=True)
class Page:
    """What is on one page: check-ins, acts (the entries of each, oldest first) and notes.

    Of each kind the newest comes first, also where two happened at the same time.
    """

    total: int
    check_ins: Sequence[CheckIn]
    acts: Sequence[Sequence[AuditEntry]]
    notes: Sequence[Note]


def page_of(
    session: Session, device: Device, kind: str, with_changes: bool, number: int, size: int
) -> Page:
    """Return one page of what happened. `with_changes`: also what people did to the device."""
    parts = _parts(device, kind, with_changes)
    if not parts:
        return Page(0, [], [], [])
    found = union_all(*parts).subquery()
    total = session.scalar(select(func.count()).select_from(found)) or 0
    wanted: dict[str, list[Any]] = {"check-in": [], "act": [], "note": []}
    newest = select(found).order_by(found.c.at.desc(), found.c.key.desc())
    for row in session.execute(newest.limit(size).offset((number - 1) * size)):
        wanted[row.source].append(row.key)
    check_ins = select(CheckIn).where(CheckIn.id.in_(map(int, wanted["check-in"])))
    check_ins = check_ins.order_by(CheckIn.id.desc())
    notes = select(Note).where(Note.id.in_(map(int, wanted["note"]))).order_by(Note.id.desc())
    acts: dict[str, list[AuditEntry]] = {}
    entries = _of_device(select(AuditEntry), device).where(_act().in_(wanted["act"]))
    for entry in session.scalars(entries.order_by(AuditEntry.id)):
        acts.setdefault(entry.batch or str(entry.id), []).append(entry)
    newest_acts = [*acts.values()][::-1]
    return Page(total, session.scalars(check_ins).all(), newest_acts, session.scalars(notes).all())


def find_note(session: Session, device: Device, note_id: int) -> Note | None:
    return session.scalar(select(Note).where(Note.id == note_id, Note.device_id == device.id))


def _parts(device: Device, kind: str, with_changes: bool) -> list[Any]:
    """Return the statements of (source, key, at) whose rows are on the time line."""
    parts: list[Any] = []
    if kind in {"", "fetches", "refusals"}:
        key = cast(CheckIn.id, String).label("key")
        found = select(literal("check-in").label("source"), key, CheckIn.at.label("at"))
        found = found.where(CheckIn.device_id == device.id)
        if kind:
            found = found.where((CheckIn.reason != "") == (kind == "refusals"))
        parts.append(found)
    if kind in {"", "changes", "imports"} and with_changes:
        # Entries of one act are one line.
        found = select(
            literal("act").label("source"), _act().label("key"), func.max(AuditEntry.at).label("at")
        ).group_by(_act())
        if kind:
            found = found.where(AuditEntry.import_id.is_not(None) == (kind == "imports"))
        parts.append(_of_device(found, device))
    if kind in {"", "notes"}:
        key = cast(Note.id, String).label("key")
        found = select(literal("note").label("source"), key, Note.at.label("at"))
        parts.append(found.where(Note.device_id == device.id))
    return parts


def _act() -> Any:
    return func.coalesce(AuditEntry.batch, cast(AuditEntry.id, String))


def _of_device(found: Any, device: Device) -> Any:
    return found.where(AuditEntry.object_type == "device", AuditEntry.object_id == device.id)
