"""What the Trust tab says of a device: its state, since when, why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.devices.status import is_window_open, when
from portal.models import Device
from portal.provision.access import TRAP, VALID

RELEASES = {
    "window": "in its set-up window",
    "certificate": "by its certificate",
    "network": "by its MAC, in the customer's networks",
    "again": "again, after a reset",
}
_OLD = {
    VALID: "New ones are made; the ones before stay good until it uses the new.",
    TRAP: "It has new ones since a reset. If the ones before are used, two phones claim to be it, "
    "and it is locked.",
}


@dataclass(frozen=True)
class State:
    """`kind` and `icon` are those of the macro `status`; `proofs` says which it has."""

    kind: str
    text: str
    icon: str
    since: datetime | None
    why: str
    proofs: str


def state_of(device: Device, now: datetime) -> State:
    """Return the state of trust; see trust: states of a device."""
    proofs = "Its own address and credentials" if device.token_hash else "None yet"
    proofs += f". {_OLD[device.old_proofs]}" if device.old_proofs in _OLD else "."
    if device.state == "retired":
        why = (
            f"It fetched the file that wipes its accounts {when(device.wiped_at)}."
            if device.wiped_at
            else "It has not fetched the file that wipes its accounts."
            if device.old_proofs
            else "It never had an address of its own."
        )
        return State("off", "retired", "off", None, why, "Ended.")
    if device.locked_at is not None:
        return State("bad", "locked", "lock", device.locked_at, device.lock_reason, proofs)
    if device.reset_at is not None:
        why = f"It came from {device.reset_address} with the site address alone."
        return State("warn", "asks after a reset", "warning", device.reset_at, why, proofs)
    if device.bound_at is not None:
        return State("ok", "set up", "check", device.bound_at, "It proves itself.", proofs)
    kind = "info" if is_window_open(device, now) else "warn"
    return State(kind, "waiting", "clock", None, "It was never set up.", proofs)
