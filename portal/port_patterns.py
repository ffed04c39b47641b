"""Which accounts go on which ports, as people write it: “101..148 on ports 1..48”. Pure."""

from __future__ import annotations

import re

from portal.values import parse_sip_user

# No device of any family has more ports.
MAX_PORT = 512

_TO = r"\s*(?:\.\.+|…|-|–|to|bis|à|al?)\s*"
# 101..148   101-148 on ports 1..48   101 bis 148
_ACCOUNTS = re.compile(
    rf"(\d{{1,15}}){_TO}(\d{{1,15}})"
    r"(?:\s*(?:on|auf|sur|en|su)?\s*(?:ports?|anschl\w+|puertos?|porte)\s*"
    rf"(\d{{1,3}})(?:{_TO}(\d{{1,3}}))?)?",
    re.IGNORECASE,
)
_PORTS = re.compile(rf"(?:ports?\s*)?(\d{{1,3}})(?:{_TO}(\d{{1,3}}))?", re.IGNORECASE)


def read_pattern(text: str) -> dict[int, str]:
    """Return port -> user name for “101..148 on ports 1..48”, “101-148” or “101, 102, 105”.

    Without ports it begins at port 1. Raises ValueError with a sentence.
    """
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    match = _ACCOUNTS.fullmatch(text.strip())
    if not match:
        if len(parts) > MAX_PORT:
            raise ValueError(f"“{text[:60]}” are more than {MAX_PORT} accounts")
        return {number: parse_sip_user(part) for number, part in enumerate(parts, 1)}
    first, last = int(match[1]), int(match[2])
    start = int(match[3] or 1)
    count = last - first + 1
    if not 0 < count <= MAX_PORT or start + count - 1 > MAX_PORT:
        raise ValueError(f"“{text[:60]}” is no range of up to {MAX_PORT} accounts, low to high")
    if match[4] and int(match[4]) - start + 1 != count:
        ports = int(match[4]) - start + 1
        raise ValueError(f"“{text[:60]}” puts {count} accounts on {ports} ports")
    width = len(match[1])
    return {start + place: str(first + place).zfill(width) for place in range(count)}


def read_ports(text: str) -> tuple[int, int | None]:
    """Return the first port and the last, None if it is open, of “1-48”, “ports 1 to 48” or “5”."""
    match = _PORTS.fullmatch(text.strip())
    if not match:
        raise ValueError(f"“{text[:60]}” names no ports; write 1-48, or the first one alone")
    first, last = int(match[1]), int(match[2]) if match[2] else None
    if not 1 <= first <= (last or first) <= MAX_PORT:
        raise ValueError(f"“{text[:60]}” is no range of ports from 1 to {MAX_PORT}, low to high")
    return first, last


def read_fill(ports: str, accounts: str) -> dict[int, str]:
    """Return port -> user name; `ports` empty: from port 1, or as `accounts` itself says."""
    found = read_pattern(accounts)
    if not found:
        raise ValueError("Write which accounts: 101-148, or 101, 102, 105")
    if len(set(found.values())) < len(found):
        twice = next(user for user in found.values() if [*found.values()].count(user) > 1)
        raise ValueError(f"{twice} is named twice")
    if not ports.strip():
        return found
    if min(found) != 1:
        raise ValueError("The ports are named twice; name them in one of the two places")
    first, last = read_ports(ports)
    count = (last or 0) - first + 1
    if last is not None and count != len(found):
        raise ValueError(
            f"Ports {first} to {last} are {count}, “{accounts.strip()[:60]}” are {len(found)} "
            "accounts; make them the same number, or name the first port alone"
        )
    if first + len(found) - 1 > MAX_PORT:
        raise ValueError(f"No device has more than {MAX_PORT} ports")
    return {first + place: user for place, user in enumerate(found.values())}
