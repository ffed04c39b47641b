"""Store a plan: what is new and what changed, in one transaction, one audit batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.devices import port_service, setup_service
from portal.devices import service as devices
from portal.errors import RuleBroken
from portal.imports import previews
from portal.imports.create import Creator, in_batches
from portal.imports.plan import Plan
from portal.imports.stored import Stored
from portal.imports.validate import Row
from portal.imports.window_texts import end_of
from portal.models import Device, Port

Tell = Callable[[int, int], None]
_TOLD_EVERY = 50  # changed rows


def say_nothing(done: int, total: int) -> None:
    """Hear how many rows are stored, and do nothing."""


@dataclass
class Applied:
    """What became of a plan. `failed` maps (sheet, row) to a rule that broke while storing."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failed: dict[tuple[str, int], str] = field(default_factory=dict)


def apply(
    session: Session,
    actor: Actor,
    sealer: Sealer,
    config: Config,
    now: datetime,
    plan: Plan,
    import_id: int | None = None,
    tell: Tell = say_nothing,
) -> Applied:
    """Store the rows of `plan` that are new or changed; all others are left alone.

    A row that breaks a rule is noted in the result, and the others are stored. The caller commits.
    `tell` hears now and then how many rows are stored, and of how many.
    """
    applied = Applied()
    newest = previews.newest_entry(session) or 0
    new = [row for row in plan.rows if row.outcome == "new"]
    changed = [row for row in plan.rows if row.outcome == "changed"]
    stored = Stored(session, actor, sealer, [*new, *changed])
    total = len(new) + len(changed)
    creator = Creator(session, actor, config, now, stored, import_id)
    for some in in_batches(new):
        made = creator.create(some)
        applied.created += made.macs
        applied.failed |= made.failed
        tell(len(applied.created) + len(applied.failed), total)
    for done, row in enumerate(changed, len(new)):
        if done % _TOLD_EVERY == 0:
            tell(done, total)
        try:
            with session.begin_nested():
                _change(session, actor, config, now, row, stored)
        except RuleBroken as broken:
            applied.failed[row.sheet, row.number] = broken.message
            stored.forget()
        else:
            applied.changed.append(row.mac or "")
    if import_id is not None:
        audit.mark_since(session, actor, newest, import_id=import_id)
    return applied


def _change(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    row: Row,
    stored: Stored,
) -> None:
    device = session.scalars(
        select(Device)
        .where(Device.mac == row.mac)
        .options(selectinload(Device.ports).selectinload(Port.account))
    ).one()
    values = row.values
    facts = devices.DeviceFacts(
        model=values.get("model", device.model),
        serial=values.get("serial", device.serial),
        redirect_pin=values.get("redirect_pin", device.redirect_pin),
        inventory_id=values.get("inventory_id", device.inventory_id or ""),
        description=values.get("description", device.description),
        customer=device.customer,
        profile=device.profile,
    )
    if "customer" in values:
        facts = replace(facts, customer=stored.customer(values["customer"]))
    if "profile" in values:
        facts = replace(facts, profile=stored.profile(values["profile"]))
    devices.update_device(session, actor, config, now, device, facts, allow_unknown_model=True)
    if not device.family and "vendor" in values:
        device.vendor = values["vendor"]
    for number, port in sorted(values.get("ports", {}).items()):
        if user := port.get("account"):
            account = stored.account(user, port, row, device.customer)
            port_service.assign_port(session, actor, config, now, device, number, account)
        elif "account" in port:
            port_service.assign_port(session, actor, config, now, device, number, None)
        if "label" in port:
            port_service.label_port(session, actor, now, device, number, port["label"])
    if "window" in row.changes and device.bound_at is None:
        until = end_of(values["window"], now) if values["window"] else None
        setup_service.set_window(session, actor, device, now, until)
    session.flush()
