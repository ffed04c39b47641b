"""Who may fetch what. Pure: plain values in, a decision out.

`after_proof` is for phones that showed a proof, `over_site` for those that know only the site
address. Both say what the phone gets, what is done about it, and why, for our check-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from portal.provision.claims import Claim
from portal.provision.levels import LAN, STRICT
from portal.values import in_networks, network_around
from portal.vendors.schema import Families, SeenAgent

# What the proofs before the present ones are still good for.
VALID, TRAP, WIPE = "valid", "trap", "wipe"

TWO_NETWORKS = timedelta(minutes=10)
# IPv4 and IPv6: as wide as what providers hand out, so that a line's new address is no other place.
PLACE_BITS = 16, 32
WIPE_AGAIN = timedelta(minutes=30)  # a phone fetches more than one file
WAS_HERE = timedelta(days=30)
A_DAY = timedelta(days=1)
AGAIN_A_DAY = 5  # releases by themselves after a reset, for one customer

Proof = Literal["certificate", "token", "digest", "basic", "network"]


@dataclass(frozen=True)
class Decision:
    """What a phone gets: its ``own`` file, the ``harmless`` one, the one that ``wipe``s, ``none``.

    `does`: ``release`` its proofs, ``release again``, ``forget`` the old ones,
    ``lock`` it, note a ``reset``, note that it is ``wiped``; empty: nothing is written. `kind`: by
    which right it is released.
    """

    gives: Literal["own", "harmless", "wipe", "none"]
    reason: str = ""
    does: Literal["", "release", "release again", "forget", "lock", "reset", "wiped"] = ""
    kind: Literal["window", "certificate", "network"] = "window"


@dataclass(frozen=True)
class Caller:
    """Who asks: its address, and what its User-Agent says of vendor and MAC, if anything."""

    address: str
    seen: SeenAgent | None = None


@dataclass(frozen=True)
class Circumstances:
    """What else decides over the site address.

    `owner` is the customer whose site token it is, 0 for the whole portal's; `certificate` the MAC
    that a certificate proved. `asks_first`: an alert is on, so nothing is released by itself.
    `was_here` and `again_today` are asked only for a phone that was reset: did it prove itself from
    this address lately, and how often was a phone of the customer released again today?
    """

    owner: int
    certificate: str | None
    asks_first: bool
    was_here: Callable[[], bool]
    again_today: Callable[[], int]


def after_proof(
    claim: Claim | None,
    proof: Proof,
    is_old: bool,
    caller: Caller,
    families: Families,
    now: datetime,
) -> Decision:
    """Decide for a phone that showed a proof; `is_old`: one from before the present ones."""
    if claim is None:
        return Decision("none", "proof belongs to no device")
    if claim.state == "retired":
        wipes = is_old and claim.old_proofs == WIPE
        if wipes and (claim.wiped_at is None or now < claim.wiped_at + WIPE_AGAIN):
            return Decision("wipe", "device is retired", "" if claim.wiped_at else "wiped")
        return Decision("none", "device is retired")
    if claim.level == STRICT and proof != "certificate":
        return Decision("none", "customer takes certificates only")
    if claim.is_locked:
        return Decision("harmless", f"device is locked: {claim.lock_reason}"[:200])
    if is_old and claim.old_proofs == TRAP:
        return Decision("harmless", "old proof after a reset: two phones claim to be it", "lock")
    if proof in {"token", "digest", "basic"}:
        if contradiction := contradicts(claim, caller, families):
            return Decision("harmless", contradiction, "lock")
        if _is_in_two_networks(claim, caller.address, families, now):
            return Decision("harmless", "its proof came from two networks within minutes", "lock")
    if claim.old_proofs and not is_old and claim.old_proofs == VALID:
        return Decision("own", does="forget")
    return Decision("own")


def over_site(
    claim: Claim | None,
    caller: Caller,
    families: Families,
    around: Circumstances,
    now: datetime,
) -> Decision:
    """Decide for a phone that knows the site address."""
    if reason := _never_over_site(claim, caller, families, around):
        return Decision("harmless", reason)
    assert claim is not None  # noqa: S101 - refused above; for the type checker
    if around.certificate == claim.mac:
        return Decision("own", does="" if claim.bound_at else "release", kind="certificate")
    if claim.level == STRICT:
        return Decision("harmless", "customer takes certificates only")
    if claim.networks and not in_networks(caller.address, claim.networks):
        return Decision("harmless", "address is outside the customer's networks")
    if claim.level == LAN and claim.networks:
        return Decision("own", does="" if claim.bound_at else "release", kind="network")
    closed = _window_closed(claim, caller, around, now)
    if claim.bound_at is None:
        return Decision("harmless", closed) if closed else Decision("own", does="release")
    if not closed:
        return Decision("own", does="" if claim.window_address else "release again")
    return _after_reset(around)


def by_network(claim: Claim | None, address: str) -> bool:
    """Does the MAC alone suffice, since the phone is in networks that its customer trusts?"""
    return (
        claim is not None
        and claim.level == LAN
        and claim.state != "retired"
        and in_networks(address, claim.networks)
    )


def contradicts(claim: Claim, caller: Caller, families: Families) -> str:
    """Return why a User-Agent cannot be that device's; empty when it can, or says nothing."""
    seen = caller.seen
    if seen is None:
        return ""
    if seen.mac and seen.mac != claim.mac:
        return "User-Agent names another MAC"
    family = families.get(claim.family)
    if family and seen.family != claim.family and families[seen.family].vendor != family.vendor:
        return "User-Agent of another vendor"
    return ""


