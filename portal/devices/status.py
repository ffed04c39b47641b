"""How a device does, and when its phone will have what was changed: in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.models import Device
from portal.shell import when as _when


@dataclass(frozen=True)
class Status:
    """`kind` and `icon` are those of the macro `status`; `more` says since when, or why."""

    kind: str
    text: str
    icon: str
    more: str = ""


@dataclass(frozen=True)
class Delivery:
    """When the phone will have its file as it is; `needs_window`: not until set-up is allowed."""

    kind: str
    title: str
    text: str
    needs_window: bool = False


def when(at: datetime | None) -> str:
    """Return a time that a sentence does not break."""
    return _when(at).replace("-", "\u2011").replace(" ", "\u00a0")


def is_window_open(device: Device, now: datetime) -> bool:
    return device.window_until is not None and now < device.window_until


def is_change_pending(device: Device) -> bool:
    """Was the device changed since the phone last fetched its file?"""
    return device.last_fetched_at is None or device.changed_at > device.last_fetched_at


def status_of(device: Device, now: datetime) -> Status:
    """Return the one thing to know about a device in a list."""
    if device.state == "retired":
        return Status("off", "retired", "off", "It gets no file")
    if device.locked_at is not None:
        why = f"Since {when(device.locked_at)}: {device.lock_reason}"
        return Status("bad", "locked", "lock", why)
    if device.reset_at is not None:
        why = f"Came from {device.reset_address} as a new phone, {when(device.reset_at)}"
        return Status("warn", "asks after a reset", "warning", why)
    if not device.family:
        return Status("bad", "model unknown", "error", "No file can be made for it")
    if device.last_seen_at is not None:
        return _status_of_seen(device, device.last_seen_at, now)
    if device.state == "stock":
        return Status("off", "in stock", "dot", "It belongs to nobody yet")
    if is_window_open(device, now):
        return Status(
            "info", "waiting", "clock", f"Set-up window open until {when(device.window_until)}"
        )
    return Status("warn", "never seen", "warning", "Its set-up window is closed")


def _status_of_seen(device: Device, seen_at: datetime, now: datetime) -> Status:
    seen = f"Last seen {when(seen_at)}"
    if is_change_pending(device):
        text = f"pending, seen {ago(seen_at, now)}"
        return Status("warn", text, "clock", f"Changed since its last fetch. {seen}")
    return Status("ok", f"seen {ago(seen_at, now)}", "check", seen)


def delivery_of(device: Device, interval_s: int, now: datetime) -> Delivery:
    """Return when the phone will have the file; it fetches every `interval_s` and at each start."""
    if device.state == "retired":
        return Delivery("info", "Retired", "It gets no file any more, and its accounts are free.")
    if device.locked_at is not None:
        return Delivery("bad", "The phone is locked", f"It gets no account: {device.lock_reason}.")
    if device.reset_at is not None:
        return Delivery(
            "warn",
            "The phone asks as a new one",
            f"It was set up before, and came from {device.reset_address} without its address: a "
            "factory reset, or somebody else. It gets no account until you decide.",
            needs_window=True,
        )
    if not device.family:
        return Delivery(
            "bad", "No file can be made", "Its model is not known. Edit the device and choose one."
        )
    if device.last_seen_at is None or device.token_hash is None:
        return _delivery_at_first(device, now)
    interval = timedelta(seconds=interval_s)
    due = device.last_seen_at + interval
    if due + interval <= now:
        return Delivery(
            "warn",
            "The phone is late",
            f"It was last here {when(device.last_seen_at)} and should have fetched its file by "
            f"{when(due)}. Check that it has power and network; a restart fetches at once.",
        )
    if is_change_pending(device):
        return Delivery(
            "info",
            "The phone does not have the last change yet",
            f"It fetches it {_by(due, now)}; a restart fetches at once.",
        )
    return Delivery(
        "ok",
        "The phone has what was changed here",
        f"It fetched its file {when(device.last_fetched_at)}, and does so again {_by(due, now)}.",
    )


def _delivery_at_first(device: Device, now: datetime) -> Delivery:
    if is_window_open(device, now):
        return Delivery(
            "info",
            "Waiting for the phone to set itself up",
            f"It may do so until {when(device.window_until)}, and has its file then.",
        )
    return Delivery(
        "warn",
        "The phone is not set up, and may not do so now",
        "Allow set-up, then restart the phone: it fetches its file at once.",
        needs_window=True,
    )


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago `at` was: ``just now``, ``5 min ago``, ``3 h ago``, ``12 days ago``."""
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86400)} days ago"


def _by(due: datetime, now: datetime) -> str:
    minutes = int((due - now).total_seconds() // 60) + 1
    if minutes <= 0:
        return f"any moment now (due since {when(due)})"
    left = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    return f"by {when(due)}, in {left}"
