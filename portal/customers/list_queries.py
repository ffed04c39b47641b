"""Reading what a list of customers is compared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.crypto import Sealer
from portal.customers import lists
from portal.customers.lists import CustomerFacts
from portal.imports.queries import batches
from portal.imports.sheets import one_line
from portal.list_imports.plan import Row
from portal.list_imports.reading import Choices
from portal.models import Customer, Device, Profile, SipAccount
from portal.models.base import utc_now
from portal.provision.levels import LAN, level_at


def compare(session: Session, _sealer: Sealer, rows: Sequence[Row], _choices: Choices) -> None:
    """Find what each row of a list is about, and what it changes."""
    lists.compare(rows, _stored(session), list(session.scalars(select(Profile.name))))


def _stored(session: Session) -> dict[str, CustomerFacts]:
    now = utc_now()
    profile = select(Profile.name).where(Profile.id == Customer.default_profile_id)
    columns = select(
        Customer.id,
        Customer.name,
        Customer.networks,
        profile.scalar_subquery(),
        Customer.note,
        Customer.trust_level,
        Customer.trust_level_until,
        Customer.trust_level_then,
    )
    found = {}
    for number, name, networks, default, note, level, until, then in session.execute(columns):
        holds = level_at(now, level, until, then)
        found[one_line(name).casefold()] = CustomerFacts(
            number, name, ", ".join(networks), default or "", holds, note, LAN in (level, then)
        )
    return found


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of those customers that exist."""
    found: dict[int, str] = {}
    for some in batches(ids):
        columns = select(Customer.id, Customer.name)
        found.update(session.execute(columns.where(Customer.id.in_(some))).all())
    return found


def in_use(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return why a customer cannot be deleted, of those that cannot."""
    found: dict[int, str] = {}
    for some in batches(ids):
        has_devices = select(Device.customer_id).where(Device.customer_id.in_(some))
        has_accounts = select(SipAccount.customer_id).where(SipAccount.customer_id.in_(some))
        used = select(Customer.id).where(
            or_(Customer.id.in_(has_devices), Customer.id.in_(has_accounts))
        )
        found |= dict.fromkeys(session.scalars(used), "It has devices or SIP accounts")
    return found
