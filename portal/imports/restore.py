"""Give a device the values again that it had before an import changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.audit import Actor
from portal.config import Config
from portal.devices import port_service
from portal.devices import service as devices
from portal.errors import RuleBroken
from portal.models import Customer, Device, Port, Profile
from portal.sip_accounts import queries as account_queries

_FACTS = ("model", "serial", "redirect_pin", "inventory_id", "description")


def restore_device(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    mac: str,
    changes: Mapping[str, Sequence[str]],
) -> None:
    """Give a device the values that it had. Raises RuleBroken where they do not fit any more."""
    device = session.scalars(
        select(Device)
        .where(Device.mac == mac)
        .options(selectinload(Device.ports).selectinload(Port.account))
    ).one()
    old = {name: before for name, (before, _) in changes.items()}
    ports = {name: text for name, text in old.items() if name.startswith("port ")}
    for name in ports:  # first off, or the device cannot go back to its customer
        if name.endswith("account"):
            port_service.assign_port(
                session, actor, config, now, device, int(name.split()[1]), None
            )
    facts = devices.DeviceFacts(
        **{name: old.get(name, getattr(device, name) or "") for name in _FACTS},
        customer=device.customer,
        profile=device.profile,
    )
    if "customer" in old:
        owner = _named(session, Customer, "customer", old["customer"])
        facts = replace(facts, customer=owner)
    if "profile" in old:
        facts = replace(facts, profile=_named(session, Profile, "profile", old["profile"]))
    devices.update_device(session, actor, config, now, device, facts, allow_unknown_model=True)
    for name, text in ports.items():
        _, number, kind = name.split()
        if kind == "label":
            port_service.label_port(session, actor, now, device, int(number), text)
        elif text:
            account = account_queries.account_of(session, text, device.customer)
            if account is None:
                raise RuleBroken(f"The account {text}, which was on it, is gone")
            port_service.assign_port(session, actor, config, now, device, int(number), account)
    if device.customer is None and not any(port.account for port in device.ports):
        device.state = "stock" if device.state == "assigned" else device.state
    if "customer" in old or device.state == "stock":
        device.window_until = None  # opened by the import, or by taking it back
    if "window" in old:
        device.window_until = datetime.fromisoformat(old["window"]) if old["window"] else None
    session.flush()


def _named(session: Session, model: type[Any], noun: str, name: str) -> Any:
    if not name:
        return None
    found = session.scalar(select(model).where(model.name == name))
    if found is None:
        raise RuleBroken(f"The {noun} {name}, which it had, is gone")
    return found
