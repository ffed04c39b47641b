"""Read how long a set-up window is open: 24h, 60 min, 7 days, or until when. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=7)
_MINUTES = {
    1: ("m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos", "minuti", "分钟"),
    60: ("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures",
         "hora", "horas", "ora", "ore", "小时"),
    1440: ("d", "day", "days", "tag", "tage", "tagen", "j", "jour", "jours", "día", "días", "dia",
           "dias", "giorno", "giorni", "天"),
}  # fmt: skip
_UNITS = {word: minutes for minutes, words in _MINUTES.items() for word in words}
_DURATION = re.compile(r"(\d{1,6})\s*([^\W\d_]+)\.?")


def read_window(text: str) -> str:
    """Return a duration or a time in one notation: “24h”, “7 days”, “2026-11-24 12:00+00:00”.

    Raises ValueError with a sentence for anything else, and for durations beyond the limits.
    """
    told = parsed(text)
    if isinstance(told, datetime):
        return told.isoformat(" ", "minutes")
    if not SHORTEST <= told <= LONGEST:
        raise ValueError(f"“{text[:40]}” is not between 1 minute and 7 days")
    minutes = int(told.total_seconds()) // 60
    if minutes % 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours // 24} days" if hours > 24 and hours % 24 == 0 else f"{hours}h"


def end_of(text: str, now: datetime) -> datetime:
    """Return when a window ends that `read_window` returned and that opens now."""
    told = parsed(text)
    return told if isinstance(told, datetime) else now + told


def parsed(text: str) -> timedelta | datetime:
    """Return how long, or until when. Raises ValueError with a sentence."""
    if match := _DURATION.fullmatch(text.strip()):
        if minutes := _UNITS.get(match[2].casefold()):
            return timedelta(minutes=int(match[1]) * minutes)
    elif not text.strip().isdecimal():  # 20261124 would be a date
        try:
            at = datetime.fromisoformat(text.strip())
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError(
        f"“{text[:40]}” is no length of time; write 60 min, 24h or 7 days, or a time such as "
        "2026-11-24 18:00 (UTC)"
    )
