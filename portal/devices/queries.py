"""Reading devices; their list is in `lists`."""

from __future__ import annotations

from sqlalchemy import select
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
