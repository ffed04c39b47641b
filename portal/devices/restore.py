"""Give devices values again that they had, by the names that the audit calls them.

The one place that puts something back: undoing the last change of a device and taking an import
back both end here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import EMPTY, Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.devices import port_service, service
from portal.devices.told import FACTS, LINE_KEYS
from portal.errors import RuleBroken
from portal.models import Customer, Device, Profile, SipAccount
from portal.settings.catalogue import CATALOGUE
from portal.sip_accounts import queries as accounts

Old = Mapping[str, Any]
_PORT = re.compile(r"port (\d+)")
_LABEL = re.compile(r"label of port (\d+)")
_OF_PORT = re.compile(r"(.+) of port (\d+)")
_OWN = {"mac", "customer", "profile", "state", "window", *FACTS}


def restore(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    olds: Sequence[tuple[Device, Old]],
    sealer: Sealer | None = None,
) -> None:
    """Give each device its old values. Raises RuleBroken where they do not fit any more.

    `sealer` is needed where settings are among them.
    """
    for device, old in olds:  # first off all of them, or a device cannot go back to its customer
        for number in _numbers(_PORT, old):
            port_service.assign_port(session, actor, config, now, device, number, None)
    for device, old in olds:
        _restore_facts(session, actor, config, now, device, old)
        if sealer is not None:
            _restore_settings(session, actor, sealer, now, device, old)
    for device, old in olds:
        for number in _numbers(_LABEL, old):
            text = old[f"label of port {number}"] or ""
            port_service.label_port(session, actor, now, device, number, text)
        for number in _numbers(_PORT, old):
            if user := old[f"port {number}"]:
                account = _account(session, user, device)
                port_service.assign_port(session, actor, config, now, device, number, account)
        _restore_window(device, old)
    session.flush()


def _numbers(pattern: re.Pattern[str], old: Old) -> list[int]:
    return [int(match[1]) for name in old if (match := pattern.fullmatch(name))]


def _restore_facts(
    session: Session, actor: Actor, config: Config, now: datetime, device: Device, old: Old
) -> None:
    if not old.keys() & _OWN:
        return
    facts = service.DeviceFacts(
        **{
            field: (old[name] if name in old else getattr(device, field)) or ""
            for name, field in FACTS.items()
        },
        customer=device.customer,
        profile=device.profile,
    )
    if "customer" in old:
        facts = replace(facts, customer=_named(session, Customer, "customer", old["customer"]))
    if "profile" in old:
        facts = replace(facts, profile=_named(session, Profile, "profile", old["profile"]))
    service.update_device(session, actor, config, now, device, facts, allow_unknown_model=True)


def _restore_settings(
    session: Session, actor: Actor, sealer: Sealer, now: datetime, device: Device, old: Old
) -> None:
    """Put own settings, raw parameters and line keys back; of the device and of its ports."""
    settings, parameters = dict(device.settings), dict(device.parameters)
    ports = {port.number: dict(port.settings) for port in device.ports}
    for name, value in old.items():
        match = _OF_PORT.fullmatch(name)
        if match and match[1] in CATALOGUE:
            _put(ports.setdefault(int(match[2]), {}), match[1], value)
        elif name in CATALOGUE:
            _put(settings, name, value)
        elif name not in _OWN and not match and not _PORT.fullmatch(name) and name != LINE_KEYS:
            _put(parameters, name, value)
    keys = old.get(LINE_KEYS, device.line_keys) or []
    if (settings, parameters, keys) != (device.settings, device.parameters, device.line_keys):
        service.override(session, actor, sealer, now, device, settings, parameters, keys)
    for port in list(device.ports):
        if ports[port.number] != port.settings:
            port_service.override_port(
                session, actor, sealer, now, device, port.number, ports[port.number]
            )


def _put(layer: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        layer.pop(name, None)
    else:
        layer[name] = None if value == EMPTY else value


def _restore_window(device: Device, old: Old) -> None:
    if device.customer is None and not any(port.account for port in device.ports):
        device.state = "stock" if device.state == "assigned" else device.state
    if "customer" in old or device.state == "stock":
        device.window_until = None  # opened by what is taken back, or by taking it back
    if "window" in old:
        device.window_until = datetime.fromisoformat(old["window"]) if old["window"] else None


def _account(session: Session, user: str, device: Device) -> SipAccount:
    """Return the account that stood there; raises RuleBroken when it is gone, or not the one."""
    owners = {device.customer.id if device.customer else None, None}
    found = [a for a in accounts.accounts_named(session, user) if a.customer_id in owners]
    if not found:
        raise RuleBroken(f"The account {user}, which was on it, is gone")
    if len(found) > 1:
        raise RuleBroken(f"There are two accounts {user} by now; choose the right one on the port")
    return found[0]


def _named(session: Session, model: type[Any], noun: str, name: str) -> Any:
    if not name:
        return None
    found = session.scalar(select(model).where(model.name == name))
    if found is None:
        raise RuleBroken(f"The {noun} {name}, which it had, is gone")
    return found
