"""Reading the inventory."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload, undefer

from portal.models import AuditEntry, CheckIn, Customer, Device, Port, SipAccount, Upload


@dataclass(frozen=True)
class Filters:
    """What the list of devices is narrowed to; empty and None: not narrowed."""

    q: str = ""
    customer_id: int | None = None
    profile_id: int | None = None
    family: str = ""
    state: str = ""
    seen: str = ""  # "never", or "yes"


def find_device(session: Session, mac: str) -> Device | None:
    """Return the device with stored MAC `mac`, its ports and their accounts loaded."""
    return session.scalar(
        select(Device)
        .where(Device.mac == mac)
        .options(
            selectinload(Device.customer),
            selectinload(Device.profile),
            selectinload(Device.ports)
            .selectinload(Port.account)
            .selectinload(SipAccount.ports)
            .selectinload(Port.device),
        )
    )


def find_exact(session: Session, text: str) -> str | None:
    """Return the MAC of the one device that `text` names in full: by MAC or inventory id."""
    wanted = text.strip().lower()
    mac = re.sub(r"[\s:.\-]", "", wanted)
    return session.scalar(
        select(Device.mac).where(or_(Device.mac == mac, func.lower(Device.inventory_id) == wanted))
    )


def is_empty(session: Session) -> bool:
    """Is there no device at all?"""
    return session.scalar(select(Device.id).limit(1)) is None


def page_of_devices(
    session: Session, filters: Filters, page: int, size: int
) -> tuple[list[Device], int]:
    """Return one page of devices, newest first, and how many match in all."""
    found = matching(filters)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = found.options(
        selectinload(Device.customer),
        selectinload(Device.profile),
        selectinload(Device.ports).selectinload(Port.account),
    ).order_by(Device.id.desc())
    return list(session.scalars(found.limit(size).offset((page - 1) * size))), total


def uploads_of(session: Session, device: Device) -> list[Upload]:
    """Return what the device sent, the latest first, without contents."""
    found = select(Upload).where(Upload.device_id == device.id)
    return list(session.scalars(found.order_by(Upload.uploaded_at.desc(), Upload.id.desc())))


def find_upload(session: Session, device: Device, upload_id: int) -> Upload | None:
    """Return one upload of `device` with its content."""
    found = select(Upload).where(Upload.id == upload_id, Upload.device_id == device.id)
    return session.scalar(found.options(undefer(Upload.content)))


def check_ins_of(session: Session, device: Device, limit: int = 50) -> list[CheckIn]:
    """Return the latest check-ins of a device, newest first."""
    return list(
        session.scalars(
            select(CheckIn)
            .where(CheckIn.device_id == device.id)
            .order_by(CheckIn.at.desc(), CheckIn.id.desc())
            .limit(limit)
        )
    )


def changes_of(session: Session, device: Device, limit: int = 50) -> list[AuditEntry]:
    """Return the latest changes of a device, newest first."""
    return list(
        session.scalars(
            select(AuditEntry)
            .where(AuditEntry.object_type == "device", AuditEntry.object_id == device.id)
            .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
            .limit(limit)
        )
    )


def matching(filters: Filters) -> Select[Device]:
    """Return the statement of the devices that `filters` let through, in no order."""
    found = select(Device)
    for column, value in (
        (Device.customer_id, filters.customer_id),
        (Device.family, filters.family),
        (Device.state, filters.state),
    ):
        if value:
            found = found.where(column == value)
    if filters.profile_id:
        default = select(Customer.default_profile_id).where(Customer.id == Device.customer_id)
        effective = func.coalesce(Device.profile_id, default.scalar_subquery())
        found = found.where(effective == filters.profile_id)
    if filters.seen == "never":
        found = found.where(Device.last_seen_at.is_(None))
    elif filters.seen == "yes":
        found = found.where(Device.last_seen_at.is_not(None))
    return _searched(found, filters.q.strip()) if filters.q.strip() else found


def _searched(found: Select[Device], text: str) -> Select[Device]:
    """Narrow to devices that `text` names: part of a MAC in any notation, serial, id, account …"""
    account = (
        exists()
        .where(Port.device_id == Device.id)
        .where(Port.account_id == SipAccount.id)
        .where(
            or_(
                SipAccount.user_name.icontains(text, autoescape=True),
                SipAccount.display_name.icontains(text, autoescape=True),
            )
        )
    )
    customer = (
        exists()
        .where(Customer.id == Device.customer_id)
        .where(Customer.name.icontains(text, autoescape=True))
    )
    ways = [
        Device.serial.icontains(text, autoescape=True),
        Device.inventory_id.icontains(text, autoescape=True),
        Device.description.icontains(text, autoescape=True),
        Device.model.icontains(text, autoescape=True),
        account,
        customer,
    ]
    digits = re.sub(r"[\s:.\-]", "", text).lower()
    if re.fullmatch(r"[0-9a-f]{2,12}", digits):
        ways.append(Device.mac.contains(digits))
    return found.where(or_(*ways))
