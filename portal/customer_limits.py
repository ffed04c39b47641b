"""A user may be limited to some customers: all else is not there, for reading and for writing.

One place enforces it for all features. A session that `limit` was called for adds what the user
may see to every SELECT, UPDATE and DELETE of a limited table, wherever in the statement it stands,
and refuses to store a row outside. What a unique name collides with outside is asked for in so
many words, with `beyond`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, event, func, or_, select
from sqlalchemy.orm import (
    InstrumentedAttribute,
    ORMExecuteState,
    Session,
    UOWTransaction,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import Executable

from portal.errors import RuleBroken
from portal.extensions import Base
from portal.models import (
    AuditEntry,
    CheckIn,
    Contact,
    Customer,
    Device,
    Import,
    ImportRows,
    Port,
    SipAccount,
    UnknownPhone,
    Upload,
    User,
    user_customers,
)

REFUSED = "You may add and change only what belongs to your customers; choose one of them"
_KEY = "customer_limits"
_BEYOND = "beyond_customer_limits"

S = TypeVar("S", bound=Executable)
Criterion = ColumnElement[bool]


@dataclass(frozen=True)
class Limits:
    """What a user may see: what belongs to these customers, and the imports of this name."""

    customer_ids: frozenset[int]
    user_name: str

    @cached_property
    def criteria(self) -> list[Any]:
        """Return the options that keep a statement within the limits."""
        return [
            with_loader_criteria(
                model, within(self), include_aliases=True, propagate_to_loaders=False
            )
            for model, within in _READ.items()
        ]


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


# Tables, not classes: the criteria below would be added to these statements once more.
_devices, _ports = Device.__table__, Port.__table__
_accounts, _contacts = SipAccount.__table__, Contact.__table__
_imports, _moves = Import.__table__, AuditEntry.__table__.alias()


def _ids_of(table: FromClause, limits: Limits) -> Any:
    return select(table.c.id).where(table.c.customer_id.in_(limits.customer_ids))


def _imports_of(limits: Limits) -> Any:
    return select(_imports.c.id).where(_imports.c.uploaded_by == limits.user_name)


def _after_moves(column: InstrumentedAttribute[Any], device_id: Any, moved: Any) -> Criterion:
    """Did it happen after the device last left another customer? Its earlier life is theirs."""
    left = (
        select(func.max(moved))
        .where(_moves.c.object_type == "device", _moves.c.object_id == device_id)
        .where(cast(_moves.c.changes, Text).contains('"customer": ["'))  # from a customer
        .scalar_subquery()
    )
    return or_(left.is_(None), column > left)


def _accounts_within(limits: Limits) -> Criterion:
    """Own accounts, and those of nobody that are on an own device: its page must not call them
    free."""
    on_mine = select(_ports.c.account_id).where(
        _ports.c.device_id.in_(_ids_of(_devices, limits)), _ports.c.account_id.is_not(None)
    )
    return or_(
        SipAccount.customer_id.in_(limits.customer_ids),
        and_(SipAccount.customer_id.is_(None), SipAccount.id.in_(on_mine)),
    )


def _entries_within(limits: Limits) -> Criterion:
    kind, number = AuditEntry.object_type, AuditEntry.object_id
    return or_(
        and_(
            kind == "device",
            number.in_(_ids_of(_devices, limits)),
            _after_moves(AuditEntry.id, number, _moves.c.id),
        ),
        and_(kind == "sip_account", number.in_(_ids_of(_accounts, limits))),
        and_(kind == "contact", number.in_(_ids_of(_contacts, limits))),
        and_(kind == "customer", number.in_(limits.customer_ids)),
        and_(kind == "import", number.in_(_imports_of(limits))),
    )


def _uploads_within(limits: Limits) -> Criterion:
    return and_(
        Upload.device_id.in_(_ids_of(_devices, limits)),
        _after_moves(Upload.uploaded_at, Upload.device_id, _moves.c.at),
    )


def _check_ins_within(limits: Limits) -> Criterion:
    return and_(
        CheckIn.device_id.in_(_ids_of(_devices, limits)),
        _after_moves(CheckIn.at, CheckIn.device_id, _moves.c.at),
    )


# Every table with something of a customer in it. What is not here is the portal's as a whole, and
# a matter of permissions alone; tests/test_customer_limits.py holds that list.
_READ: Mapping[type[Base], Callable[[Limits], Criterion]] = {
    Customer: lambda limits: Customer.id.in_(limits.customer_ids),
    Device: lambda limits: Device.customer_id.in_(limits.customer_ids),
    Port: lambda limits: Port.device_id.in_(_ids_of(_devices, limits)),
    SipAccount: _accounts_within,
    Contact: lambda limits: Contact.customer_id.in_(limits.customer_ids),
    UnknownPhone: lambda limits: UnknownPhone.customer_id.in_(limits.customer_ids),
    CheckIn: _check_ins_within,
    Upload: _uploads_within,
    AuditEntry: _entries_within,
    Import: lambda limits: Import.uploaded_by == limits.user_name,
    ImportRows: lambda limits: ImportRows.import_id.in_(_imports_of(limits)),
}
LIMITED = frozenset(_READ)
# What may be stored of them: by the customer that the row belongs to.
_OWNERS: Mapping[type[Base], Callable[[Any], int | None]] = {
    Customer: lambda customer: customer.id,
    Device: lambda device: device.customer_id,
    Port: lambda port: port.device.customer_id,
    SipAccount: lambda account: account.customer_id,
    Contact: lambda contact: contact.customer_id,
    UnknownPhone: lambda phone: phone.customer_id,
}
_BULK_INSERTED = (AuditEntry, ImportRows)


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
    state.statement = statement.options(*limits.criteria)


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
        owner = _OWNERS.get(type(row))
        if owner is not None and not _is_mine(session, owner(row)):
            raise RuleBroken(REFUSED, "customer")
