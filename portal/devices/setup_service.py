"""Writing how a device sets itself up: its window, and the proofs that it shows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import audit, crypto
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import Device, Upload
from portal.provision.proofs import new_proofs


def open_window(
    session: Session, actor: Actor, device: Device, now: datetime, minutes: int
) -> datetime:
    """Let the phone fetch its file over the site address for `minutes`. Returns until when."""
    if not 1 <= minutes <= 7 * 24 * 60:
        raise RuleBroken("A window is open for 1 to 10080 minutes (7 days)", "minutes")
    if device.state == "retired":
        raise RuleBroken("A retired device gets no files; give it a customer first", "minutes")
    until = now + timedelta(minutes=minutes)
    set_window(session, actor, device, now, until)
    return until


def set_window(
    session: Session, actor: Actor, device: Device, now: datetime, until: datetime | None
) -> None:
    """Let the window of a device be open until a time, or close it."""
    if until is None:
        before, device.window_until = device.window_until, None
        device.window_by_person = False
        closed = {"until": (before and before.isoformat(), None)}
        audit.record(session, actor, "window.close", device, closed)
        return
    if not timedelta(minutes=1) <= until - now <= timedelta(days=7):
        raise RuleBroken("A window is open for 1 minute to 7 days", "window")
    if device.state == "retired":
        raise RuleBroken("A retired device gets no files; give it a customer first", "minutes")
    before = device.window_until
    open_window_until(device, until)
    device.window_by_person = True
    device.reset_at, device.reset_address = None, ""
    changes = {"until": (before and before.isoformat(), until.isoformat())}
    audit.record(session, actor, "window.open", device, changes)


def open_window_until(device: Device, until: datetime) -> None:
    device.window_until, device.window_address = until, ""
    device.window_by_person = False
    device.refused_at, device.refusal = None, ""


def ensure_proofs(device: Device, sealer: crypto.Sealer) -> None:
    """Make the token and Digest account of a device that has none yet."""
    if device.token_hash is None:
        for name, value in new_proofs(sealer).items():
            setattr(device, name, value)


def show_address(session: Session, actor: Actor, device: Device, sealer: crypto.Sealer) -> None:
    """Note that a person is shown the device's own address, a secret; make it if need be."""
    if device.state == "retired":
        raise RuleBroken("A retired device has no address; put it back into service first")
    ensure_proofs(device, sealer)
    audit.record(session, actor, "device.show_address", device, {})


def take_upload(session: Session, actor: Actor, device: Device, upload: Upload) -> None:
    """Note that `actor` reads what the phone sent; it may hold passwords."""
    audit.record(session, actor, "upload.take", device, {"file": (None, upload.name)})


def delete_upload(session: Session, actor: Actor, device: Device, upload: Upload) -> None:
    """Delete one of the things that the phone sent."""
    audit.record(session, actor, "upload.delete", device, {"file": (upload.name, None)})
    session.delete(upload)
