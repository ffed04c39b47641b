"""Writing devices and ports: one function a verb; rules and audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.config import Config
from portal.errors import RuleBroken
from portal.models import Customer, Device, Port, Profile, SipAccount
from portal.profiles.service import SECRETS, check_line_keys, check_parameters, check_settings
from portal.settings.catalogue import CATALOGUE
from portal.vendors import FAMILIES
from portal.vendors.schema import Family, Model


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
    mac = _parsed("mac", values.parse_mac, mac)
    check_mac_is_free(session, mac)
    device = Device(mac=mac, state="stock", ports=[], settings={}, parameters={}, line_keys=[])
    device.changed_at = now
    _set_model(device, facts.model, allow_unknown_model)
    _set_facts(session, device, facts)
    session.add(device)
    if facts.customer is not None:
        _assign(device, facts.customer, config, now)
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
    before = facts_of(device)
    if facts.model != device.model:
        _set_model(device, facts.model, allow_unknown_model)
        _check_ports_fit(device)
    _set_facts(session, device, facts)
    if facts.customer is not device.customer:
        _check_accounts_may_move(device, facts.customer)
        if facts.customer is None:
            device.customer = None
            device.state = "assigned" if any(p.account for p in device.ports) else "stock"
        else:
            _assign(device, facts.customer, config, now)
    if changes := audit.diff(before, facts_of(device)):
        device.changed_at = now
        audit.record(session, actor, "device.update", device, changes)


def assign_port(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    device: Device,
    number: int,
    account: SipAccount | None,
) -> list[str]:
    """Put `account` on port `number` (from 1) of `device`; None frees the port.

    Returns notices: where else the account is (several registrations of one account are allowed),
    and whether a stock device went to the account's customer. Raises RuleBroken on "number" or
    "account".
    """
    _check_port_number(device, number)
    notices: list[str] = []
    if account is not None:
        _check_account_fits(device, account)
        notices = [
            f"{account.user_name} is also on {values.format_mac(port.device.mac)}, "
            f"port {port.number}: both phones will ring"
            for port in account.ports
            if (port.device_id, port.number) != (device.id, number)
        ]
        if device.customer is None and account.customer is not None:
            _assign(device, account.customer, config, now)
            notices.append(f"The device belongs to {account.customer.name} now")
        elif device.state == "stock":
            device.state = "assigned"
            open_window_until(device, now + timedelta(seconds=config.window_s))
    port = device.port(number)
    before = port.account.user_name if port.account else None
    port.account = account
    after = account.user_name if account else None
    if before != after:
        device.changed_at = now
        audit.record(session, actor, "port.assign", device, {f"port {number}": (before, after)})
    return notices


def label_port(
    session: Session, actor: Actor, now: datetime, device: Device, number: int, label: str
) -> None:
    """Name port `number` on the phone's screen; empty: the account's name."""
    _check_port_number(device, number)
    port = device.port(number)
    before, port.label = port.label, _parsed("label", values.parse_line, label)
    if before != port.label:
        device.changed_at = now
        changes = {f"label of port {number}": (before, port.label)}
        audit.record(session, actor, "port.label", device, changes)


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
    before = {**device.settings, **device.parameters, "line keys": device.line_keys}
    device.settings = check_settings(settings, sealer)
    if parameters is not None:
        device.parameters = check_parameters(device.family, parameters)
    if line_keys is not None:
        device.line_keys = check_line_keys(line_keys)
    after = {**device.settings, **device.parameters, "line keys": device.line_keys}
    if changes := audit.diff(before, after, SECRETS | _secret_names(device, {*before, *after})):
        device.changed_at = now
        audit.record(session, actor, "device.override", device, changes)


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
    before, port.settings = port.settings, check_settings(settings, sealer)
    if changes := audit.diff(before, port.settings, SECRETS):
        device.changed_at = now
        audit.record(session, actor, "port.override", device, changes)


def open_window(
    session: Session, actor: Actor, device: Device, now: datetime, minutes: int
) -> datetime:
    """Let the phone fetch its file over the site address for `minutes`. Returns until when."""
    if not 1 <= minutes <= 7 * 24 * 60:
        raise RuleBroken("A window is open for 1 to 10080 minutes (7 days)", "minutes")
    if device.state == "retired":
        raise RuleBroken("A retired device gets no files; give it a customer first", "minutes")
    until = now + timedelta(minutes=minutes)
    open_window_until(device, until)
    audit.record(session, actor, "window.open", device, {"until": (None, until.isoformat())})
    return until


def open_window_until(device: Device, until: datetime) -> None:
    device.window_until, device.window_address = until, ""


def ensure_proofs(device: Device, sealer: crypto.Sealer) -> None:
    """Make the token and Digest account of a device that has none yet."""
    if device.token_hash is None:
        token = crypto.new_token()
        device.token_hash, device.token_sealed = crypto.digest_of(token), sealer.seal(token)
        device.digest_user = crypto.new_password(24)
        device.digest_secret_sealed = sealer.seal(crypto.new_password(24))
        device.file_key_sealed = sealer.seal(crypto.new_file_key())


def retire_device(session: Session, actor: Actor, now: datetime, device: Device) -> None:
    """Take a device out of service: its ports are freed, its proofs end at once."""
    before = facts_of(device)
    for port in device.ports:
        port.account = None
    device.state = "retired"
    device.token_hash = device.token_sealed = None
    device.digest_user = device.digest_secret_sealed = device.file_key_sealed = None
    device.window_until, device.bound_at = None, None
    device.changed_at = now
    audit.record(session, actor, "device.retire", device, audit.diff(before, facts_of(device)))


def reinstate_device(
    session: Session, actor: Actor, config: Config, now: datetime, device: Device
) -> None:
    """Put a retired device back into service: to its customer, or into stock."""
    if device.state != "retired":
        raise RuleBroken("This device is in service already")
    before = facts_of(device)
    device.state = "stock"
    if device.customer is not None:
        _assign(device, device.customer, config, now)
    device.changed_at = now
    changes = audit.diff(before, facts_of(device))
    audit.record(session, actor, "device.reinstate", device, changes)


def show_address(session: Session, actor: Actor, device: Device, sealer: crypto.Sealer) -> None:
    """Note that a person is shown the device's own address, a secret; make it if need be."""
    if device.state == "retired":
        raise RuleBroken("A retired device has no address; put it back into service first")
    ensure_proofs(device, sealer)
    audit.record(session, actor, "device.show_address", device, {})


