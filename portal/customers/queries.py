"""Reading customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.devices.finding import scanned
from portal.models import Customer, Device, Port, SipAccount, Site
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer, Resolved, resolve


@dataclass(frozen=True)
class CustomerRow:
    """A customer in the list, with what it has; `used` accounts are on a port, the others free."""

    customer: Customer
    devices: int
    accounts: int
    used: int

    @property
    def free(self) -> int:
        return self.accounts - self.used


def find_customer(session: Session, customer_id: int) -> Customer | None:
    return session.get(Customer, customer_id)


def find_customer_named(session: Session, name: str) -> Customer | None:
    """Find by name, case ignored."""
    return session.scalar(select(Customer).where(func.lower(Customer.name) == name.strip().lower()))


def all_customers(session: Session) -> list[Customer]:
    return list(session.scalars(select(Customer).order_by(Customer.name)))


def find_customers(session: Session, ids: Iterable[int]) -> list[Customer]:
    """Return the customers with these ids by name; those that are gone are left out."""
    found = select(Customer).where(Customer.id.in_(list(ids))).order_by(Customer.name)
    return list(session.scalars(found))


def customers_like(session: Session, text: str, limit: int) -> tuple[list[Customer], int]:
    """Return up to `limit` customers whose name holds `text`, and how many more there are."""
    found = matching(text)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = list(session.scalars(found.order_by(Customer.name).limit(limit)))
    return rows, total - len(rows)


def page_of_customers(
    session: Session, q: str, page: int, size: int, has_free: bool = False
) -> tuple[list[CustomerRow], int]:
    """Return one page of customers whose name holds `q`, and how many there are in all.

    `has_free`: only those with a SIP account that is on no port.
    """
    devices = (
        select(func.count())
        .select_from(Device)
        .where(Device.customer_id == Customer.id)
        .scalar_subquery()
    )
    accounts = (
        select(func.count())
        .select_from(SipAccount)
        .where(SipAccount.customer_id == Customer.id)
        .scalar_subquery()
    )
    used = (
        select(func.count())
        .select_from(SipAccount)
        .where(SipAccount.customer_id == Customer.id, _is_used())
        .scalar_subquery()
    )
    found = matching(q, has_free).add_columns(devices, accounts, used)
    found = found.options(selectinload(Customer.default_profile))
    total = session.scalar(select(func.count()).select_from(matching(q, has_free).subquery())) or 0
    rows = session.execute(found.order_by(Customer.name).limit(size).offset((page - 1) * size))
    return [CustomerRow(*row) for row in rows], total


def matching(q: str, has_free: bool = False) -> Select[Customer]:
    """Return the statement of the customers whose name holds `q`, in no order.

    Or whose phone's label was scanned into it. `has_free`: only those with free accounts.
    """
    found = select(Customer)
    if text := q.strip():
        named = Customer.name.icontains(text, autoescape=True)
        if (phones := scanned(text)) is not None:
            owners = select(Device.customer_id).where(Device.id.in_(phones))
            named = or_(named, Customer.id.in_(owners.where(Device.customer_id.is_not(None))))
        found = found.where(named)
    if has_free:
        free = exists().where(SipAccount.customer_id == Customer.id, ~_is_used())
        found = found.where(free)
    return found


def _is_used() -> ColumnElement[bool]:
    return exists().where(Port.account_id == SipAccount.id)


@dataclass(frozen=True)
class Belongings:
    """How many devices and SIP accounts a customer has, by how they are.

    `seen` and `never_seen` are of the devices in service.
    """

    devices: int
    seen: int
    never_seen: int
    stock: int
    retired: int
    locked: int
    accounts: int
    free: int
    disabled: int
    due: int

    @property
    def used(self) -> int:
        return self.accounts - self.free


def belongings_of(session: Session, customer: Customer) -> Belongings:
    """Count what a customer has, in two statements."""
    serves = Device.state == "assigned"
    devices = session.execute(
        select(
            func.count(),
            _counted(and_(serves, Device.last_seen_at.is_not(None))),
            _counted(and_(serves, Device.last_seen_at.is_(None))),
            _counted(Device.state == "stock"),
            _counted(Device.state == "retired"),
            _counted(and_(serves, Device.locked_at.is_not(None))),
        ).where(Device.customer_id == customer.id)
    ).one()
    accounts = session.execute(
        select(
            func.count(),
            _counted(~_is_used()),
            _counted(SipAccount.is_enabled.is_(False)),
            _counted(SipAccount.password_due_at.is_not(None)),
        ).where(SipAccount.customer_id == customer.id)
    ).one()
    return Belongings(*devices, *accounts)


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def inherited_settings(session: Session) -> dict[str, Resolved]:
    """Return what every customer's layer of settings stands on."""
    site = session.get(Site, 1)
    portal = Layer("portal", site.settings if site else {})
    return resolve([Layer("default", CATALOGUE.defaults()), portal])
