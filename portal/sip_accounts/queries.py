"""Reading SIP accounts."""

from __future__ import annotations

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.models import Customer, Device, Port, SipAccount


def find_account(session: Session, account_id: int) -> SipAccount | None:
    return session.get(SipAccount, account_id)


def accounts_named(session: Session, user_name: str) -> list[SipAccount]:
    """Return all accounts of that user name; each customer may have one."""
    found = select(SipAccount).where(SipAccount.user_name == user_name.strip())
    return list(session.scalars(found.options(selectinload(SipAccount.customer))))


def account_of(session: Session, user_name: str, customer: Customer | None) -> SipAccount | None:
    """Return the account of that user name at `customer`, or of no customer at all."""
    found = {account.customer_id: account for account in accounts_named(session, user_name)}
    return (found.get(customer.id) if customer else None) or found.get(None)


def choices_for(session: Session, device: Device, q: str, limit: int = 20) -> list[SipAccount]:
    """Return accounts that may go on a port of `device`: free ones first, then by user name."""
    found = _matching(q).where(SipAccount.is_enabled)
    if device.customer_id is not None:
        found = found.where(
            or_(SipAccount.customer_id == device.customer_id, SipAccount.customer_id.is_(None))
        )
    used = exists().where(Port.account_id == SipAccount.id)
    found = found.order_by(used, func.length(SipAccount.user_name), SipAccount.user_name)
    return list(session.scalars(found.limit(limit)))


def page_of_accounts(
    session: Session, q: str, customer_id: int | None, use: str, page: int, size: int
) -> tuple[list[SipAccount], int]:
    """Return one page of accounts and how many match; `use` is ``free``, ``used`` or empty."""
    found = _matching(q)
    if customer_id:
        found = found.where(SipAccount.customer_id == customer_id)
    used = exists().where(Port.account_id == SipAccount.id)
    if use == "free":
        found = found.where(~used)
    elif use == "used":
        found = found.where(used)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = found.order_by(func.length(SipAccount.user_name), SipAccount.user_name, SipAccount.id)
    return list(session.scalars(found.limit(size).offset((page - 1) * size))), total


def _matching(q: str) -> Select[SipAccount]:
    found = select(SipAccount).options(
        selectinload(SipAccount.customer),
        selectinload(SipAccount.ports).selectinload(Port.device),
    )
    if text := q.strip():
        found = found.where(
            or_(
                SipAccount.user_name.icontains(text, autoescape=True),
                SipAccount.display_name.icontains(text, autoescape=True),
                SipAccount.external_id.icontains(text, autoescape=True),
            )
        )
    return found
