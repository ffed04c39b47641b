"""Writing whether a device is trusted: locked or not, its proofs new or ended, a reset answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit, crypto
from portal.audit import Actor
from portal.devices.setup_service import open_window
from portal.errors import RuleBroken
from portal.models import Device
from portal.provision.access import VALID, WIPE
from portal.provision.proofs import KEPT_AS_OLD, new_proofs


def lock(session: Session, actor: Actor, now: datetime, device: Device, reason: str) -> None:
    """Give the phone nothing but the harmless file from its next request on."""
    _check_in_service(device)
    if device.locked_at is not None:
        raise RuleBroken("This device is locked already")
    device.locked_at, device.lock_reason = now, reason.strip()[:200] or f"locked by {actor.name}"
    audit.record(session, actor, "device.lock", device, {"reason": (None, device.lock_reason)})


def unlock(
    session: Session,
    actor: Actor,
    now: datetime,
    device: Device,
    minutes: int,
    is_same_phone: bool,
) -> datetime:
    """Trust a locked device again; it may set itself up for `minutes`. Returns until when.

    `is_same_phone`: the proofs that it has stay good. Otherwise they end, and it gets new ones over
    the site address, where the harmless file has sent it.
    """
    if device.locked_at is None:
        raise RuleBroken("This device is not locked")
    reason, device.locked_at, device.lock_reason = device.lock_reason, None, ""
    if not is_same_phone:
        end_proofs(device)
    audit.record(session, actor, "device.unlock", device, {"reason": (reason, None)})
    return open_window(session, actor, device, now, minutes)


def refuse_reset(session: Session, actor: Actor, device: Device) -> None:
    """Let a phone that was reset have nothing; it may ask again from another address."""
    if device.reset_at is None:
        raise RuleBroken("This device has not asked to be set up again")
    changes = {"address": (device.reset_address, None)}
    device.reset_at = None  # the address stays: from there nobody is asked again
    audit.record(session, actor, "device.refuse_reset", device, changes)


def rotate_proofs(session: Session, actor: Actor, sealer: crypto.Sealer, device: Device) -> None:
    """Give the phone new proofs with its next file; the present ones stay good until it uses those.

    Raises RuleBroken while the phone has not used those of the last rotation.
    """
    _check_in_service(device)
    if device.token_hash is None:
        raise RuleBroken("This phone has no proofs yet; it gets them at its first file")
    if device.old_proofs == VALID:
        raise RuleBroken("The phone has not used the new proofs yet; wait for its next two fetches")
    _keep_as_old(device, VALID)
    for name, value in new_proofs(sealer).items():
        if name != "file_key_sealed":  # a phone that lost it could read no file any more
            setattr(device, name, value)
    audit.record(session, actor, "device.rotate_proofs", device, {"proofs": (None, audit.CHANGED)})


def end_proofs(device: Device) -> None:
    """Make everything worthless that the phone could prove itself with, but its certificate."""
    for name, old in KEPT_AS_OLD.items():
        setattr(device, name, None)
        setattr(device, old, None)
    device.token_sealed, device.old_proofs = None, ""


def end_proofs_but_wipe(device: Device) -> None:
    """End the proofs of a retired phone: they only open the file that wipes its accounts.

    Where it has not used new ones yet, the phone holds those before.
    """
    if device.old_proofs != VALID:
        _keep_as_old(device, WIPE)
    device.old_proofs = WIPE if device.old_token_hash else ""
    for name in KEPT_AS_OLD:
        setattr(device, name, None)
    device.token_sealed, device.wiped_at = None, None
    device.locked_at, device.lock_reason = None, ""
    device.reset_at, device.reset_address = None, ""


def revive_proofs(device: Device, sealer: crypto.Sealer) -> None:
    """Let a retired phone go on with the proofs that it has, until it has used new ones.

    For retiring it by mistake; not once the phone has wiped its accounts.
    """
    if device.old_proofs == WIPE and device.wiped_at is None:
        for name, value in new_proofs(sealer).items():
            setattr(device, name, value)
        device.old_proofs = VALID


def doubt_passwords(device: Device, now: datetime, why: str) -> None:
    """Note that the passwords on the device's ports should be changed, if it ever fetched them."""
    if device.last_fetched_at is None:
        return
    for port in device.ports:
        if port.account and port.account.password_due_at is None:
            port.account.password_due_at, port.account.password_due_reason = now, why[:200]


def _keep_as_old(device: Device, meaning: str) -> None:
    for name, old in KEPT_AS_OLD.items():
        setattr(device, old, getattr(device, name))
    device.old_proofs = meaning


def _check_in_service(device: Device) -> None:
    if device.state == "retired":
        raise RuleBroken("This device is retired: it gets nothing anyway")
