"""Reading what a bulk change touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Integer, bindparam, cast, func, select
from sqlalchemy.orm import Session, selectinload, undefer

from portal.customer_limits import beyond
from portal.devices.bulk import STATES, WINDOWS, Change, Facts, unpack, why_not
from portal.models import AuditEntry, BulkChange, Customer, Device, Port, Profile, SipAccount
from portal.values import id_in

_AT_ONCE = 1_000
_NAMED = 200  # devices that a page names for each reason


@dataclass
class Skipped:
    """Devices that are left alone for one reason; `macs` are the first of them."""

    why: str
    count: int = 0
    macs: list[str] = field(default_factory=list)


@dataclass
class Preview:
    """What a change would do to a selection now."""

    changes: int = 0
    skipped: list[Skipped] = field(default_factory=list)


class SkippedByReason:
    """Collects devices that are left alone, by reason."""

    def __init__(self) -> None:
        self._by_why: dict[str, Skipped] = {}

    def add(self, mac: str, why: str) -> None:
        entry = self._by_why.setdefault(why, Skipped(why))
        entry.count += 1
        if mac and len(entry.macs) < _NAMED:
            entry.macs.append(mac)

    @property
    def all(self) -> list[Skipped]:
        """Return the reasons, the commonest first."""
        return sorted(self._by_why.values(), key=lambda entry: -entry.count)


def find_bulk(session: Session, bulk_id: int) -> BulkChange | None:
    return session.get(BulkChange, bulk_id)


def lock_bulk(session: Session, bulk_id: int) -> BulkChange | None:
    """Return a bulk change as it is now, and let nobody else change it in this transaction."""
    return session.get(
        BulkChange,
        bulk_id,
        options=[undefer(BulkChange.device_ids)],
        populate_existing=True,
        with_for_update=True,
    )


def newest_entry(session: Session) -> int:
    return session.scalar(beyond(select(func.max(AuditEntry.id)))) or 0


def change_of(session: Session, action: str, value: str) -> Change | None:
    """Return the change that a form's value means; None where it means none."""
    if action in {"profile", "customer"}:
        if value == "none":
            name = "The customer’s default profile" if action == "profile" else "No customer"
            return Change(action, value, name)
        wanted = id_in(value)
        found = session.get(_MODELS[action], wanted) if wanted else None
        return found and Change(action, value, found.name, found.id, getattr(found, "family", ""))
    known = {"state": STATES, "window": WINDOWS}.get(action, {})
    return Change(action, value, known[value]) if value in known else None


def preview_of(session: Session, bulk: BulkChange, change: Change) -> Preview:
    """Return what `change` would do now to what was selected."""
    preview, skipped = Preview(), SkippedByReason()
    edited = edited_since(session, bulk.seen_entry)
    why: dict[tuple[Any, ...] | None, str] = {}  # what decides -> why not; thousands are alike
    selected = unpack(bulk.device_ids)
    owners, rows = _deciding(session, selected)
    for number in selected:
        row = rows.get(number)
        key = row and (*row[2:], owners.get(number), edited.get(number, ""))
        if key not in why:
            facts = row and _facts(row, owners)
            why[key] = reason(facts, change, edited.get(number, ""))
        if why[key]:
            skipped.add(row[1] if row else "", why[key])
        else:
            preview.changes += 1
    preview.skipped = skipped.all
    return preview


def reason(facts: Facts | None, change: Change, edited_by: str) -> str:
    """Return why a device is left alone; "" to go on. `edited_by`: who did so since."""
    if facts is None:
        return "It was deleted since you selected it"
    if edited_by:
        return f"It was edited since you selected it, by {edited_by}"
    return why_not(facts, change)


def facts_of(session: Session, ids: Sequence[int]) -> dict[int, Facts]:
    """Return what decides about devices, by id; two statements."""
    owners, rows = _deciding(session, ids)
    return {number: _facts(row, owners) for number, row in rows.items()}


_Owners = Mapping[int, frozenset[int]]


def _facts(row: Any, owners: _Owners) -> Facts:
    number, mac, family, state, customer_id, profile_id = row
    is_used, accounts_of = number in owners, owners.get(number, frozenset())
    return Facts(number, mac, family, state, customer_id, profile_id, is_used, accounts_of)


def _deciding(session: Session, ids: Sequence[int]) -> tuple[_Owners, dict[int, Any]]:
    """Return whose accounts are on devices, and their columns that decide, both by id."""
    chosen = _told(ids)
    owners: dict[int, frozenset[int]] = {}
    taken = (
        select(Port.device_id, SipAccount.customer_id)
        .join(SipAccount, SipAccount.id == Port.account_id)
        .where(Port.device_id.in_(chosen))
    )
    for device_id, customer_id in session.execute(taken):
        before = owners.get(device_id, frozenset())
        owners[device_id] = before if customer_id is None else before | {customer_id}
    columns = (
        Device.id,
        Device.mac,
        Device.family,
        Device.state,
        Device.customer_id,
        Device.profile_id,
    )
    rows = session.execute(select(*columns).where(Device.id.in_(chosen)))
    return owners, {row[0]: row for row in rows}


def _told(ids: Sequence[int]) -> Any:
    """Return a statement of ids that are told to the database as one value, however many."""
    rows = func.json_each(bindparam("chosen", dict.fromkeys(ids, 0), JSON)).table_valued("key")
    return select(cast(rows.c.key, Integer))


def edited_since(session: Session, entry_id: int) -> dict[int, str]:
    """Return the ids of devices that anybody did anything to after an audit entry, and who."""
    found = session.execute(
        select(AuditEntry.object_id, AuditEntry.actor)
        .where(AuditEntry.object_type == "device", AuditEntry.id > entry_id)
        .order_by(AuditEntry.id)
    )
    return {number: who for number, who in found if number is not None}


def whole_devices(session: Session, ids: Sequence[int]) -> list[Device]:
    """Return devices with all that verbs look at."""
    return list(
        session.scalars(
            select(Device)
            .where(Device.id.in_(ids))
            .options(
                selectinload(Device.customer),
                selectinload(Device.profile),
                selectinload(Device.ports)
                .selectinload(Port.account)
                .selectinload(SipAccount.customer),
            )
            .order_by(Device.id)
        )
    )


def entries_of(session: Session, bulk: BulkChange) -> Iterator[AuditEntry]:
    """Yield what a bulk change did, in its order, but for its own entry."""
    return iter(
        session.scalars(
            select(AuditEntry)
            .where(AuditEntry.bulk_id == bulk.id, AuditEntry.object_type == "device")
            .order_by(AuditEntry.id)
            .execution_options(yield_per=_AT_ONCE)
        )
    )


def latest(session: Session, limit: int = 20) -> list[BulkChange]:
    """Return the latest changes that were made, newest first."""
    return list(
        session.scalars(
            select(BulkChange)
            .where(BulkChange.applied_at.is_not(None))
            .order_by(BulkChange.id.desc())
            .limit(limit)
        )
    )


def in_runs(ids: Iterable[int], size: int = _AT_ONCE) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, size)):
        yield some


_MODELS: dict[str, type[Any]] = {"profile": Profile, "customer": Customer}
