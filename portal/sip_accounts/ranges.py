"""Accounts made by the dozen: which ones a person means, and which of them there are already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.errors import RuleBroken, parsed
from portal.models import Customer
from portal.port_patterns import read_pattern
from portal.sip_accounts.queries import taken_names
from portal.values import parse_line, parse_sip_user

# What stands in a pattern of display names for the account's user name.
PLACE = "*"
# As long as a display name may be.
LONGEST = 200


@dataclass(frozen=True)
class Planned:
    """One account of a range; one that exists already is left alone."""

    user_name: str
    display_name: str
    exists: bool


def plan(session: Session, users: str, names: str, customer: Customer | None) -> list[Planned]:
    """Return every account of `users` ("101 to 148", "101, 102, 105"), in its order.

    `names` makes the display names: ``*`` in it stands for the user name, empty makes none. Raises
    RuleBroken on "users" or "display_names".
    """
    try:
        meant = [parse_sip_user(user) for user in read_pattern(users).values()]
    except ValueError as error:
        raise RuleBroken(str(error), "users") from None
    if not meant:
        raise RuleBroken("Write which accounts: 101 to 148, or 101, 102, 105", "users")
    if twice := next((user for user in meant if meant.count(user) > 1), ""):
        raise RuleBroken(f"{twice} is named twice", "users")
    pattern = _pattern(names, max(map(len, meant)))
    taken = taken_names(session, meant, customer)
    return [Planned(user, pattern.replace(PLACE, user), user in taken) for user in meant]


def digest_of(rows: Iterable[Planned]) -> str:
    """Return a mark of a plan, to notice that it is not what the person saw any more."""
    told = [(row.user_name, row.display_name, row.exists) for row in rows]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _pattern(names: str, longest_user: int) -> str:
    pattern = parsed("display_names", parse_line, names)
    if len(pattern) + pattern.count(PLACE) * longest_user > LONGEST:
        raise RuleBroken(f"A display name has up to {LONGEST} characters", "display_names")
    return pattern
