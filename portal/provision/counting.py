"""How refused requests add up to a ban or an alert. Pure.

What is counted are distinct MACs and malformed names, per address, per site address and in all;
nothing that showed a proof ever is.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.provision.asked import PhoneRequest
from portal.values import network_around

ADDRESS, SITE, ALL = "address", "site", "all"


@dataclass(frozen=True)
class Limit:
    """So many distinct MACs and names within this time are too many."""

    count: int
    within: timedelta
    sentence: str


LIMITS = {
    ADDRESS: Limit(10, timedelta(minutes=10), "{count} MACs or names refused within 10 minutes"),
    SITE: Limit(50, timedelta(hours=1), "{count} unknown MACs within an hour"),
    ALL: Limit(200, timedelta(minutes=10), "{count} MACs refused within 10 minutes in all"),
}

# A refusal weighs this much once it counts. A wrong answer to a challenge weighs 1: three for one
# MAC count. A first request without credentials weighs nothing, it is how Digest begins; it counts
# when no right answer came within the grace.
COUNTS = 3
GRACE = timedelta(seconds=30)

FIRST, LONGEST = timedelta(hours=1), timedelta(hours=24)
FORGIVEN = timedelta(days=7)  # then the next ban is a first one again
_CLOCK_SLACK = timedelta(minutes=1)

# 805ec0d57d72 in 805ec0d57d72.cfg, SEP805EC0D57D72.cnf.xml, 80-5e-c0-d5-7d-72.xml
_MAC = re.compile(r"(?i)(?<![0-9a-f])(?:[0-9a-f]{2}[-:]?){5}[0-9a-f]{2}(?![0-9a-f])")


def key_of(address: str) -> str:
    """Return what an address is counted as: itself, of IPv6 its /64."""
    return network_around(address, 32, 64).removesuffix("/32")[:60]


def what_is_refused(request: PhoneRequest, mac: str | None) -> str:
    """Return the MAC that was asked for, or a mark of the name when there is none in it."""
    if mac:
        return mac
    found = _MAC.search(request.path)
    if found:
        return re.sub(r"[-:]", "", found[0]).lower()
    return "name " + hashlib.sha256(request.path.encode()).hexdigest()[:16]


def length_of(bans_before: int) -> timedelta:
    """Return how long the next ban lasts: an hour, doubling to a day."""
    doubled: int = 2 ** min(bans_before, 10)
    return min(FIRST * doubled, LONGEST)


def is_in_force(since: datetime, until: datetime, now: datetime) -> bool:
    """Does a ban still hold? Not one from the future, and none longer than a day: clocks jump."""
    return since - _CLOCK_SLACK <= now < min(until, since + LONGEST)
