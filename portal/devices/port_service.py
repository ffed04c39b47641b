"""Writing ports: what stands on them and what they are called; rules and audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.config import Config
from portal.devices.checks import port_limit
from portal.devices.service import give_to
from portal.devices.setup_service import open_window_until
from portal.devices.told import account_of, label_name, owner_of, port_layer_of, port_name
from portal.errors import RuleBroken, parsed
from portal.models import Device, SipAccount
from portal.profiles.checks import check_settings
from portal.profiles.service import SECRETS
from portal.settings.catalogue import CATALOGUE
from portal.sip_accounts.service import view_of
from portal.vendors import FAMILIES, carries


def assign_port(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    device: Device,
    number: int,
    account: SipAccount | None,
    sealer: crypto.Sealer | None = None,
) -> list[str]:
    """Put `account` on port `number` (from 1) of `device`; None frees the port.

    Returns notices: where else the account is (several registrations of one account are allowed),
    and whether a stock device went to the account's customer. `sealer` opens the password, to see
    that the phone's file can hold it; an undo, which puts back what was there, needs none. Raises
    RuleBroken on "number" or "account".
    """
    _check_port_number(device, number)
    notices: list[str] = []
    owner = owner_of(device)
    if account is not None:
        _check_account_fits(device, account)
        if sealer is not None:
            _check_carried(device, account, sealer)
        notices = [
            f"{account.user_name} is also on {values.format_mac(port.device.mac)}, "
            f"port {port.number}: both phones will ring"
            for port in account.ports
            if (port.device_id, port.number) != (device.id, number)
        ]
        if device.customer is None and account.customer is not None:
            give_to(device, account.customer, config, now)
            notices.append(f"The device belongs to {account.customer.name} now")
        elif device.state == "stock":
            device.state = "assigned"
            open_window_until(device, now + timedelta(seconds=config.window_s))
    port = device.port(number)
    before, port.account = account_of(port), account
    changes = audit.diff(owner, owner_of(device))
    if before != account_of(port):
        changes = {port_name(number): (before, account_of(port)), **changes}
    if changes:
        device.changed_at = now
        audit.record(session, actor, "port.assign", device, changes)
    return notices


def label_port(
    session: Session, actor: Actor, now: datetime, device: Device, number: int, label: str
) -> None:
    """Name port `number` on the phone's screen; empty: the account's name."""
    _check_port_number(device, number)
    label = parsed("label", values.parse_line, label)
    if known := FAMILIES.known(device.family, device.model):
        carries.check_label(*known, label)
    port = device.port(number)
    before, port.label = port.label, label
    if before != port.label:
        device.changed_at = now
        changes = {label_name(number): (before, port.label)}
        audit.record(session, actor, "port.label", device, changes)


def override_port(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    now: datetime,
    device: Device,
    number: int,
    settings: Mapping[str, object],
) -> None:
    """Replace the settings of one port. Raises RuleBroken on the key of a device-wide setting."""
    _check_port_number(device, number)
    for key in settings:
        if key in CATALOGUE and CATALOGUE[key].scope != "port":
            raise RuleBroken(f"{CATALOGUE[key].label} holds for the whole device, not a port", key)
    port = device.port(number)
    checked = check_settings(settings, sealer)
    if known := FAMILIES.known(device.family, device.model):
        carries.check_settings(*known, checked)
    before = port_layer_of(port)
    port.settings = checked
    hidden = {f"{key} of {port_name(number)}" for key in SECRETS}
    if changes := audit.diff(before, port_layer_of(port), hidden):
        device.changed_at = now
        audit.record(session, actor, "port.override", device, changes)


def _check_port_number(device: Device, number: int) -> None:
    limit = port_limit(device)
    if limit is None:
        raise RuleBroken(
            "The model of this device is not known yet; set it, and its ports appear", "number"
        )
    if not 1 <= number <= limit:
        ports = "1 port" if limit == 1 else f"{limit} ports"
        raise RuleBroken(f"{device.model} has {ports}, there is no port {number}", "number")


def _check_carried(device: Device, account: SipAccount, sealer: crypto.Sealer) -> None:
    """Raise RuleBroken on "account" when the device's file cannot hold something of `account`."""
    known = FAMILIES.known(device.family, device.model)
    if known is None:
        return
    try:
        carries.check_account(*known, view_of(account, sealer))
    except RuleBroken as broken:
        raise RuleBroken(f"Account {account.user_name}: {broken.message}", "account") from None


def _check_account_fits(device: Device, account: SipAccount) -> None:
    if not account.is_enabled:
        raise RuleBroken(f"Account {account.user_name} is disabled; enable it first", "account")
    if device.state == "retired":
        raise RuleBroken("A retired device takes no accounts; give it a customer first", "account")
    if device.customer and account.customer and device.customer is not account.customer:
        raise RuleBroken(
            f"Account {account.user_name} belongs to {account.customer.name}, "
            f"the device to {device.customer.name}",
            "account",
        )
