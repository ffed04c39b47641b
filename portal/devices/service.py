"""Writing devices and ports: one function a verb; rules and audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.config import Config
from portal.customer_limits import check_owner
from portal.devices.checks import (
    check_accounts_may_move,
    check_inventory_id_is_free,
    check_mac_is_free,
    check_ports_fit,
    model_named,
)
from portal.devices.setup_service import open_window_until
from portal.devices.told import facts_of, layer_of
from portal.devices.trust_service import (
    doubt_passwords,
    end_proofs,
    end_proofs_but_wipe,
    revive_proofs,
)
from portal.errors import RuleBroken, parsed
from portal.models import Customer, Device, Profile
from portal.profiles.checks import check_line_keys, check_parameters, check_settings
from portal.profiles.service import SECRETS
from portal.provision.access import VALID
from portal.settings.line_keys import merge
from portal.vendors import FAMILIES, carries


@dataclass(frozen=True)
class DeviceFacts:
    """What a person says of a device; empty text and None mean: not known, or none."""

    model: str = ""
    serial: str = ""
    redirect_pin: str = ""
    inventory_id: str = ""
    description: str = ""
    customer: Customer | None = None
    profile: Profile | None = None


def create_device(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    mac: str,
    facts: DeviceFacts,
    allow_unknown_model: bool = False,
) -> Device:
    """Add a device. With a customer it is assigned and its set-up window opens.

    `allow_unknown_model` stores a model that no family knows as it is written, as an import does;
    such a device gets no file. Raises RuleBroken on the field.
    """
    mac = parsed("mac", values.parse_mac, mac)
    check_mac_is_free(session, mac)
    check_owner(session, facts.customer)
    device = Device(mac=mac, state="stock", ports=[], settings={}, parameters={}, line_keys=[])
    device.changed_at = now
    _set_model(device, facts.model, allow_unknown_model)
    _set_facts(session, device, facts)
    session.add(device)
    if facts.customer is not None:
        give_to(device, facts.customer, config, now)
    session.flush()
    audit.record(session, actor, "device.create", device, audit.diff({}, facts_of(device)))
    return device


def update_device(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    device: Device,
    facts: DeviceFacts,
    allow_unknown_model: bool = False,
) -> None:
    """Change what is known of a device. A new customer opens a new set-up window.

    Raises RuleBroken on the field: also when ports beyond a new model are taken, or when accounts
    of the old customer are on its ports.
    """
    before, window = facts_of(device), device.window_until
    if facts.model != device.model:
        _set_model(device, facts.model, allow_unknown_model)
        check_ports_fit(device)
    _set_facts(session, device, facts)
    if facts.customer is not device.customer:
        check_owner(session, facts.customer)
        check_accounts_may_move(device, facts.customer)
        if facts.customer is None:
            device.customer = None
            device.state = "assigned" if any(p.account for p in device.ports) else "stock"
        else:
            give_to(device, facts.customer, config, now)
    if changes := audit.diff(before, facts_of(device)):
        device.changed_at = now
        if window != device.window_until:
            changes["window"] = window, device.window_until
        audit.record(session, actor, "device.update", device, changes)


def override(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    now: datetime,
    device: Device,
    settings: Mapping[str, object],
    parameters: Mapping[str, str] | None = None,
    line_keys: list[Mapping[str, Any]] | None = None,
) -> None:
    """Replace the device's own layer of settings; parameters and line keys None: as they were.

    Raises RuleBroken on the setting's key, "parameters" or "line_keys".
    """
    before = layer_of(device)
    checked = check_settings(settings, sealer)
    if known := FAMILIES.known(device.family, device.model):
        carries.check_settings(*known, checked)
        carries.check_line_keys(*known, merge([check_line_keys(line_keys or [])]))
    device.settings = checked
    if parameters is not None:
        device.parameters = check_parameters(device.family, parameters)
    if line_keys is not None:
        device.line_keys = check_line_keys(line_keys)
    after = layer_of(device)
    if changes := audit.diff(before, after, SECRETS | secret_names(device, {*before, *after})):
        device.changed_at = now
        audit.record(session, actor, "device.override", device, changes)


def retire_device(session: Session, actor: Actor, now: datetime, device: Device) -> None:
    """Take a device out of service: its ports are freed, its proofs end at once.

    With those that it has, the phone still gets one file, which wipes its accounts. Their passwords
    are due for a change, since it knows them.
    """
    if device.state == "retired":
        raise RuleBroken("This device is retired already")  # its wiping proof would go
    before = facts_of(device) | _accounts_on(device)
    doubt_passwords(device, now, f"{values.format_mac(device.mac)} was retired")
    for port in device.ports:
        port.account = None
    device.state = "retired"
    end_proofs_but_wipe(device)
    device.window_until, device.bound_at = None, None
    device.changed_at = now
    audit.record(session, actor, "device.retire", device, audit.diff(before, facts_of(device)))


def reinstate_device(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    device: Device,
    sealer: crypto.Sealer | None = None,
) -> None:
    """Put a retired device back into service: to its customer, or into stock.

    It has to set itself up anew. `sealer`: it was retired by mistake, so the phone goes on with
    the proofs that it has, unless it has wiped its accounts already.
    """
    if device.state != "retired":
        raise RuleBroken("This device is in service already")
    before = facts_of(device)
    device.state = "stock"
    if sealer is not None:
        revive_proofs(device, sealer)
    if device.old_proofs != VALID:
        end_proofs(device)
    if device.customer is not None:
        give_to(device, device.customer, config, now)
    device.changed_at = now
    changes = audit.diff(before, facts_of(device))
    audit.record(session, actor, "device.reinstate", device, changes)


def delete_device(session: Session, actor: Actor, now: datetime, device: Device) -> None:
    """Delete a device with its ports and history; its accounts' passwords are due for a change."""
    doubt_passwords(device, now, f"{values.format_mac(device.mac)} was deleted")
    audit.record(session, actor, "device.delete", device, audit.diff(facts_of(device), {}))
    session.delete(device)