def _never_over_site(
    claim: Claim | None, caller: Caller, families: Families, around: Circumstances
) -> str:
    if claim is None:
        return "not in the inventory"
    if claim.state == "retired":
        return "device is retired"
    if around.owner and claim.customer_id != around.owner:
        return "site address of another customer"
    if claim.is_locked:
        return f"device is locked: {claim.lock_reason}"[:200]
    if not claim.family:
        return "model not known yet"
    return contradicts(claim, caller, families)


def _window_closed(claim: Claim, caller: Caller, around: Circumstances, now: datetime) -> str:
    """Return why the window does not let the phone in; empty when it does."""
    if claim.window_until is None:
        return "set-up window was never opened"
    if now >= claim.window_until:
        return "set-up window is closed"
    if claim.window_address and claim.window_address != caller.address:
        return "set-up window is for another address"
    if around.asks_first and not claim.window_by_person and not claim.window_address:
        return "too many unknown phones: set-up has to be allowed by a person"
    return ""


def _after_reset(around: Circumstances) -> Decision:
    """Decide for a phone that has proofs, yet came without (factory reset)."""
    if around.asks_first:
        return Decision("harmless", "reset, and too many unknown phones: a person decides", "reset")
    if not around.was_here():
        return Decision("harmless", "reset, and comes from a new place: a person decides", "reset")
    if around.again_today() >= AGAIN_A_DAY:
        why = f"reset, and {AGAIN_A_DAY} phones of the customer were today: a person decides"
        return Decision("harmless", why, "reset")
    return Decision("own", does="release again")


def _is_in_two_networks(claim: Claim, address: str, families: Families, now: datetime) -> bool:
    """Was the proof used elsewhere a few minutes ago? A customer's own networks are one place."""
    if claim.last_seen_at is None or now - claim.last_seen_at > TWO_NETWORKS:
        return False
    family = families.get(claim.family)
    if family is None or family.address_only or not claim.last_address:
        return False  # a program on a mobile phone changes its network all day
    places = address, claim.last_address
    if all(in_networks(place, claim.networks) for place in places):
        return False
    return len({network_around(place, *PLACE_BITS) for place in places}) > 1
