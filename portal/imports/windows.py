"""The column for set-up windows: how long a phone may fetch its first file. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from portal.imports.problems import Problem
from portal.imports.validate import Row
from portal.imports.window_texts import LONGEST, SHORTEST, end_of, parsed


class Window(NamedTuple):
    """What is stored of a device's window. `is_bound`: its phone was set up once already."""

    until: datetime | None = None
    is_bound: bool = False
    is_retired: bool = False


def settle_window(row: Row, stored: Window | None, now: datetime) -> None:
    """Note what the row's window changes; `stored` is None for a new device.

    An import never opens the window again of a phone that was set up, and a list that is uploaded
    again leaves a window as it is.
    """
    told = row.values.get("window")
    if told is None:
        return
    until = end_of(told, now) if told else None
    is_valid = until is None or SHORTEST <= until - now <= LONGEST
    if stored is None:
        if not is_valid:
            message = f"The set-up window would end {_shown(until)}, not within the next 7 days"
            row.problems += (Problem("window_invalid", "window", message),)
        elif not told:
            del row.values["window"]
        return
    if until is None:
        is_open = stored.until is not None and now < stored.until
        reason = None if is_open else ""
    elif until == stored.until:
        reason = ""
    else:
        reason = _why_not(row, stored, until, is_valid, now)
    if reason is None:
        old = stored.until.isoformat(" ", "seconds") if stored.until else ""
        row.changes["window"] = [old, told]
        return
    del row.values["window"]
    if reason:
        row.warnings += (reason,)


def _why_not(
    row: Row, stored: Window, until: datetime, is_valid: bool, now: datetime
) -> str | None:
    if stored.is_retired:
        return "The device is retired: its set-up window stays closed"
    if stored.is_bound:
        return "The phone is set up already: an import does not open its set-up window again"
    if not is_valid:
        return f"{_shown(until)} is not within the next 7 days: its set-up window stays as it is"
    is_length = isinstance(parsed(row.values["window"]), timedelta)
    is_open = stored.until is not None and now < stored.until <= until
    if is_length and is_open and "customer" not in row.changes:
        return f"Its set-up window is open until {_shown(stored.until)} already, and stays so"
    return None


def _shown(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
