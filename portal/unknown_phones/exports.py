"""Unknown phones as a list; its first columns are those that an import reads."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from portal.models import Customer, UnknownPhone
from portal.shell import when
from portal.spreadsheets import Column, Listing
from portal.unknown_phones import advice
from portal.unknown_phones.queries import Filters, matching
from portal.values import format_mac
from portal.vendors import FAMILIES

_COLUMNS = (
    Column("MAC", 20, is_code=True),
    Column("Model", 16),
    Column("Vendor", 16),
    Column("Customer", 24),
    Column("Address", 18),
    Column("Asked for", 28),
    Column("Problem", 48),
    Column("What to do", 48),
    Column("Calls", 8),
    Column("First call", 20),
    Column("Last call", 20),
    Column("User-Agent", 40),
    Column("Ignored", 10),
)
_AT_ONCE = 1_000


def listing(session: Session, filters: Filters) -> Listing:
    """Return all phones that the filter lets through; rows are read as they are used."""
    return Listing("unknown-phones", _COLUMNS, _rows(session, filters))


def _rows(session: Session, filters: Filters) -> Iterator[list[str]]:
    found = (
        matching(filters)
        .outerjoin(Customer, Customer.id == UnknownPhone.customer_id)
        .add_columns(Customer.name)
        .order_by(UnknownPhone.last_at.desc(), UnknownPhone.id.desc())
        .execution_options(yield_per=_AT_ONCE)
    )
    for phone, customer in session.execute(found):
        vendor, model = advice.guessed(phone, FAMILIES)
        yield [
            format_mac(phone.mac) if phone.mac else "",
            model,
            vendor,
            customer or "",
            phone.address,
            phone.filename,
            *advice.advice_for(phone, FAMILIES),
            str(phone.count),
            when(phone.first_at),
            when(phone.last_at),
            phone.user_agent,
            "yes" if phone.is_ignored else "no",
        ]
