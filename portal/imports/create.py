"""Store new devices in bulk, with ports and audit entries; the ORM takes ten times as long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.config import Config
from portal.errors import RuleBroken
from portal.extensions import Base
from portal.imports.queries import batches
from portal.imports.stored import Stored, owner_with
from portal.imports.validate import Row
from portal.imports.window_texts import end_of
from portal.models import AuditEntry, Customer, Device, Port, Profile, SipAccount
from portal.vendors import FAMILIES

_AT_ONCE = 1_000  # rows; between two of them the job says how far it is

_OnPort = tuple[str, int, SipAccount | None, str]


@dataclass
class Created:
    """MACs of the devices that were made. `failed` maps (sheet, row) to a rule that broke."""

    macs: list[str] = field(default_factory=list)
    failed: dict[tuple[str, int], str] = field(default_factory=dict)


def in_batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Return `rows` in portions for `create`."""
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def create(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    rows: Sequence[Row],
    stored: Stored,
    import_id: int | None,
) -> Created:
    """Add the devices of `rows`; a row that breaks a rule is noted, and the others are added."""
    created = Created()
    records: list[dict[str, Any]] = []
    on_ports: list[_OnPort] = []
    for row in rows:
        try:
            with nullcontext() if stored.makes_nothing(row) else session.begin_nested():
                owner, profile = stored.owner_and_profile(row)
                ports = stored.ports_of(row, owner)
                owner = owner_with(owner, [account for _, account, _ in ports if account])
        except RuleBroken as broken:
            created.failed[row.sheet, row.number] = broken.message
            stored.forget()
            continue
        has_account = any(account for _, account, _ in ports)
        record = _record(row, owner, profile, has_account, config, now)
        records.append(record)
        on_ports += [(record["mac"], number, account, label) for number, account, label in ports]
    if records:
        ids = _insert_devices(session, records)
        _insert_ports(session, ids, on_ports)
        _insert_entries(session, actor, now, records, ids, import_id)
    created.macs += [record["mac"] for record in records]
    return created


def _insert_devices(session: Session, records: list[dict[str, Any]]) -> dict[str, int]:
    """Return the id of each device, by its MAC."""
    _insert(session, Device, records)
    ids: dict[str, int] = {}
    for some in batches(record["mac"] for record in records):
        found = session.execute(select(Device.mac, Device.id).where(Device.mac.in_(some)))
        ids.update(dict(found.all()))
    return ids


def _insert_ports(session: Session, ids: dict[str, int], on_ports: Sequence[_OnPort]) -> None:
    records: list[dict[str, Any]] = [
        {
            "device_id": ids[mac],
            "number": number,
            "account_id": account.id if account else None,
            "label": label,
            "settings": {},
        }
        for mac, number, account, label in on_ports
    ]
    if records:
        _insert(session, Port, records)


def _insert_entries(
    session: Session,
    actor: Actor,
    now: datetime,
    records: Sequence[dict[str, Any]],
    ids: dict[str, int],
    import_id: int | None,
) -> None:
    """Write the audit entries, as `audit.record` would one by one."""
    entries = [
        {
            "at": now,
            "actor": actor.name,
            "address": actor.address,
            "action": "device.create",
            "object_type": "device",
            "object_id": ids[record["mac"]],
            "object_name": record["mac"],
            "changes": {
                name: [None, record[name]]
                for name in ("model", "serial", "description")
                if record[name]
            },
            "import_id": import_id,
        }
        for record in records
    ]
    _insert(session, AuditEntry, entries)


def _insert(session: Session, model: type[Base], records: list[dict[str, Any]]) -> None:
    """Add rows without objects of the ORM, which would take several times as long."""
    session.execute(insert(cast(Table, model.__table__)), records)


def _record(
    row: Row,
    owner: Customer | None,
    profile: Profile | None,
    has_account: bool,
    config: Config,
    now: datetime,
) -> dict[str, Any]:
    values = row.values
    window = None
    if owner is not None or has_account:
        seconds = config.window_networks_s if owner and owner.networks else config.window_s
        window = now + timedelta(seconds=seconds)
    state = "assigned" if window else "stock"
    if told := values.get("window"):
        window = end_of(told, now)
    vendor = FAMILIES[row.family].vendor if row.family else values.get("vendor", "")
    return {
        "mac": row.mac,
        "vendor": vendor,
        "family": row.family,
        "model": values.get("model", ""),
        "serial": values.get("serial", ""),
        "redirect_pin": values.get("redirect_pin", ""),
        "inventory_id": values.get("inventory_id") or None,
        "description": values.get("description", ""),
        "customer_id": owner.id if owner else None,
        "profile_id": profile.id if profile else None,
        "state": state,
        "window_until": window,
        "settings": {},
        "parameters": {},
        "line_keys": [],
        "created_at": now,
        "changed_at": now,
    }
