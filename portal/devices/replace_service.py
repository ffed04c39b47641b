"""Put a device in place of another: ports, settings and keys go along, the old one is retired."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.devices import port_service, service
from portal.devices.replace import Replacement
from portal.devices.service import DeviceFacts
from portal.errors import RuleBroken
from portal.models import Device, Note, SipAccount
from portal.vendors import carries


def replace_device(
    session: Session, actor: Actor, config: Config, sealer: Sealer, now: datetime, made: Replacement
) -> Device:
    """Do what `made` (replace.plan) says, as one act. Returns the new device.

    The old one keeps its history and loses its credentials; notes go along, they are about the
    place. The new one's set-up window opens. Raises RuleBroken where something does not fit.
    """
    actor, old = actor.in_one_act(), made.old
    ports = [(p.number, p.account, p.label, dict(p.settings)) for p in made.ports]
    customer, inventory_id = old.customer, old.inventory_id or ""
    service.retire_device(session, actor, now, old)
    if made.keeps_inventory_id and inventory_id:
        old.inventory_id = None
    session.flush()
    new = _in_service(session, actor, config, now, made)
    facts = DeviceFacts(
        model=f"{made.family.vendor} {made.model.name}",
        serial=new.serial,
        redirect_pin=new.redirect_pin,
        inventory_id=(inventory_id if made.keeps_inventory_id else "") or new.inventory_id or "",
        description=old.description or new.description,
        customer=customer,
        profile=made.profile,
    )
    service.update_device(session, actor, config, now, new, facts)
    keys = [*made.line_keys]
    service.override(session, actor, sealer, now, new, made.settings, made.parameters, keys)
    for number, account, label, settings in ports:
        _fill(session, actor, config, sealer, now, made, new, number, account, label)
        if settings:
            port_service.override_port(session, actor, sealer, now, new, number, settings)
    for note in session.query(Note).where(Note.device_id == old.id):
        note.device_id = new.id
    told = audit.diff({"inventory id": inventory_id}, {"inventory id": old.inventory_id or ""})
    audit.record(session, actor, "device.replaced", old, {"replaced by": (None, new.mac)} | told)
    changes = {"replaces": (None, old.mac)}
    audit.record(session, actor, "device.replace", new, changes)
    session.flush()
    return new


def _in_service(
    session: Session, actor: Actor, config: Config, now: datetime, made: Replacement
) -> Device:
    """Return the new device, added or put back into service, without anything on it."""
    if made.new is None:
        facts = DeviceFacts(model=f"{made.family.vendor} {made.model.name}")
        return service.create_device(session, actor, config, now, made.mac, facts)
    if made.new.state == "retired":
        service.reinstate_device(session, actor, config, now, made.new)
    for port in made.new.ports:
        port.label, port.settings = "", {}
    return made.new


def _fill(
    session: Session,
    actor: Actor,
    config: Config,
    sealer: Sealer,
    now: datetime,
    made: Replacement,
    new: Device,
    number: int,
    account: SipAccount | None,
    label: str,
) -> None:
    """Put what was on a port of the old device on the same port of the new one."""
    if account is not None:
        port_service.assign_port(session, actor, config, now, new, number, account, sealer)
    try:
        carries.check_label(made.family, made.model, label)
    except RuleBroken:
        return  # the plan told it
    port_service.label_port(session, actor, now, new, number, label)
