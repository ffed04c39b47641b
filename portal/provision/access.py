"""Who may fetch what. Pure: plain values in, a reason out.

Every function returns None when the phone may, else the reason for our check-ins.
"""

from __future__ import annotations

from datetime import datetime

from portal.provision.asked import PhoneRequest
from portal.provision.identify import Asked
from portal.provision.lookup import KnownDevice
from portal.values import in_networks


def against_proven(device: KnownDevice | None) -> str | None:
    """Why a phone that showed a proof gets nothing."""
    if device is None:
        return "proof belongs to no device"
    if device.state == "retired":
        return "device is retired"
    return None


def against_release(
    device: KnownDevice | None,
    owner: int,
    asked: Asked,
    request: PhoneRequest,
    now: datetime,
) -> str | None:
    """Why a phone that knows only the site address gets the harmless file instead of its own.

    `owner` is the customer whose site token it is, 0 for the whole portal's.
    """
    if device is None:
        return "not in the inventory"
    if device.state == "retired":
        return "device is retired"
    if owner and device.customer_id != owner:
        return "site address of another customer"
    if not device.family:
        return "model not known yet"
    if asked.seen and asked.seen.mac and asked.seen.mac != device.mac:
        return "User-Agent names another MAC"
    if asked.seen and asked.seen.family != device.family:
        return "User-Agent of another vendor"
    if device.networks and not in_networks(request.address, device.networks):
        return "address is outside the customer's networks"
    if device.window_until is None:
        return "set-up window was never opened"
    if now >= device.window_until:
        return "set-up window is closed"
    if device.window_address and device.window_address != request.address:
        return "set-up window is for another address"
    return None
