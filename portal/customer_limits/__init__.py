"""A user may be limited to some customers: all else is not there, for reading and for writing.

One place enforces it for all features. A session that `limit` was called for adds what the user
may see (`within.py`) to every SELECT, UPDATE and DELETE, wherever in the statement a table stands,
and refuses to store a row outside. What a unique name collides with outside is asked for in so
many words, with `beyond`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import Executable

from portal.customer_limits.within import LIMITED, OWNERS, VISIBLE, Limits
from portal.errors import RuleBroken
from portal.models import AuditEntry, Customer, ImportRows, User, user_customers

__all__ = ["LIMITED", "Limits", "beyond", "check_owner", "limit", "limit_as", "limits_of"]

REFUSED = "You may add and change only what belongs to your customers; choose one of them"
_KEY = "customer_limits"
_BEYOND = "beyond_customer_limits"
_BULK_INSERTED = (AuditEntry, ImportRows)

S = TypeVar("S", bound=Executable)


def limit(session: Session, user: User | None) -> None:
    """Let `session` see and change what `user` may, from now on; for one without limits all.

    To be called for each request, before anything but the user is read.
    """
    session.info.pop(_KEY, None)
    if user is None or not user.is_limited:
        return
    mine = select(user_customers.c.customer_id).where(user_customers.c.user_id == user.id)
    session.info[_KEY] = Limits(frozenset(session.scalars(mine)), user.name)
    for row in session.identity_map.values():  # would be there without being asked for
        if type(row) in LIMITED:
            session.expunge(row)


def limit_as(session: Session, user_name: str) -> None:
    """As `limit`, for a job that a user asked for. Raises RuleBroken when the user is gone."""
    user = session.scalar(select(User).where(User.name == user_name))
    if user is None or not user.is_enabled:
        raise RuleBroken(f"{user_name}, who asked for this, may not sign in any more; do it again")
    limit(session, user)


def limits_of(session: Session) -> Limits | None:
    """Return what the session is limited to; None: it is not."""
    return session.info.get(_KEY)


def beyond(statement: S) -> S:
    """Let a statement see what is outside: to learn that a name is taken, never by whom.

    It may name columns only, as what it loads would be there for the statements after it.
    """
    return statement.execution_options(**{_BEYOND: True})


def check_owner(session: Session, customer: Customer | None) -> None:
    """Raise RuleBroken on "customer" where something of `customer` may not be stored."""
    if not _is_mine(session, customer.id if customer else None):
        raise RuleBroken(REFUSED, "customer")


def _is_mine(session: Session, customer_id: int | None) -> bool:
    limits = limits_of(session)
    return limits is None or customer_id in limits.customer_ids


@lru_cache(maxsize=64)
def _criteria(limits: Limits) -> list[Any]:
    """Return the options that keep a statement within the limits."""
    return [
        with_loader_criteria(
            model, within(limits), include_aliases=True, propagate_to_loaders=False
        )
        for model, within in VISIBLE.items()
    ]


@event.listens_for(Session, "do_orm_execute")
def _keep_within(state: ORMExecuteState) -> None:
    limits = limits_of(state.session)
    if limits is None or state.execution_options.get(_BEYOND) or state.is_column_load:
        return
    if not state.is_orm_statement:
        raise RuntimeError("A limited session takes statements of the ORM only, as it sees them")
    if state.is_insert:
        if state.bind_mapper is None or state.bind_mapper.class_ not in _BULK_INSERTED:
            raise RuntimeError("Rows of customers are stored one by one by a limited session")
        return
    statement: Any = state.statement
    if any(map(_is_alias, visitors.iterate(statement))):
        raise RuntimeError("SQLAlchemy 2.1 adds no limit to a joined alias; write a subquery")
    state.statement = statement.options(*_criteria(limits))


def _is_alias(element: Any) -> bool:
    """Does an element of a statement come from `aliased` of a limited table?"""
    entity = getattr(element, "_annotations", {}).get("parententity")
    return entity is not None and entity.is_aliased_class and entity.mapper.class_ in LIMITED


@event.listens_for(Session, "after_flush")
def _check_stored(session: Session, _context: UOWTransaction) -> None:
    """Refuse what a flush stored outside the limits; raising takes it back."""
    if limits_of(session) is None:
        return
    changed = [row for row in session.dirty if session.is_modified(row, include_collections=False)]
    for row in (*session.new, *changed, *session.deleted):
        owner = OWNERS.get(type(row))
        if owner is not None and not _is_mine(session, owner(row)):
            raise RuleBroken(REFUSED, "customer")
