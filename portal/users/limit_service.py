"""Writing what a user is limited to; what it comes to is in portal.customer_limits."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from portal import audit, security
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import Customer, User
from portal.users import service

_EVERYTHING = "everything"


def limit_to_customers(
    session: Session, actor: Actor, user: User, customers: Iterable[Customer] | None
) -> None:
    """Let `user` see and change only what belongs to `customers`; None: everything again.

    It holds from the user's next click. Raises RuleBroken on "customers" for an administrator, who
    changes what all customers share, and where no customer is left to see.
    """
    if customers is not None and user.role == security.ADMIN:
        raise RuleBroken(
            f"{user.name} is an administrator, who changes what all customers share; give the "
            "role of an operator or viewer first",
            "customers",
        )
    chosen = None if customers is None else list(dict.fromkeys(customers))
    if chosen == []:
        raise RuleBroken(
            "Choose at least one customer; to shut a user out, disable it", "customers"
        )
    before = _told(user)
    user.is_limited, user.customers = chosen is not None, chosen or []
    session.flush()
    if changes := audit.diff({"customers": before}, {"customers": _told(user)}):
        audit.record(session, actor, "user.limit", user, changes)


def save_user(
    session: Session,
    actor: Actor,
    user: User,
    role: str,
    is_enabled: bool,
    customers: Iterable[Customer] | None,
) -> None:
    """Give `user` a role, access and customers, in the order that the rules ask for.

    Raises RuleBroken as `limit_to_customers` and `service.update_user` do.
    """
    if customers is None:
        limit_to_customers(session, actor, user, None)
    service.update_user(session, actor, user, role, is_enabled)
    if customers is not None:
        limit_to_customers(session, actor, user, customers)


def _told(user: User) -> str | list[str]:
    return sorted(customer.name for customer in user.customers) if user.is_limited else _EVERYTHING
