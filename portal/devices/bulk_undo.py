"""Take a bulk change back: each device gets again what it had. What was edited since is kept.

What a device had stands in the audit entries of the change; nothing else remembers it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.devices import service
from portal.devices.bulk_queries import edited_since, entries_of, newest_entry
from portal.devices.bulk_service import Tell, say_nothing
from portal.errors import RuleBroken
from portal.imports.restore import restore_device
from portal.models import AuditEntry, BulkChange, Device

_NAMED = 2_000  # kept devices that the result names


def undo(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    bulk: BulkChange,
    sealer: Sealer,
    tell: Tell = say_nothing,
) -> None:
    """Give the devices of a bulk change again what they had, and note it in its result."""
    if bulk.applied_at is None or bulk.result is None:
        raise RuleBroken("This change was not made, so there is nothing to take back")
    if bulk.result.get("undone"):
        raise RuleBroken("This change is taken back already")
    newest, had = newest_entry(session), _had_before(session, bulk)
    edited = edited_since(session, _last_entry(session, bulk))
    stored = dict(session.execute(select(Device.id, Device.mac)).all()) if had else {}
    kept: list[tuple[str, str]] = []
    restored = 0
    for place, (number, (name, changes)) in enumerate(had.items()):
        tell(place, len(had))
        if number not in stored:
            kept.append((name, "It was deleted since"))
        elif number in edited:
            kept.append((name, f"It was edited since, by {edited[number]}"))
        else:
            try:
                with session.begin_nested():
                    _restore(session, actor, config, sealer, now, stored[number], changes)
                restored += 1
            except RuleBroken as broken:
                kept.append((name, broken.message))
    noted = {
        "at": now.isoformat(timespec="seconds"),
        "by": actor.name,
        "restored": restored,
        "kept_count": len(kept),
        "kept": [{"mac": mac, "why": why} for mac, why in kept[:_NAMED]],
    }
    bulk.result = {**bulk.result, "undone": noted}
    bulk.queued_at, bulk.failure = None, ""
    audit.record(session, actor, "bulk.undo", bulk, {"devices": (None, restored)})
    audit.mark_since(session, actor, newest, bulk_id=bulk.id)


def _last_entry(session: Session, bulk: BulkChange) -> int:
    last = select(func.max(AuditEntry.id)).where(AuditEntry.bulk_id == bulk.id)
    return session.scalar(last) or 0


def _had_before(session: Session, bulk: BulkChange) -> dict[int, tuple[str, dict[str, Any]]]:
    """Return what each changed device had: its MAC, and names with what was before and after.

    Where a change wrote several entries for a device, the first before and the last after count.
    """
    had: dict[int, tuple[str, dict[str, Any]]] = {}
    for entry in entries_of(session, bulk):
        _, changes = had.setdefault(entry.object_id or 0, (entry.object_name, {}))
        for name, (before, after) in entry.changes.items():
            first = changes[name][0] if name in changes else before
            changes[name] = (first, after)
    return had


def _restore(
    session: Session,
    actor: Actor,
    config: Config,
    sealer: Sealer,
    now: datetime,
    mac: str,
    changes: dict[str, Any],
) -> None:
    device = session.scalars(select(Device).where(Device.mac == mac)).one()
    was, became = changes.get("state", (None, None))
    if became == "retired":
        service.reinstate_device(session, actor, config, now, device, sealer)
    old = {name: (before or "", after or "") for name, (before, after) in changes.items()}
    told = {name: pair for name, pair in old.items() if name in {"customer", "profile"}}
    if "until" in old:
        told["window"] = old["until"]
    told |= {f"{name} account": pair for name, pair in old.items() if name.startswith("port ")}
    restore_device(session, actor, config, now, mac, told)
    if was == "retired":
        service.retire_device(session, actor, now, device)
