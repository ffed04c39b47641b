"""Trust levels of customers: how their phones prove themselves. Pure."""

from __future__ import annotations

from datetime import datetime

# Certificate alone; any proof; the MAC suffices in the customer's networks. The safest first.
STRICT, STANDARD, LAN = LEVELS = ("strict", "standard", "lan")


def level_at(now: datetime, level: str, until: datetime | None, then: str) -> str:
    """Return the level that holds now: a lowered one ends by itself, `then` another holds."""
    return then if until is not None and now >= until and then in LEVELS else level


def is_lower(level: str, than: str) -> bool:
    """Does `level` ask for less proof?"""
    return LEVELS.index(level) > LEVELS.index(than)
