"""Reading customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, selectinload

from portal.models import Customer, Device, Port, SipAccount, Site
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer, Resolved, resolve


@dataclass(frozen=True)
class CustomerRow:
    """A customer in the list, with what it has."""

    customer: Customer
    devices: int
    accounts: int
    free: int


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
    session: Session, q: str, page: int, size: int
) -> tuple[list[CustomerRow], int]:
    """Return one page of customers whose name holds `q`, and how many there are in all."""
    devices = (
        select(func.count())
        .select_from(Device)
        .where(Device.customer_id == Customer.id)
        .scalar_subquery()
    )
    own = select(func.count()).select_from(SipAccount).where(SipAccount.customer_id == Customer.id)
    free = own.where(~exists().where(Port.account_id == SipAccount.id))
    found = matching(q).add_columns(devices, own.scalar_subquery(), free.scalar_subquery())
    found = found.options(selectinload(Customer.default_profile))
    total = session.scalar(select(func.count()).select_from(matching(q).subquery())) or 0
    rows = session.execute(found.order_by(Customer.name).limit(size).offset((page - 1) * size))
    return [CustomerRow(*row) for row in rows], total


def matching(q: str) -> Select[Customer]:
    """Return the statement of the customers whose name holds `q`, in no order."""
    found = select(Customer)
    if q.strip():
        found = found.where(Customer.name.icontains(q.strip(), autoescape=True))
    return found


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
    used = exists().where(Port.account_id == SipAccount.id)
    accounts = session.execute(
        select(
            func.count(),
            _counted(~used),
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
