"""How a device does, and when its phone will have what was changed: in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.devices.conditions import Standing
from portal.models import Device
from portal.shell import ago
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


def status_of(device: Device, standing: Standing, now: datetime) -> Status:
    """Return the one thing to know about a device in a list."""
    kind, icon, text, tell = _WORDS[standing.key]
    seen_at = device.last_seen_at
    if seen_at is not None and standing.key in {"late", "pending", "ok"}:
        text = (
            f"seen {ago(seen_at, now)}" if standing.key == "ok" else f"{text}, {_seen(device, now)}"
        )
    elif standing.key == "refused" and device.refused_at is not None:
        text = f"{text} {ago(device.refused_at, now)}"
    return Status(kind, text, icon, tell(device, standing))


def _seen(device: Device, now: datetime) -> str:
    return f"seen {ago(device.last_seen_at, now)}" if device.last_seen_at else "never seen"


def _tell_pending(_device: Device, standing: Standing) -> str:
    if not standing.changes:
        return ""
    what, at = standing.latest
    return f"It lacks the change of {what} of {when(at)}"


def _tell_late(_device: Device, standing: Standing) -> str:
    return "Two fetches are missed" + (", and so the last change" if standing.is_behind else "")


# Of each of conditions.KEYS: kind and icon of the macro `status`, words, and since when or why, as
# far as the words do not say it.
_WORDS: dict[str, tuple[str, str, str, Callable[[Device, Standing], str]]] = {
    "retired": ("off", "off", "retired", lambda _d, _s: "It gets no file"),
    "locked": (
        "bad", "lock", "locked", lambda d, _s: f"Since {when(d.locked_at)}: {d.lock_reason}"
    ),
    "reset": (
        "warn", "warning", "asks after a reset",
        lambda d, _s: f"Came from {d.reset_address} as a new phone, {when(d.reset_at)}",
    ),
    "no-model": ("bad", "error", "model unknown", lambda _d, _s: "No file can be made for it"),
    "refused": (
        "bad", "error", "refused",
        lambda d, _s: f"It called {when(d.refused_at)} and got no file of its own: {d.refusal}",
    ),
    "late": ("warn", "warning", "late", _tell_late),
    "pending": ("warn", "clock", "pending", _tell_pending),
    "ok": ("ok", "check", "up to date", lambda _d, _s: ""),
    "stock": ("off", "dot", "in stock", lambda _d, _s: ""),
    "waiting": (
        "info", "clock", "waiting", lambda d, _s: f"Set-up window open until {when(d.window_until)}"
    ),
    "never": ("warn", "warning", "never seen", lambda _d, _s: "Its set-up window is closed"),
}  # fmt: skip
LABELS = {key: words[2] for key, words in _WORDS.items()}


def delivery_of(device: Device, standing: Standing, interval_s: int, now: datetime) -> Delivery:
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
    if standing.is_behind:
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
    if device.state == "stock":
        return Delivery(
            "info",
            "In stock",
            "Its set-up window opens when it gets a customer; to set it up before, allow it.",
            needs_window=True,
        )
    return Delivery(
        "warn",
        "The phone is not set up, and may not do so now",
        "Allow set-up, then restart the phone: it fetches its file at once.",
        needs_window=True,
    )


def _by(due: datetime, now: datetime) -> str:
    minutes = int((due - now).total_seconds() // 60) + 1
    if minutes <= 0:
        return f"any moment now (due since {when(due)})"
    left = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    return f"by {when(due)}, in {left}"
