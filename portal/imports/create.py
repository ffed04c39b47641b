"""Store new devices in bulk, with ports and audit entries; the ORM takes ten times as long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.config import Config
from portal.customer_limits import check_owner
from portal.errors import RuleBroken
from portal.imports.bulk import Inserter
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
    """Return `rows` in portions for a Creator."""
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


_COLUMNS = (
    "mac", "vendor", "family", "model", "serial", "description", "redirect_pin", "inventory_id",
    "customer_id", "profile_id", "state", "window_until",
)  # fmt: skip


class Creator:
    """Adds devices, portion by portion."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        config: Config,
        now: datetime,
        stored: Stored,
        import_id: int | None,
    ) -> None:
        self._session, self._config, self._now, self._stored = session, config, now, stored
        times = {"created_at": now, "changed_at": now}
        self._devices = Inserter(session, Device, _COLUMNS, times)
        self._ports = Inserter(session, Port, ("device_id", "number", "account_id", "label"), {})
        same = {
            "at": now,
            "actor": actor.name,
            "address": actor.address,
            "via": actor.via,
            "action": "device.create",
            "object_type": "device",
            "import_id": import_id,
        }
        columns = "object_id", "object_name", "changes"
        self._entries = Inserter(session, AuditEntry, columns, same)

    def create(self, rows: Sequence[Row]) -> Created:
        """Add the devices of `rows`; a row that breaks a rule is noted, the others are added."""
        created, stored = Created(), self._stored
        records: list[tuple[Any, ...]] = []
        on_ports: list[_OnPort] = []
        for row in rows:
            try:
                with nullcontext() if stored.makes_nothing(row) else self._session.begin_nested():
                    owner, profile = stored.owner_and_profile(row)
                    ports = stored.ports_of(row, owner)
                    owner = owner_with(owner, [account for _, account, _ in ports if account])
                    check_owner(self._session, owner)
            except RuleBroken as broken:
                created.failed[row.sheet, row.number] = broken.message
                stored.forget()
                continue
            has_account = any(account for _, account, _ in ports)
            records.append(_record(row, owner, profile, has_account, self._config, self._now))
            mac = row.mac or ""
            created.macs.append(mac)
            on_ports += [(mac, number, account, label) for number, account, label in ports]
        self._session.flush()
        self._insert(records, on_ports)
        return created

    def _insert(self, records: Sequence[tuple[Any, ...]], on_ports: Sequence[_OnPort]) -> None:
        newest = self._session.scalar(select(func.max(Device.id))) or 0
        self._devices.add(records)
        found = self._session.execute(select(Device.mac, Device.id).where(Device.id > newest))
        ids = dict(found.all())
        self._ports.add(
            (ids[mac], number, account.id if account else None, label)
            for mac, number, account, label in on_ports
        )
        # The audit entries, as `audit.record` would write them one by one.
        self._entries.add((ids[record[0]], record[0], _told(record)) for record in records)


def _told(record: Sequence[Any]) -> dict[str, list[str | None]]:
    """Return the changes of an audit entry for values of _COLUMNS."""
    _mac, _vendor, _family, model, serial, description, *_ = record
    told = ("model", model), ("serial", serial), ("description", description)
    return {name: [None, text] for name, text in told if text}


def _record(
    row: Row,
    owner: Customer | None,
    profile: Profile | None,
    has_account: bool,
    config: Config,
    now: datetime,
) -> tuple[Any, ...]:
    """Return the values of _COLUMNS."""
    values = row.values
    window = None
    if owner is not None or has_account:
        seconds = config.window_networks_s if owner and owner.networks else config.window_s
        window = now + timedelta(seconds=seconds)
    state = "assigned" if window else "stock"
    if told := values.get("window"):
        window = end_of(told, now)
    return (
        row.mac,
        FAMILIES[row.family].vendor if row.family else values.get("vendor", ""),
        row.family,
        values.get("model", ""),
        values.get("serial", ""),
        values.get("description", ""),
        values.get("redirect_pin", ""),
        values.get("inventory_id") or None,
        owner.id if owner else None,
        profile.id if profile else None,
        state,
        window,
    )