def delete_device(session: Session, actor: Actor, device: Device) -> None:
    """Delete a device with its ports and history of check-ins."""
    audit.record(session, actor, "device.delete", device, audit.diff(facts_of(device), {}))
    session.delete(device)


def facts_of(device: Device) -> dict[str, Any]:
    """Return what people know of a device, by the words of the interface."""
    return {
        "mac": device.mac,
        "model": device.model,
        "serial": device.serial,
        "redirect pin": device.redirect_pin,
        "inventory id": device.inventory_id or "",
        "description": device.description,
        "customer": device.customer.name if device.customer else None,
        "profile": device.profile.name if device.profile else None,
        "state": device.state,
    }


def model_named(text: str, mac: str) -> tuple[Family, Model]:
    """Return the one model meant by `text`; raises RuleBroken on "model", with what is similar."""
    found = FAMILIES.find_models(text, mac)
    if len(found) == 1:
        return found[0]
    if found:
        options = " or ".join(f"{family.vendor} {model.name}" for family, model in found)
        raise RuleBroken(f"“{text}” can be {options}; write the vendor too", "model")
    similar = FAMILIES.similar_models(text)
    hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
    raise RuleBroken(f"No family knows the model “{text}”{hint}", "model")


def check_mac_is_free(session: Session, mac: str) -> None:
    """Raise RuleBroken that names who holds `mac`."""
    held = session.scalar(select(Device).where(Device.mac == mac))
    if held is not None:
        owner = f"of {held.customer.name}" if held.customer else "in stock"
        what = " ".join(filter(None, [held.vendor, held.model])) or "device"
        raise RuleBroken(
            f"{values.format_mac(mac)} is in the inventory already: {what}, {owner}"
            + (f", “{held.description}”" if held.description else ""),
            "mac",
        )


def _set_model(device: Device, text: str, allow_unknown: bool) -> None:
    text = _parsed("model", values.parse_line, text)
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
        setattr(device, field, _parsed(field, values.parse_line, getattr(facts, field)))
    inventory_id = _parsed("inventory_id", values.parse_line, facts.inventory_id) or None
    if inventory_id and inventory_id != device.inventory_id:
        held = session.scalar(select(Device).where(Device.inventory_id == inventory_id))
        if held is not None:
            raise RuleBroken(
                f"Inventory id {inventory_id} is that of {values.format_mac(held.mac)}",
                "inventory_id",
            )
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


def _assign(device: Device, customer: Customer, config: Config, now: datetime) -> None:
    """Give the device to `customer` and open its set-up window; see trust: states of a device."""
    device.customer = customer
    device.state = "assigned"
    seconds = config.window_networks_s if customer.networks else config.window_s
    open_window_until(device, now + timedelta(seconds=seconds))


def _secret_names(device: Device, names: Iterable[str]) -> frozenset[str]:
    """Return the raw parameters among `names` that hold a secret, by the family's own pattern."""
    family = FAMILIES.get(device.family)
    return frozenset(name for name in names if family and family.secrets.search(name))


def port_limit(device: Device) -> int | None:
    """Return how many ports the device's model has; None while the model is not known."""
    known = FAMILIES.known(device.family, device.model)
    return known[1].ports if known else None


def _check_port_number(device: Device, number: int) -> None:
    limit = port_limit(device)
    if limit is None:
        raise RuleBroken(
            "The model of this device is not known yet; set it, and its ports appear", "number"
        )
    if not 1 <= number <= limit:
        ports = "1 port" if limit == 1 else f"{limit} ports"
        raise RuleBroken(f"{device.model} has {ports}, there is no port {number}", "number")


def _check_ports_fit(device: Device) -> None:
    limit = port_limit(device) or 0
    beyond = [p for p in device.ports if p.account and p.number > limit]
    if beyond:
        taken = ", ".join(f"{p.account.user_name} on port {p.number}" for p in beyond if p.account)
        raise RuleBroken(f"{device.model} has {limit} ports; release {taken} first", "model")


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


def _check_accounts_may_move(device: Device, customer: Customer | None) -> None:
    stuck: list[Port] = [
        p
        for p in device.ports
        if p.account and p.account.customer and p.account.customer is not customer
    ]
    if stuck:
        taken = ", ".join(f"{p.account.user_name} on port {p.number}" for p in stuck if p.account)
        raise RuleBroken(f"Accounts of the present customer are on it: release {taken}", "customer")


def _parsed(field: str, parser: Any, text: str) -> str:
    try:
        return str(parser(text))
    except ValueError as error:
        raise RuleBroken(str(error), field) from None
