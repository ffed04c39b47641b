"""Changing many devices at once, and taking that back: rules and audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.devices import service, setup_service
from portal.devices.bulk import ACTIONS, Change, pack, unpack
from portal.devices.bulk_queries import (
    SkippedByReason,
    change_of,
    facts_of,
    in_runs,
    newest_entry,
    reason,
    whole_devices,
)
from portal.devices.bulk_queries import edited_since as edited_after
from portal.errors import RuleBroken
from portal.models import BulkChange, Customer, Device, Profile

_RUN = 200
_KEPT_DAYS = 2  # a selection that nothing was done with
MOST = 200_000

Tell = Callable[[int, int], None]


def say_nothing(done: int, total: int) -> None:
    """Hear how many devices are changed, and do nothing."""


def select_devices(
    session: Session, actor: Actor, now: datetime, action: str, ids: Sequence[int], said: str
) -> BulkChange:
    """Keep a selection as it is now, for a preview. Raises RuleBroken for an empty one."""
    if not ids:
        raise RuleBroken("Tick at least one device, or choose all that match")
    if len(ids) > MOST:
        raise RuleBroken(f"{MOST:,} devices are the most at once; narrow the list")
    session.execute(
        delete(BulkChange)
        .where(BulkChange.applied_at.is_(None), BulkChange.queued_at.is_(None))
        .where(BulkChange.failure == "", BulkChange.made_at < now - timedelta(days=_KEPT_DAYS))
    )
    bulk = BulkChange(
        action=action,
        device_ids=pack(ids),
        count=len(ids),
        said=said[:500],
        seen_entry=newest_entry(session),
        made_at=now,
        made_by=actor.name,
    )
    session.add(bulk)
    session.flush()
    return bulk


def queue(
    session: Session, actor: Actor, now: datetime, bulk: BulkChange, value: str, is_undo: bool
) -> None:
    """Let a change, or taking it back, wait as a job. Raises RuleBroken where it cannot be."""
    _check(bulk, is_undo)
    if bulk.is_job:
        raise RuleBroken("This change is being made or taken back right now")
    bulk.queued_at, bulk.started_at, bulk.failure, bulk.is_undo = now, None, "", is_undo
    bulk.queued_by, bulk.queued_from = actor.name, actor.address
    if not is_undo:
        bulk.value = value
    session.flush()


def apply_change(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    bulk: BulkChange,
    value: str,
    tell: Tell = say_nothing,
) -> None:
    """Change what was selected and note what became of it; one audit batch.

    What was edited since it was selected is left alone and listed, as is what a rule forbids.
    Raises RuleBroken on "value" when it means nothing, or when the change was made before.
    """
    _check(bulk, is_undo=False)
    change = change_of(session, bulk.action, value)
    if change is None:
        raise RuleBroken("Choose one from the list", "value")
    newest, skipped, changed = newest_entry(session), SkippedByReason(), 0
    edited = edited_after(session, bulk.seen_entry)
    ids = unpack(bulk.device_ids)
    for start, some in enumerate(in_runs(ids, _RUN)):
        tell(start * _RUN, len(ids))
        facts = facts_of(session, some)
        why = {n: reason(facts.get(n), change, edited.get(n, "")) for n in some}
        for number in some:
            if why[number]:
                skipped.add(facts[number].mac if number in facts else "", why[number])
        for device in whole_devices(session, [n for n in some if not why[n]]):
            try:
                _VERBS[change.action](session, actor, config, now, device, change)
                changed += 1
            except RuleBroken as broken:
                session.expire(device)
                skipped.add(device.mac, broken.message)
        session.flush()
    _note(session, actor, now, bulk, change, changed, skipped)
    audit.mark_since(session, actor, newest, bulk_id=bulk.id)


def _note(
    session: Session,
    actor: Actor,
    now: datetime,
    bulk: BulkChange,
    change: Change,
    changed: int,
    skipped: SkippedByReason,
) -> None:
    bulk.value, bulk.applied_at, bulk.applied_by = change.value, now, actor.name
    bulk.queued_at, bulk.failure = None, ""
    bulk.result = {
        "name": change.name,
        "changed": changed,
        "skipped": [
            {"why": entry.why, "count": entry.count, "macs": entry.macs} for entry in skipped.all
        ],
    }
    told = {change.action: (None, change.name), "devices": (None, changed)}
    audit.record(session, actor, "bulk.change", bulk, told | {"selection": (None, bulk.said)})


def _check(bulk: BulkChange, is_undo: bool) -> None:
    if bulk.action not in ACTIONS:
        raise RuleBroken("This selection was made to be exported, not to be changed")
    if not is_undo and bulk.applied_at is not None:
        raise RuleBroken("This change was made already")
    if is_undo and bulk.applied_at is None:
        raise RuleBroken("This change was not made, so there is nothing to take back")
    if is_undo and (bulk.result or {}).get("undone"):
        raise RuleBroken("This change is taken back already")


def _facts(device: Device) -> service.DeviceFacts:
    return service.DeviceFacts(
        device.model,
        device.serial,
        device.redirect_pin,
        device.inventory_id or "",
        device.description,
        device.customer,
        device.profile,
    )


def _set_profile(
    session: Session, actor: Actor, config: Config, now: datetime, device: Device, change: Change
) -> None:
    profile = session.get(Profile, change.id) if change.id else None
    facts = replace(_facts(device), profile=profile)
    service.update_device(session, actor, config, now, device, facts, allow_unknown_model=True)


def _set_customer(
    session: Session, actor: Actor, config: Config, now: datetime, device: Device, change: Change
) -> None:
    customer = session.get(Customer, change.id) if change.id else None
    facts = replace(_facts(device), customer=customer)
    service.update_device(session, actor, config, now, device, facts, allow_unknown_model=True)


def _set_state(
    session: Session, actor: Actor, config: Config, now: datetime, device: Device, change: Change
) -> None:
    if change.value == "retired":
        service.retire_device(session, actor, now, device)
        return
    if device.state == "retired":
        service.reinstate_device(session, actor, config, now, device)
    if change.value == "stock":
        no_one = Change("customer", "none", "No customer")
        _set_customer(session, actor, config, now, device, no_one)


def _open_window(
    session: Session, actor: Actor, config: Config, now: datetime, device: Device, change: Change
) -> None:
    setup_service.open_window(session, actor, device, now, int(change.value))


_VERBS: dict[str, Callable[[Session, Actor, Config, datetime, Device, Change], Any]] = {
    "profile": _set_profile,
    "customer": _set_customer,
    "state": _set_state,
    "window": _open_window,
}


def begin(session: Session, bulk: BulkChange | None, now: datetime) -> bool:
    """Note that a waiting job begins; False when it does not wait any more."""
    if bulk is None or bulk.queued_at is None or bulk.started_at is not None:
        return False
    bulk.started_at = now
    return True


def fail(bulk: BulkChange, sentence: str) -> None:
    """Note why a job was not done; it can be asked for again."""
    bulk.queued_at = bulk.started_at = None
    bulk.failure = sentence


def waiting(session: Session) -> list[BulkChange]:
    """Return what waits as a job or has begun, oldest first."""
    found = select(BulkChange).where(BulkChange.queued_at.is_not(None))
    return list(session.scalars(found.order_by(BulkChange.queued_at)))
