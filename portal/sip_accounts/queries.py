"""Reading SIP accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.devices.finding import account_holds, scanned
from portal.errors import RuleBroken
from portal.models import Customer, Device, Port, SipAccount

# A list, made once for a statement, and not asked for each account: what a limited user sees of
# ports is looked up for each of them.
_USED = select(Port.account_id).where(Port.account_id.is_not(None))


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


def account_for(session: Session, user_name: str, customer: Customer | None) -> SipAccount:
    """Return the account that a script means for a device of `customer` by its user name.

    Raises RuleBroken when there is none, or when several customers have one and the device is of
    nobody yet.
    """
    if found := account_of(session, user_name, customer):
        return found
    named = accounts_named(session, user_name)
    if len(named) > 1 and customer is None:
        owners = ", ".join(a.customer.name if a.customer else "nobody" for a in named)
        raise RuleBroken(
            f"Account {user_name} exists at {owners}; give the device a customer first", "account"
        )
    if not named:
        raise RuleBroken(f"There is no SIP account “{user_name}”", "account")
    return named[0]


def choices_for(session: Session, device: Device, q: str, limit: int = 20) -> list[SipAccount]:
    """Return accounts that may go on a port of `device`: free ones first, then by user name.

    What else is on the devices that they are on is loaded as well.
    """
    found = _searched(q).where(SipAccount.is_enabled)
    if device.customer_id is not None:
        found = found.where(
            or_(SipAccount.customer_id == device.customer_id, SipAccount.customer_id.is_(None))
        )
    used = SipAccount.id.in_(_USED)
    found = found.order_by(used, func.length(SipAccount.user_name), SipAccount.user_name)
    ports = selectinload(SipAccount.ports).selectinload(Port.device).selectinload(Device.ports)
    loaded = _with_places(found.limit(limit)).options(ports.selectinload(Port.account))
    return list(session.scalars(loaded))


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; empty and None: not narrowed.

    `use` is ``free`` or ``used``; `state` is ``enabled``, ``disabled`` or ``due``: the password
    should be changed.
    """

    q: str = ""
    customer_id: int | None = None
    use: str = ""
    state: str = ""


def page_of_accounts(
    session: Session, filters: Filters, page: int, size: int
) -> tuple[list[SipAccount], int]:
    """Return one page of accounts and how many match."""
    # The ids alone first: they come from an index, and no whole row is sorted or passed over.
    ids = matching(filters).with_only_columns(SipAccount.id)
    total = session.scalar(select(func.count()).select_from(ids.order_by(None).subquery())) or 0
    chosen = list(session.scalars(ids.limit(size).offset((page - 1) * size)))
    found = session.scalars(_with_places(select(SipAccount).where(SipAccount.id.in_(chosen))))
    return sorted(found, key=lambda account: chosen.index(account.id)), total


def matching(filters: Filters) -> Select[SipAccount]:
    """Return the statement of the accounts that a filter lets through, by user name."""
    found = _searched(filters.q)
    if filters.customer_id:
        found = found.where(SipAccount.customer_id == filters.customer_id)
    if filters.use == "free":
        found = found.where(SipAccount.id.not_in(_USED))
    elif filters.use == "used":
        found = found.where(SipAccount.id.in_(_USED))
    if filters.state == "due":
        found = found.where(SipAccount.password_due_at.is_not(None))
    elif filters.state in {"enabled", "disabled"}:
        found = found.where(SipAccount.is_enabled.is_(filters.state == "enabled"))
    return found.order_by(func.length(SipAccount.user_name), SipAccount.user_name, SipAccount.id)


def taken_names(session: Session, names: Iterable[str], customer: Customer | None) -> set[str]:
    """Return which of `names` are accounts of `customer` (None: of nobody) already."""
    found = select(SipAccount.user_name).where(SipAccount.user_name.in_(list(names)))
    owner = SipAccount.customer_id
    found = found.where(owner == customer.id if customer else owner.is_(None))
    return set(session.scalars(found))


def _with_places(found: Select[SipAccount]) -> Select[SipAccount]:
    """Load whose the accounts are and where they are."""
    return found.options(
        selectinload(SipAccount.customer),
        selectinload(SipAccount.ports).selectinload(Port.device),
    )


def _searched(q: str) -> Select[SipAccount]:
    """Return the accounts that hold a text, or that are on the phone whose label was scanned."""
    found = select(SipAccount)
    if text := q.strip():
        ways = [account_holds(text)]
        if (phones := scanned(text)) is not None:
            on_it = select(Port.account_id).where(Port.device_id.in_(phones))
            ways.append(SipAccount.id.in_(on_it.where(Port.account_id.is_not(None))))
        found = found.where(or_(*ways))
    return found
