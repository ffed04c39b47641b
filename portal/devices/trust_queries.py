"""Reading what phones were given, and when."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Device, Release

_SHOWN = 20


def releases_of(session: Session, device: Device) -> list[Release]:
    """Return when the phone was given proofs of its own, the latest first."""
    found = select(Release).where(Release.device_id == device.id)
    return list(session.scalars(found.order_by(Release.id.desc()).limit(_SHOWN)))
