"""Rules for what a person says of a device: its MAC, model, ports and accounts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import values
from portal.customer_limits import beyond
from portal.errors import RuleBroken
from portal.models import Customer, Device, Port
from portal.vendors import FAMILIES
from portal.vendors.schema import Family, Model


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
    if session.scalar(beyond(select(Device.id).where(Device.mac == mac))):
        raise RuleBroken(
            f"{values.format_mac(mac)} is in the inventory already, and not of your customers; "
            "ask an administrator",
            "mac",
        )


def check_inventory_id_is_free(session: Session, inventory_id: str) -> None:
    """Raise RuleBroken that names who has `inventory_id`."""
    held = session.scalar(select(Device).where(Device.inventory_id == inventory_id))
    if held is not None:
        raise RuleBroken(
            f"Inventory id {inventory_id} is that of {values.format_mac(held.mac)}", "inventory_id"
        )
    if session.scalar(beyond(select(Device.id).where(Device.inventory_id == inventory_id))):
        raise RuleBroken(
            f"Inventory id {inventory_id} is that of a device that you may not see", "inventory_id"
        )


def port_limit(device: Device) -> int | None:
    """Return how many ports the device's model has; None while the model is not known."""
    known = FAMILIES.known(device.family, device.model)
    return known[1].ports if known else None


def check_ports_fit(device: Device) -> None:
    """Raise RuleBroken that names the accounts on ports that the device's model lacks."""
    limit = port_limit(device) or 0
    if taken := _named(p for p in device.ports if p.number > limit):
        raise RuleBroken(f"{device.model} has {limit} ports; release {taken} first", "model")


def check_accounts_may_move(device: Device, customer: Customer | None) -> None:
    """Raise RuleBroken that names the accounts on it that are of another customer."""
    taken = _named(
        p
        for p in device.ports
        if p.account and p.account.customer and p.account.customer is not customer
    )
    if taken:
        raise RuleBroken(f"Accounts of the present customer are on it: release {taken}", "customer")


def _named(ports: Iterable[Port]) -> str:
    """Return “101 on port 1, 102 on port 2” of those ports that have an account."""
    return ", ".join(f"{p.account.user_name} on port {p.number}" for p in ports if p.account)
