"""Take an import back: what it added goes, what it changed gets its old values again.

What somebody edited since, or what its phone fetched since, is kept and listed: taking that back
would undo more than the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session, selectinload

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.customers import service as customers
from portal.devices.bulk_queries import edited_since
from portal.errors import RuleBroken
from portal.imports import previews, results
from portal.imports.queries import batches
from portal.imports.restore import restore_device
from portal.models import AuditEntry, Customer, Device, Import, Port, SipAccount
from portal.sip_accounts import service as accounts


@dataclass
class Undo:
    """What taking an import back does, or did. `kept` lists MAC and why."""

    added: list[int] = field(default_factory=list)  # ids of devices to delete
    changed: list[str] = field(default_factory=list)  # MACs of devices to restore
    accounts: list[int] = field(default_factory=list)  # ids of accounts to delete
    customers: list[int] = field(default_factory=list)  # ids of customers to delete, if empty then
    kept: list[tuple[str, str]] = field(default_factory=list)


def foresee(session: Session, upload: Import) -> Undo:
    """Return what `undo` would do now. Raises RuleBroken when there is nothing to take back."""
    result = upload.result
    if upload.applied_at is None or result is None:
        raise RuleBroken("This list is not imported, so there is nothing to take back")
    if result.get("undone"):
        raise RuleBroken("This import is taken back already")
    found = Undo()
    macs: dict[str, set[str]] = {"new": set(), "changed": set()}
    for row in results.all_rows(session, upload.id):
        if row.mac and row.outcome in macs:
            macs[row.outcome].add(row.mac)
    stored = _stored(session, macs["new"] | macs["changed"])
    last = session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.import_id == upload.id))
    edited = edited_since(session, last or 0)
    own = set(
        session.scalars(
            select(AuditEntry.object_id).where(
                AuditEntry.import_id == upload.id, AuditEntry.action == "device.create"
            )
        )
    )
    for mac in sorted(macs["new"] | macs["changed"]):
        device = stored.get(mac)
        if device is None or (mac in macs["new"] and device.id not in own):
            found.kept.append((mac, "It was deleted since"))
        elif device.id in edited:
            found.kept.append((mac, f"It was edited since, by {edited[device.id]}"))
        elif device.last_fetched_at and device.last_fetched_at >= upload.applied_at:
            found.kept.append((mac, "Its phone fetched its file since"))
        elif mac in macs["new"]:
            found.added.append(device.id)
        else:
            found.changed.append(mac)
    found.accounts = made_by(session, upload, SipAccount, "account.create", "sip_account")
    found.customers = made_by(session, upload, Customer, "customer.create", "customer")
    return found


def undo(
    session: Session, actor: Actor, config: Config, now: datetime, upload: Import
) -> dict[str, Any]:
    """Take an import back and note it in the upload's result. Returns what was noted.

    Raises RuleBroken when it is not imported, or taken back before.
    """
    found = foresee(session, upload)
    newest = previews.newest_entry(session) or 0
    result = dict(upload.result or {})
    _delete(session, actor, now, found.added, upload.id)
    changes = {
        row.mac: row.changes
        for row in results.all_rows(session, upload.id)
        if row.mac and row.outcome == "changed"
    }
    restored = 0
    for mac in found.changed:
        try:
            with session.begin_nested():
                restore_device(session, actor, config, now, mac, changes[mac])
        except RuleBroken as broken:
            found.kept.append((mac, broken.message))
        else:
            restored += 1
    gone = _delete_accounts(session, actor, found.accounts)
    left = delete_customers(session, actor, found.customers)
    noted = {
        "at": now.isoformat(timespec="seconds"),
        "by": actor.name,
        "deleted": len(found.added),
        "restored": restored,
        "accounts": gone,
        "customers": left,
        "kept": [{"mac": mac, "why": why} for mac, why in found.kept],
    }
    upload.result = {**result, "undone": noted}
    counts = {
        name: (None, noted[name]) for name in ("deleted", "restored", "accounts", "customers")
    }
    audit.record(session, actor, "import.undo", upload, counts, import_id=upload.id)
    audit.mark_since(session, actor, newest, import_id=upload.id)
    return noted


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    last_fetched_at: datetime | None


def _stored(session: Session, macs: Iterable[str]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for some in batches(macs):
        columns = Device.mac, Device.id, Device.last_fetched_at, Device.bound_at
        for mac, number, fetched, bound in session.execute(
            select(*columns).where(Device.mac.in_(some))
        ):
            found[mac] = _Found(number, max(filter(None, (fetched, bound)), default=None))
    return found


def made_by(
    session: Session, upload: Import, model: type[Any], action: str, object_type: str
) -> list[int]:
    """Return the ids of accounts or customers that the import made and nobody edited since."""
    made = select(AuditEntry.object_id).where(
        AuditEntry.import_id == upload.id, AuditEntry.action == action
    )
    later = (
        exists()
        .where(AuditEntry.object_type == object_type, AuditEntry.object_id == model.id)
        .where(AuditEntry.action != action)
    )
    return list(session.scalars(select(model.id).where(model.id.in_(made), ~later)))


def _delete(
    session: Session, actor: Actor, now: datetime, ids: Sequence[int], import_id: int
) -> None:
    """Delete devices in bulk, as they were made; ports and check-ins go with them."""
    for start in range(0, len(ids), 5_000):
        some = ids[start : start + 5_000]
        told = session.execute(
            select(Device.id, Device.mac, Device.model).where(Device.id.in_(some))
        ).all()
        session.execute(
            insert(AuditEntry),
            [
                {
                    "at": now,
                    "actor": actor.name,
                    "address": actor.address,
                    "via": actor.via,
                    "action": "device.delete",
                    "object_type": "device",
                    "object_id": number,
                    "object_name": mac,
                    "changes": {"mac": [mac, None], "model": [model, None]},
                    "import_id": import_id,
                }
                for number, mac, model in told
            ],
        )
        session.execute(delete(Device).where(Device.id.in_(some)))


def _delete_accounts(session: Session, actor: Actor, ids: Sequence[int]) -> int:
    """Delete those accounts that are on no port any more; returns how many."""
    gone = 0
    for start in range(0, len(ids), 5_000):
        free = select(SipAccount).where(SipAccount.id.in_(ids[start : start + 5_000]))
        free = free.where(~exists().where(Port.account_id == SipAccount.id))
        for account in session.scalars(free.options(selectinload(SipAccount.ports))).all():
            accounts.delete_account(session, actor, account)
            gone += 1
    session.flush()
    return gone


def delete_customers(session: Session, actor: Actor, ids: Sequence[int]) -> int:
    """Delete those customers that have nothing any more; returns how many."""
    gone = 0
    for some in batches(map(str, ids)):
        for customer in session.scalars(select(Customer).where(Customer.id.in_(map(int, some)))):
            try:
                customers.delete_customer(session, actor, customer)
            except RuleBroken:
                continue  # somebody uses it, which is an edit too
            gone += 1
    session.flush()
    return gone
