"""Reading what needs somebody's attention for the sake of security."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.customers.trust_service import level_of
from portal.models import Ban, Customer, Device, Passkey, SipAccount, User
from portal.provision import counting
from portal.provision.levels import STANDARD

SHOWN = 20
_PAST = timedelta(days=7)


@dataclass(frozen=True)
class LoweredCustomer:
    """A customer whose phones prove themselves otherwise than by the standard."""

    customer: Customer
    level: str


@dataclass(frozen=True)
class Some:
    """The first few of a list, and how many there are in all."""

    rows: list[Device]
    total: int


def customers_beside_standard(session: Session, now: datetime) -> list[LoweredCustomer]:
    """Return the customers with another level than the standard one, by name."""
    found = select(Customer).where(
        or_(Customer.trust_level != STANDARD, Customer.trust_level_then != "")
    )
    rows = [
        LoweredCustomer(c, level_of(c, now)) for c in session.scalars(found.order_by(Customer.name))
    ]
    return [row for row in rows if row.level != STANDARD]


def resets(session: Session) -> Some:
    """Return the phones that were set up and ask as new ones."""
    return _some(session, Device.reset_at.is_not(None), Device.reset_at.desc())


def locked(session: Session) -> Some:
    return _some(session, Device.locked_at.is_not(None), Device.locked_at.desc())


def open_windows(session: Session, now: datetime) -> Some:
    """Return the devices whose window is open for any address, the last to close first."""
    return _some(
        session,
        and_(Device.window_until > now, Device.window_address == ""),
        Device.window_until.desc(),
    )


def without_proof(session: Session) -> int:
    """Count the devices in service that were never set up."""
    found = select(func.count()).where(
        Device.bound_at.is_(None), Device.state == "assigned", Device.family != ""
    )
    return session.scalar(found) or 0


def bans(session: Session, now: datetime) -> tuple[list[Ban], list[Ban]]:
    """Return the bans and alerts in force, and those of the last week that are over."""
    found = select(Ban).where(Ban.until_at > now - _PAST).order_by(Ban.id.desc()).limit(100)
    rows = list(session.scalars(found))
    in_force = [
        ban
        for ban in rows
        if ban.lifted_at is None and counting.is_in_force(ban.since_at, ban.until_at, now)
    ]
    return in_force, [ban for ban in rows if ban not in in_force]


def find_ban(session: Session, ban_id: int) -> Ban | None:
    return session.get(Ban, ban_id)


def site_owners(session: Session, found: list[Ban]) -> dict[str, str]:
    """Return whose site address an alert is about, by the ban's key."""
    ids = {int(ban.key) for ban in found if ban.scope == counting.SITE and ban.key != "0"}
    rows = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids)))
    return {"0": "the whole portal", **{str(row.id): row.name for row in rows}}


def passwords_due(session: Session) -> tuple[list[SipAccount], int]:
    """Return the accounts whose password should be changed, the oldest first, and how many."""
    due = SipAccount.password_due_at.is_not(None)
    found = select(SipAccount).where(due).options(joinedload(SipAccount.customer))
    rows = session.scalars(found.order_by(SipAccount.password_due_at).limit(SHOWN))
    return list(rows), session.scalar(select(func.count()).select_from(SipAccount).where(due)) or 0


def administrators_without_factor(session: Session) -> list[str]:
    """Return the names of enabled administrators whose password alone lets them in."""
    found = select(User.name).where(
        User.role == "admin",
        User.is_enabled,
        User.totp_sealed.is_(None),
        User.oidc_subject.is_(None),
        User.id.not_in(select(Passkey.user_id)),
    )
    return list(session.scalars(found.order_by(User.name)))


def _some(session: Session, condition: ColumnElement[bool], order: Any) -> Some:
    found: Select[Device] = select(Device).where(condition).options(joinedload(Device.customer))
    rows = list(session.scalars(found.order_by(order).limit(SHOWN)))
    total = session.scalar(select(func.count()).select_from(Device).where(condition)) or 0
    return Some(rows, total)
