"""SIP accounts as a list; never their passwords."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.models import Customer, SipAccount
from portal.sip_accounts.queries import Filters, matching
from portal.spreadsheets import Column, Listing

_COLUMNS = (
    Column("User name", 18, is_code=True),
    Column("Auth name", 18, is_code=True),
    Column("Display name", 28),
    Column("Customer", 24),
    Column("External ID", 20, is_code=True),
    Column("Enabled", 10),
)
_AT_ONCE = 1_000


def listing(session: Session, filters: Filters) -> Listing:
    """Return all accounts that `filters` lets through; rows are read as they are used."""
    return Listing("accounts", _COLUMNS, _rows(session, matching(filters)))


def _rows(session: Session, found: Select[SipAccount]) -> Iterator[list[str]]:
    owner = select(Customer.name).where(Customer.id == SipAccount.customer_id).scalar_subquery()
    columns = found.with_only_columns(
        SipAccount.user_name,
        SipAccount.auth_name,
        SipAccount.display_name,
        owner,
        SipAccount.external_id,
        SipAccount.is_enabled,
    )
    for *texts, is_enabled in session.execute(columns.execution_options(yield_per=_AT_ONCE)):
        yield [*(text or "" for text in texts), "yes" if is_enabled else "no"]
