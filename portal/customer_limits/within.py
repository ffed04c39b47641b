"""What of each table a limited user sees, and whose a row is that is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import Base
from portal.models import (
    AuditEntry,
    Ban,
    BulkChange,
    CheckIn,
    Contact,
    Customer,
    Device,
    FetchedFile,
    Import,
    ImportRows,
    Note,
    PinnedCertificate,
    Port,
    Refusal,
    Release,
    SavedView,
    SipAccount,
    UnknownPhone,
    Upload,
    User,
)
from portal.models.audit import left_customer

Criterion = ColumnElement[bool]


@dataclass(frozen=True)
class Limits:
    """What a user may see: what belongs to these customers, and what this user uploaded."""

    customer_ids: frozenset[int]
    user_name: str


# Tables, not classes: the criteria below would be added to these statements once more.
_devices, _ports = Device.__table__, Port.__table__
_accounts, _contacts = SipAccount.__table__, Contact.__table__
_imports, _moves = Import.__table__, AuditEntry.__table__.alias()
# An alias: a statement on ports often has devices beside them.
_carriers = Device.__table__.alias()


def _ids_of(table: FromClause, limits: Limits) -> Any:
    return select(table.c.id).where(table.c.customer_id.in_(limits.customer_ids))


def _imports_of(limits: Limits) -> Any:
    return select(_imports.c.id).where(_imports.c.uploaded_by == limits.user_name)


def _after_moves(column: InstrumentedAttribute[Any], device_id: Any, moved: Any) -> Criterion:
    """Did it happen after the device last left another customer? Its earlier life is theirs."""
    later = (
        exists()
        .where(left_customer(_moves.c.object_type, _moves.c.changes))
        .where(_moves.c.object_id == device_id)
        .where(moved >= column)
    )
    return ~later


def _ports_within(limits: Limits) -> Criterion:
    # Asked for each port: SQLite would else go through all devices of the customers for each.
    return (
        exists()
        .where(_carriers.c.id == Port.device_id)
        .where(_carriers.c.customer_id.in_(limits.customer_ids))
    )


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


def _views_within(limits: Limits) -> Criterion:
    users = User.__table__
    return SavedView.user_id.in_(select(users.c.id).where(users.c.name == limits.user_name))


def _notes_within(limits: Limits) -> Criterion:
    return and_(
        Note.device_id.in_(_ids_of(_devices, limits)),
        _after_moves(Note.at, Note.device_id, _moves.c.at),
    )


def _fetched_within(limits: Limits) -> Criterion:
    return and_(
        FetchedFile.device_id.in_(_ids_of(_devices, limits)),
        _after_moves(FetchedFile.fetched_at, FetchedFile.device_id, _moves.c.at),
    )


def _bans_within(limits: Limits) -> Criterion:
    sites = map(str, limits.customer_ids)
    return and_(Ban.scope == "site", Ban.key.in_(sorted(sites)))


# Every table with something of a customer in it. What is not here is the portal's as a whole, and
# a matter of permissions alone; tests/customer_limits/ holds that list.
VISIBLE: Mapping[type[Base], Callable[[Limits], Criterion]] = {
    Customer: lambda limits: Customer.id.in_(limits.customer_ids),
    Device: lambda limits: Device.customer_id.in_(limits.customer_ids),
    Port: _ports_within,
    SipAccount: _accounts_within,
    Contact: lambda limits: Contact.customer_id.in_(limits.customer_ids),
    UnknownPhone: lambda limits: UnknownPhone.customer_id.in_(limits.customer_ids),
    CheckIn: _check_ins_within,
    Upload: _uploads_within,
    Note: _notes_within,
    FetchedFile: _fetched_within,
    AuditEntry: _entries_within,
    Release: lambda limits: Release.customer_id.in_(limits.customer_ids),
    Ban: _bans_within,
    PinnedCertificate: lambda limits: PinnedCertificate.mac.in_(
        select(_devices.c.mac).where(_devices.c.customer_id.in_(limits.customer_ids))
    ),
    Refusal: lambda _limits: false(),  # MACs that strangers tried, of all customers
    Import: lambda limits: Import.uploaded_by == limits.user_name,
    BulkChange: lambda limits: BulkChange.made_by == limits.user_name,
    SavedView: _views_within,  # what others share may name their customers
    ImportRows: lambda limits: ImportRows.import_id.in_(_imports_of(limits)),
}
LIMITED = frozenset(VISIBLE)
# What may be stored of them: by the customer that the row belongs to.
OWNERS: Mapping[type[Base], Callable[[Any], int | None]] = {
    Customer: lambda customer: customer.id,
    Device: lambda device: device.customer_id,
    Port: lambda port: port.device and port.device.customer_id,
    SipAccount: lambda account: account.customer_id,
    Contact: lambda contact: contact.customer_id,
    UnknownPhone: lambda phone: phone.customer_id,
}
