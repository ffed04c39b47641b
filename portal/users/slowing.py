"""How guessing is slowed: what is counted, and how long the next try waits. Pure.

Three counters for each try, narrow to wide: this account from this place, this account from places
its owner never signed in from, this address. A browser that its owner signed in with before has a
counter of its own and minds no other, so whoever guesses elsewhere, even behind the same address,
never locks the owner out.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from portal.crypto import digest_of

# Without a wrong try for so long, counting starts anew.
FORGET_S = 3600


@dataclass(frozen=True)
class Curve:
    """`free` wrong tries cost nothing; then the wait doubles from 2 s up to `most_s`."""

    free: int
    most_s: int

    def wait_s(self, wrong: int) -> int:
        """Return the wait after so many wrong tries."""
        over = wrong - self.free
        return 0 if over < 0 else min(2 ** min(over + 1, 30), self.most_s)


@dataclass(frozen=True)
class Counter:
    key: str
    curve: Curve


@dataclass(frozen=True)
class Place:
    """Where a try comes from. `browser` is the mark of a browser, “” for one without."""

    address: str
    browser: str = ""
    knows_browser: bool = False
    knows_address: bool = False


_HERE = Curve(free=5, most_s=900)
_ADDRESS = Curve(free=20, most_s=60)
# Of passwords there are many, so a minute is enough; and it may be the owner, at a new place.
# Of six digits there are not: at one try in 15 minutes, half of them take 13 years.
_ACCOUNT = {"password": Curve(free=10, most_s=60), "code": Curve(free=10, most_s=900)}


def counters(what: str, who: str, place: Place) -> tuple[Counter, ...]:
    """Return what a try at `what` (“password”, “code”) of the account `who` counts for."""
    if place.knows_browser:
        return (Counter(_key(what, "browser", who, place.browser), _HERE),)
    network = network_of(place.address)
    here = Counter(_key(what, "here", who, network), _HERE)
    account = Counter(_key(what, "account", who), _ACCOUNT[what])
    address = Counter(_key("any", "address", network), _ADDRESS)
    return (here, address) if place.knows_address else (here, account, address)


def network_of(address: str) -> str:
    """Return an IPv4 address as it is, of an IPv6 address the /64 that one customer has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _key(*parts: str) -> str:
    # Hashed, since people type passwords into the field for the name.
    return digest_of("\0".join(parts))
