"""Time zones as phones want them: offset and daylight saving rule, from the IANA data. Pure.

Each zone's data file ends with its rule for the years to come as a POSIX TZ text (RFC 9636, 3.3),
such as ``CET-1CEST,M3.5.0,M10.5.0/3``. That rule is what phones are told.
"""

from __future__ import annotations

import importlib.resources
import re
from dataclasses import dataclass
from functools import cache

_NAME = r"(?:[A-Za-z]{3,}|<[^>]+>)"
_OFFSET = r"[+-]?\d{1,3}(?::\d{2}){0,2}"
_POSIX = re.compile(
    rf"(?P<std>{_NAME})(?P<std_offset>{_OFFSET})"
    rf"(?:(?P<dst>{_NAME})(?P<dst_offset>{_OFFSET})?,(?P<start>[^,]+),(?P<end>[^,]+))?"
)
_RULE = re.compile(rf"M(?P<month>\d+)\.(?P<week>\d)\.(?P<day>\d)(?:/(?P<time>{_OFFSET}))?")


@dataclass(frozen=True)
class Change:
    """When clocks change: `month` 1–12, `week` 1–5 (5: the last), `weekday` 0–6 (0: Sunday),
    `minute` of that day in the time valid before the change."""

    month: int
    week: int
    weekday: int
    minute: int

    @property
    def hour(self) -> int:
        return self.minute // 60


@dataclass(frozen=True)
class Zone:
    """`offset_min` is minutes east of UTC in standard time; `save_min` what summer adds."""

    name: str
    posix: str
    offset_min: int
    save_min: int = 0
    start: Change | None = None
    end: Change | None = None

    @property
    def has_summer_time(self) -> bool:
        return self.start is not None

    @property
    def offset_text(self) -> str:
        """``+1``, ``-3:30``, ``0``."""
        hours, minutes = divmod(abs(self.offset_min), 60)
        sign = "-" if self.offset_min < 0 else "+" if self.offset_min else ""
        return f"{sign}{hours}" + (f":{minutes:02}" if minutes else "")


@cache
def zone(name: str) -> Zone:
    """Return what the IANA data says of zone `name`; raises ValueError on an unknown name.

    Rules that count days of the year (``J79``) have no form that phones understand; such a zone
    is returned without summer time.
    """
    posix = _posix_text(name)
    match = _POSIX.fullmatch(posix)
    if match is None:
        raise ValueError(f"The rule of time zone “{name}” cannot be read: {posix}")
    offset = -_minutes(match["std_offset"])
    start, end = _change(match["start"]), _change(match["end"])
    if start is None or end is None:
        return Zone(name, posix, offset)
    summer = -_minutes(match["dst_offset"]) if match["dst_offset"] else offset + 60
    if summer < offset:  # Europe/Dublin calls its summer time standard and saves in winter
        return Zone(name, posix, summer, offset - summer, end, start)
    return Zone(name, posix, offset, summer - offset, start, end)


def _posix_text(name: str) -> str:
    folder = importlib.resources.files("tzdata") / "zoneinfo"
    if ".." in name or not name:
        raise ValueError(f"“{name}” is not a time zone")
    try:
        data = folder.joinpath(*name.split("/")).read_bytes()
    except OSError:
        raise ValueError(f"“{name}” is not a time zone") from None
    return data.rsplit(b"\n", 2)[1].decode()


def _change(rule: str | None) -> Change | None:
    match = _RULE.fullmatch(rule or "")
    if match is None:
        return None
    minute = _minutes(match["time"]) if match["time"] else 120
    return Change(int(match["month"]), int(match["week"]), int(match["day"]), minute)


def _minutes(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, *rest = text.lstrip("+-").split(":")
    return sign * (int(hours) * 60 + (int(rest[0]) if rest else 0))
