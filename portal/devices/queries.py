"""Reading devices; their list is in `lists`."""

from __future__ import annotations

import re

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload, undefer

from portal.models import Device, Port, SipAccount, Upload

# What verbs and pages look at: ports, their accounts, and where else those are.
WHOLE = (
    selectinload(Device.customer),
    selectinload(Device.profile),
    selectinload(Device.ports)
    .selectinload(Port.account)
    .selectinload(SipAccount.ports)
    .selectinload(Port.device),
)


def find_device(session: Session, mac: str) -> Device | None:
    """Return the device with stored MAC `mac`, its ports and their accounts loaded."""
    return session.scalar(select(Device).where(Device.mac == mac).options(*WHOLE))


def find_exact(session: Session, text: str) -> str | None:
    """Return the MAC of the one device that `text` names: by MAC, its last digits, inventory id."""
    wanted = text.strip().lower()
    mac = re.sub(r"[\s:.\-]", "", wanted)
    full = or_(Device.mac == mac, func.lower(Device.inventory_id) == wanted)
    if found := session.scalar(select(Device.mac).where(full)):
        return found
    if not re.fullmatch(r"[0-9a-f]{4,11}", mac):
        return None
    ends = session.scalars(select(Device.mac).where(Device.mac.endswith(mac)).limit(2)).all()
    return ends[0] if len(ends) == 1 else None


def is_empty(session: Session) -> bool:
    """Is there no device at all?"""
    return session.scalar(select(Device.id).limit(1)) is None


def uploads_of(session: Session, device: Device) -> list[Upload]:
    """Return what the device sent, the latest first, without contents."""
    found = select(Upload).where(Upload.device_id == device.id)
    return list(session.scalars(found.order_by(Upload.uploaded_at.desc(), Upload.id.desc())))


def find_upload(session: Session, device: Device, upload_id: int) -> Upload | None:
    """Return one upload of `device` with its content."""
    found = select(Upload).where(Upload.id == upload_id, Upload.device_id == device.id)
    return session.scalar(found.options(undefer(Upload.content)))
