"""Writing customers: one function a verb; rules and audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.customers import queries
from portal.errors import RuleBroken, parsed
from portal.models import Customer, Device, Profile, SipAccount
from portal.models.base import utc_now
from portal.profiles.checks import check_settings
from portal.profiles.service import SECRETS
from portal.provision.levels import LAN


def create_customer(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    name: str,
    networks: Iterable[str] = (),
    default_profile: Profile | None = None,
    note: str = "",
) -> Customer:
    """Add a customer with a site token of its own. Raises RuleBroken on "name" or "networks"."""
    name, networks = _free_name(session, name), _networks(networks)
    customer = made_customer(sealer, name, networks, default_profile, note)
    session.add(customer)
    session.flush()
    audit.record(session, actor, "customer.create", customer, {"name": (None, customer.name)})
    return customer


def made_customer(
    sealer: crypto.Sealer,
    name: str,
    networks: list[str],
    default_profile: Profile | None,
    note: str,
) -> Customer:
    """Return a customer with a site token, to be added; its name and networks are checked."""
    token = crypto.new_token()
    return Customer(
        name=name,
        networks=networks,
        default_profile=default_profile,
        site_token_hash=crypto.digest_of(token),
        site_token_sealed=sealer.seal(token),
        settings={},
        note=note.strip(),
    )


def update_customer(
    session: Session,
    actor: Actor,
    customer: Customer,
    name: str,
    networks: Iterable[str],
    default_profile: Profile | None,
    note: str = "",
) -> None:
    """Change a customer. Raises RuleBroken on the field."""
    before = _facts(customer)
    if name.strip() != customer.name:
        customer.name = _free_name(session, name)
    customer.networks = _networks(networks)
    if not customer.networks and LAN in {customer.trust_level, customer.trust_level_then}:
        raise RuleBroken(
            "Its phones prove themselves by these networks alone; raise its trust level first",
            "networks",
        )
    if default_profile is not customer.default_profile:
        customer.default_profile_changed_at = utc_now()
    customer.default_profile = default_profile
    customer.note = note.strip()
    changes = audit.diff(before, _facts(customer))
    if changes:
        audit.record(session, actor, "customer.update", customer, changes)


def set_settings(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    customer: Customer,
    settings: Mapping[str, object],
) -> None:
    """Replace the customer's layer of settings. Raises RuleBroken on the setting's key."""
    before = customer.settings
    customer.settings = check_settings(settings, sealer)
    if changes := audit.diff(before, customer.settings, SECRETS):
        customer.settings_changed_at = utc_now()
        audit.record(session, actor, "customer.settings", customer, changes)


def delete_customer(session: Session, actor: Actor, customer: Customer) -> None:
    """Delete a customer that has nothing. Raises RuleBroken that counts what it has."""
    devices = session.scalar(
        select(func.count()).select_from(Device).where(Device.customer_id == customer.id)
    )
    accounts = session.scalar(
        select(func.count()).select_from(SipAccount).where(SipAccount.customer_id == customer.id)
    )
    if devices or accounts:
        raise RuleBroken(
            f"{customer.name} still has {devices} devices and {accounts} SIP accounts; "
            "move or delete them first"
        )
    audit.record(session, actor, "customer.delete", customer, {"name": (customer.name, None)})
    session.delete(customer)


def _facts(customer: Customer) -> dict[str, Any]:
    return {
        "name": customer.name,
        "networks": list(customer.networks),
        "default profile": customer.default_profile.name if customer.default_profile else None,
        "note": customer.note,
    }


def _free_name(session: Session, name: str) -> str:
    name = parsed("name", values.parse_line, name)
    if not name:
        raise RuleBroken("A customer needs a name", "name")
    if queries.find_customer_named(session, name):
        raise RuleBroken(f"There is a customer “{name}” already", "name")
    return name


def _networks(networks: Iterable[str]) -> list[str]:
    return parsed("networks", values.parse_networks, networks)
