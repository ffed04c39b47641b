"""Note who called in and is not in the inventory: by MAC, or asking for a literal `{mac}`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.models import Device, UnknownPhone
from portal.provision.asked import PhoneRequest, Trail
from portal.provision.identify import placeholder_in, plain_mac
from portal.vendors import FAMILIES

# Phones that wait for a decision: over one site address or path, and in all. A caller can make up
# MACs; past these, who called longest ago gives way. Those that a person ignored do not count.
MOST_OF_ONE = 2_000
MOST = 20_000


def caller_of(at: datetime, request: PhoneRequest, trail: Trail) -> dict[str, Any] | None:
    """Return what is known of a caller, as a row of unknown_phones; None for a known device.

    A phone that asks for a literal placeholder often tells its MAC in the User-Agent. One that
    does not is told from others by where it calls from and what it seems to be.
    """
    if trail.device_id is not None:
        return None
    placeholder = placeholder_in(request.path)
    seen = FAMILIES.seen(request.user_agent) if placeholder or trail.mac else None
    mac = trail.mac or (plain_mac(seen.mac) if seen else None)
    if not mac and not placeholder:
        return None
    family = trail.family or (seen.family if seen else "")
    model = trail.model or (seen.model if seen else "")
    told = f"{request.address} {placeholder} {family} {model}"
    return {
        "caller": mac or hashlib.sha256(told.encode()).hexdigest()[:40],
        "mac": mac,
        "first_at": at,
        "last_at": at,
        "count": 1,
        "address": request.address[:45],
        "user_agent": request.user_agent[:300],
        "filename": request.filename[:200],
        "family": family,
        "model": model[:60],
        "placeholder": placeholder,
        "door": request.door,
        "reason": trail.reason[:200],
        "customer_id": trail.customer_id,
        "is_ignored": False,
    }


def write(connection: Connection, callers: Iterable[dict[str, Any] | None]) -> None:
    """Write those of `callers` whose MAC is not in the inventory; the latest call counts."""
    calls = [caller for caller in callers if caller]
    macs = {call["mac"] for call in calls if call["mac"]}
    held = set(connection.scalars(select(Device.mac).where(Device.mac.in_(macs)))) if macs else ()
    merged: dict[str, dict[str, Any]] = {}
    for call in calls:
        if call["mac"] in held:
            continue
        if earlier := merged.get(call["caller"]):
            call = {**call, "first_at": earlier["first_at"], "count": earlier["count"] + 1}
        merged[call["caller"]] = call
    if not merged:
        return
    known = select(func.count()).where(UnknownPhone.caller.in_(list(merged)))
    are_new = (connection.scalar(known) or 0) < len(merged)
    # In one order in all processes: two that wait for each other's rows would be a deadlock.
    connection.execute(_upsert(connection), [merged[caller] for caller in sorted(merged)])
    if are_new:
        _keep_few(connection)


def _keep_few(connection: Connection) -> None:
    """Forget those that called longest ago where there are more than may be."""
    waits = UnknownPhone.is_ignored.is_(False)
    source = UnknownPhone.customer_id, UnknownPhone.door
    counts = connection.execute(select(*source, func.count()).where(waits).group_by(*source)).all()
    total = 0
    for customer_id, door, count in counts:
        same = UnknownPhone.customer_id == customer_id, UnknownPhone.door == door
        if customer_id is None:
            same = UnknownPhone.customer_id.is_(None), same[1]
        _forget(connection, and_(waits, *same), count - MOST_OF_ONE)
        total += min(count, MOST_OF_ONE)
    _forget(connection, waits, total - MOST)


def _forget(connection: Connection, which: ColumnElement[bool], excess: int) -> None:
    if excess <= 0:
        return
    oldest = select(UnknownPhone.id).where(which).order_by(UnknownPhone.last_at, UnknownPhone.id)
    connection.execute(delete(UnknownPhone).where(UnknownPhone.id.in_(oldest.limit(excess))))


def _upsert(connection: Connection) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(UnknownPhone)
    kept = {"id", "caller", "mac", "first_at", "count", "is_ignored"}
    latest = {c.name: c for c in statement.excluded if c.name not in kept}
    return statement.on_conflict_do_update(
        index_elements=["caller"],
        set_={**latest, "count": UnknownPhone.count + statement.excluded.count},
    )
