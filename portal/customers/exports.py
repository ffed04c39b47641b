"""Customers as a list."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.customers.queries import matching
from portal.models import Customer, Profile
from portal.spreadsheets import Column, Listing

_COLUMNS = (
    Column("Customer", 30),
    Column("Allowed networks", 36),
    Column("Default profile", 22),
    Column("Note", 50),
)
_AT_ONCE = 1_000


def listing(session: Session, q: str = "") -> Listing:
    """Return all customers whose name holds `q`; rows are read as they are used."""
    return Listing("customers", _COLUMNS, _rows(session, q))


def _rows(session: Session, q: str) -> Iterator[list[str]]:
    profile = select(Profile.name).where(Profile.id == Customer.default_profile_id)
    columns = matching(q).with_only_columns(
        Customer.name, Customer.networks, profile.scalar_subquery(), Customer.note
    )
    found = columns.order_by(Customer.name).execution_options(yield_per=_AT_ONCE)
    for name, networks, default, note in session.execute(found):
        yield [name, ", ".join(networks), default or "", note]
