"""Reading the phones that called in and are not in the inventory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.finding import holds, mac_digits
from portal.models import Customer, Device, UnknownPhone
from portal.provision.unknown import MOST_OF_ONE


@dataclass(frozen=True)
class Filters:
    """`show`: empty: those to decide about, ``ignored``, ``literal`` (a placeholder), ``all``."""

    q: str = ""
    show: str = ""
    customer_id: int | None = None


def matching(filters: Filters) -> Select[UnknownPhone]:
    """Return the statement of the phones that `filters` let through, in no order.

    One whose MAC came into the inventory since it called is not among them.
    """
    known = exists().where(Device.mac == UnknownPhone.mac)
    found = select(UnknownPhone).where(~known)
    if filters.show in {"", "ignored"}:
        found = found.where(UnknownPhone.is_ignored.is_(filters.show == "ignored"))
    elif filters.show == "literal":
        found = found.where(UnknownPhone.placeholder != "")
    if filters.customer_id:
        found = found.where(UnknownPhone.customer_id == filters.customer_id)
    if text := filters.q.strip():
        customers = select(Customer.id).where(holds(Customer.name, text))
        ways = [
            holds(UnknownPhone.address, text),
            holds(UnknownPhone.user_agent, text),
            holds(UnknownPhone.filename, text),
            holds(UnknownPhone.model, text),
            UnknownPhone.customer_id.in_(customers),
        ]
        if digits := mac_digits(text):
            ways.append(holds(UnknownPhone.mac, digits))
        found = found.where(or_(*ways))
    return found


def page_of(
    session: Session, filters: Filters, page: int, size: int
) -> tuple[list[UnknownPhone], int]:
    """Return one page, the latest caller first, and how many match in all."""
    found = matching(filters)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = _loaded(found).limit(size).offset((page - 1) * size)
    return list(session.scalars(found)), total


def count_open(session: Session) -> int:
    """Return how many wait for a decision."""
    found = matching(Filters())
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def latest(session: Session, limit: int) -> list[UnknownPhone]:
    """Return those that wait for a decision, the newest first."""
    found = matching(Filters()).options(selectinload(UnknownPhone.customer))
    newest = found.order_by(UnknownPhone.first_at.desc(), UnknownPhone.id.desc())
    return list(session.scalars(newest.limit(limit)))


def full(session: Session) -> list[tuple[str, int]]:
    """Return over which site addresses as many wait as are kept: (customer, how many).

    The customer is "" for those without a good site address.
    """
    count = func.count(UnknownPhone.id)
    found = (
        select(Customer.name, count)
        .select_from(UnknownPhone)
        .outerjoin(Customer, Customer.id == UnknownPhone.customer_id)
        .where(UnknownPhone.is_ignored.is_(False))
        .group_by(UnknownPhone.customer_id, UnknownPhone.door, Customer.name)
        .having(count >= MOST_OF_ONE)
        .order_by(Customer.name)
    )
    return [(name or "", number) for name, number in session.execute(found)]


def chosen(session: Session, ids: Collection[int]) -> list[UnknownPhone]:
    """Return the phones with `ids` that are still unknown."""
    found = matching(Filters(show="all")).where(UnknownPhone.id.in_(ids))
    return list(session.scalars(_loaded(found)))


def all_of(session: Session, filters: Filters, limit: int) -> list[UnknownPhone]:
    """Return all that `filters` let through, up to `limit`."""
    return list(session.scalars(_loaded(matching(filters)).limit(limit)))


def _loaded(found: Select[UnknownPhone]) -> Select[UnknownPhone]:
    found = found.options(selectinload(UnknownPhone.customer))
    return found.order_by(UnknownPhone.last_at.desc(), UnknownPhone.id.desc())
