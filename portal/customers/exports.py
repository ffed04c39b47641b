"""Customers as a list."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.customers.queries import matching
from portal.models import Customer, Profile
from portal.models.base import utc_now
from portal.provision.levels import level_at
from portal.spreadsheets import Column, Listing

_COLUMNS = (
    Column("Customer", 30),
    Column("Allowed networks", 36),
    Column("Default profile", 22),
    Column("Trust level", 14),
    Column("Note", 50),
)
_AT_ONCE = 1_000


def listing(session: Session, q: str = "", has_free: bool = False) -> Listing:
    """Return all customers whose name holds `q`, or only those of them with free accounts; rows are
    read as they are used."""
    return Listing("customers", _COLUMNS, _rows(session, q, has_free))


def _rows(session: Session, q: str, has_free: bool) -> Iterator[list[str]]:
    profile = select(Profile.name).where(Profile.id == Customer.default_profile_id)
    columns = matching(q, has_free).with_only_columns(
        Customer.name,
        Customer.networks,
        profile.scalar_subquery(),
        Customer.trust_level,
        Customer.trust_level_until,
        Customer.trust_level_then,
        Customer.note,
    )
    found = columns.order_by(Customer.name).execution_options(yield_per=_AT_ONCE)
    now = utc_now()
    for name, networks, default, level, until, then, note in session.execute(found):
        yield [name, ", ".join(networks), default or "", level_at(now, level, until, then), note]
