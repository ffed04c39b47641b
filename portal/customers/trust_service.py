"""Writing how a customer's phones prove themselves, and its site address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import audit, crypto
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import Customer, Site
from portal.provision.levels import LAN, LEVELS, is_lower, level_at

LONGEST = timedelta(days=365)


def set_trust_level(
    session: Session,
    actor: Actor,
    now: datetime,
    customer: Customer,
    level: str,
    until: datetime | None = None,
) -> None:
    """Change how the customer's phones prove themselves.

    `until`: a lowered level ends then, and the present one holds again. Raises RuleBroken on
    "level" or "until".
    """
    present = level_of(customer, now)
    if level not in LEVELS:
        raise RuleBroken(f"A trust level is one of {', '.join(LEVELS)}", "level")
    if level == LAN and not customer.networks:
        raise RuleBroken(
            f"{customer.name} has no allowed networks: without them the level “lan” would give "
            "every file to everybody. Add its networks first.",
            "level",
        )
    if until is not None:
        if not is_lower(level, present):
            raise RuleBroken(
                "Only a lowered level can end by itself; leave the time empty", "until"
            )
        if not timedelta(0) < until - now <= LONGEST:
            raise RuleBroken("The time lies ahead, within a year", "until")
    before = _facts(customer, now)
    customer.trust_level, customer.trust_level_until = level, until
    customer.trust_level_then = present if until is not None else ""
    if changes := audit.diff(before, _facts(customer, now)):
        audit.record(session, actor, "customer.trust_level", customer, changes)


def renew_site_address(
    session: Session, actor: Actor, sealer: crypto.Sealer, owner: Customer | Site
) -> None:
    """Give a customer, or the whole portal, another site address; the present one stops at once.

    Phones that are set up have addresses of their own and notice nothing.
    """
    token = crypto.new_token()
    owner.site_token_hash = crypto.digest_of(token)
    owner.site_token_sealed = sealer.seal(token)
    changes = {"site address": (None, audit.CHANGED)}
    is_site = isinstance(owner, Site)
    action = "site.renew_site_address" if is_site else "customer.renew_site_address"
    audit.record(session, actor, action, owner, changes)


def level_of(customer: Customer, now: datetime) -> str:
    """Return the trust level that holds now."""
    return level_at(
        now, customer.trust_level, customer.trust_level_until, customer.trust_level_then
    )


def _facts(customer: Customer, now: datetime) -> dict[str, str | None]:
    is_ahead = customer.trust_level_until is not None and customer.trust_level_until > now
    return {
        "trust level": level_of(customer, now),
        "until": customer.trust_level_until.isoformat()
        if is_ahead and customer.trust_level_until
        else None,
    }
