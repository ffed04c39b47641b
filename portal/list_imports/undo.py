"""Take the import of a list back: what it added goes, what it changed gets its old values again.

Both are in the audit entries of the import. What somebody edited since, or what is in use by now,
is kept and listed: taking that back would undo more than the import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.errors import RuleBroken
from portal.imports.queries import batches
from portal.imports.undo import delete_customers, made_by
from portal.list_imports.kinds import Act, Kind
from portal.models import AuditEntry, Customer, Import


@dataclass
class Undo:
    """What taking an import back does, or did: ids to delete, old values by id, ids of customers
    that it made for accounts, and name and reason of what is kept."""

    added: list[int] = field(default_factory=list)
    changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    customers: list[int] = field(default_factory=list)
    secrets: int = 0  # changed ones with a new password, which stays
    kept: list[tuple[str, str]] = field(default_factory=list)


def foresee(session: Session, kind: Kind, upload: Import) -> Undo:
    """Return what `undo` would do now. Raises RuleBroken when there is nothing to take back."""
    if upload.applied_at is None or upload.result is None:
        raise RuleBroken("This list is not imported, so there is nothing to take back")
    if upload.result.get("undone"):
        raise RuleBroken("This import is taken back already")
    added, changed, names = _done(session, kind, upload)
    still = kind.names_of(session, names)
    edited = _edited_since(session, kind, upload)
    used = kind.in_use(session, added)
    found = Undo()
    for number, name in names.items():
        if number not in still:
            found.kept.append((name, "It was deleted since"))
        elif number in edited:
            found.kept.append((name, f"It was edited since, by {edited[number]}"))
        elif number in used:
            found.kept.append((name, used[number]))
        elif number in added:
            found.added.append(number)
        else:
            found.changed[number] = changed[number]
            found.secrets += any(map(audit.is_secret, changed[number]))
    if kind.object_type != "customer":
        found.customers = made_by(session, upload, Customer, "customer.create", "customer")
    return found


def _done(
    session: Session, kind: Kind, upload: Import
) -> tuple[set[int], dict[int, dict[str, Any]], dict[int, str]]:
    """Return ids that the import added, old values of those that it changed, and all names."""
    added: set[int] = set()
    changed: dict[int, dict[str, Any]] = {}
    names: dict[int, str] = {}
    entries = select(
        AuditEntry.object_id, AuditEntry.object_name, AuditEntry.action, AuditEntry.changes
    ).where(AuditEntry.import_id == upload.id, AuditEntry.object_type == kind.object_type)
    for number, name, action, changes in session.execute(entries.order_by(AuditEntry.id)):
        if number is None:
            continue
        names[number] = name
        if action.endswith(".create"):
            added.add(number)
        else:
            old = {told: pair[0] for told, pair in changes.items()}
            changed[number] = old | changed.get(number, {})
    return added, changed, names


def _edited_since(session: Session, kind: Kind, upload: Import) -> Mapping[int, str]:
    """Return who edited what after the import, by id."""
    last = session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.import_id == upload.id))
    later = select(AuditEntry.object_id, AuditEntry.actor).where(
        AuditEntry.id > (last or 0),
        AuditEntry.object_type == kind.object_type,
        AuditEntry.object_id.is_not(None),
        AuditEntry.action.not_in(kind.harmless),
    )
    return {number: actor for number, actor in session.execute(later) if number is not None}


def undo(act: Act, kind: Kind, upload: Import) -> dict[str, Any]:
    """Take an import back and note it in the upload's result. Returns what was noted.

    Raises RuleBroken when it is not imported, or taken back before.
    """
    session = act.session
    found = foresee(session, kind, upload)
    newest = session.scalar(select(func.max(AuditEntry.id))) or 0
    refused: dict[int, str] = {}
    for some in batches(found.changed):
        refused |= kind.restore(act, {number: found.changed[number] for number in some})
    names = kind.names_of(session, refused)
    found.kept += [(names.get(number, str(number)), why) for number, why in refused.items()]
    kind.remove(act, found.added)
    noted = {
        "at": act.now.isoformat(timespec="seconds"),
        "by": act.actor.name,
        "deleted": len(found.added),
        "restored": len(found.changed) - len(refused),
        "customers": delete_customers(session, act.actor, found.customers),
        "secrets": found.secrets,
        "kept": [{"name": name, "why": why} for name, why in found.kept],
    }
    upload.result = {**(upload.result or {}), "undone": noted}
    counts = {name: (None, noted[name]) for name in ("deleted", "restored", "customers")}
    audit.record(session, act.actor, "import.undo", upload, counts, import_id=upload.id)
    audit.mark_since(session, act.actor, newest, import_id=upload.id)
    return noted
