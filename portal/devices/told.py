"""What the audit calls each value of a device, and what each is now: undoing needs both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.audit import EMPTY
from portal.models import Device, Port

LINE_KEYS = "line keys"
# Names of facts, and what the model calls them.
FACTS = {
    "model": "model",
    "serial": "serial",
    "redirect pin": "redirect_pin",
    "inventory id": "inventory_id",
    "description": "description",
}


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


def owner_of(device: Device) -> dict[str, Any]:
    """Return what changes when a device goes to a customer."""
    return {
        "customer": device.customer.name if device.customer else None,
        "state": device.state,
        "window": device.window_until,
    }


def account_of(port: Port) -> str | None:
    return port.account.user_name if port.account else None


def port_name(number: int) -> str:
    return f"port {number}"


def label_name(number: int) -> str:
    return f"label of port {number}"


def layer_of(device: Device) -> dict[str, Any]:
    """Return the device's own settings, raw parameters and line keys."""
    return {**settings_of(device.settings), **device.parameters, LINE_KEYS: device.line_keys}


def port_layer_of(port: Port) -> dict[str, Any]:
    """Return the own settings of a port: ``sip.transport of port 3``."""
    told = settings_of(port.settings)
    return {f"{key} of {port_name(port.number)}": value for key, value in told.items()}


def settings_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: EMPTY if value is None else value for key, value in settings.items()}


def all_of(device: Device) -> dict[str, Any]:
    """Return everything that stands on a device now, by the names of the audit."""
    told = {**layer_of(device), **facts_of(device)}
    for port in device.ports:
        told |= {port_name(port.number): account_of(port), label_name(port.number): port.label}
        told |= port_layer_of(port)
    return told