def _accounts_on(device: Device) -> dict[str, Any]:
    return {f"port {p.number}": p.account.user_name for p in device.ports if p.account}


def _set_model(device: Device, text: str, allow_unknown: bool) -> None:
    text = parsed("model", values.parse_line, text)
    owners = FAMILIES.by_oui(device.mac)
    if not text:
        device.model, device.family = "", ""
        device.vendor = owners[0].vendor if owners else ""
        return
    try:
        family, model = model_named(text, device.mac)
    except RuleBroken:
        if not allow_unknown:
            raise
        device.model, device.family = text, ""
        device.vendor = owners[0].vendor if owners else ""
        return
    device.vendor, device.family, device.model = family.vendor, family.key, model.name


def _set_facts(session: Session, device: Device, facts: DeviceFacts) -> None:
    for field in ("serial", "redirect_pin", "description"):
        setattr(device, field, parsed(field, values.parse_line, getattr(facts, field)))
    inventory_id = parsed("inventory_id", values.parse_line, facts.inventory_id) or None
    if inventory_id and inventory_id != device.inventory_id:
        check_inventory_id_is_free(session, inventory_id)
    device.inventory_id = inventory_id
    profile = facts.profile
    if profile is not None and profile.family and profile.family != device.family:
        own = FAMILIES[device.family].label if device.family in FAMILIES else "an unknown family"
        raise RuleBroken(
            f"Profile {profile.name} is for {FAMILIES[profile.family].label}; "
            f"{device.model or 'this device'} is of {own}",
            "profile",
        )
    device.profile = profile


def give_to(device: Device, customer: Customer, config: Config, now: datetime) -> None:
    """Give the device to `customer` and open its set-up window; see trust: states of a device."""
    device.customer = customer
    device.state = "assigned"
    seconds = config.window_networks_s if customer.networks else config.window_s
    open_window_until(device, now + timedelta(seconds=seconds))


def secret_names(device: Device, names: Iterable[str]) -> frozenset[str]:
    """Return the raw parameters among `names` that hold a secret, by the family's own pattern."""
    family = FAMILIES.get(device.family)
    return frozenset(name for name in names if family and family.secrets.search(name))
