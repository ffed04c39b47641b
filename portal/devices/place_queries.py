"""Finding the devices that an account could be moved to."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.devices.filters import Filters, matching
from portal.devices.queries import WHOLE
from portal.models import Device, SipAccount


def targets_for(
    session: Session, device: Device, account: SipAccount, q: str, limit: int = 8
) -> list[Device]:
    """Return devices in service that `account` may go to, ports loaded; `device` itself first.

    `q` names them as in the list: last digits of the MAC, description, serial, an account.
    """
    owner = account.customer_id if account.customer_id is not None else device.customer_id
    found = matching(Filters(q=q)).where(Device.state != "retired", Device.family != "")
    if owner is not None:
        found = found.where(or_(Device.customer_id == owner, Device.customer_id.is_(None)))
    return list(
        session.scalars(
            select(Device)
            .where(Device.id.in_(found))
            .options(*WHOLE)
            .order_by(Device.id != device.id, Device.customer_id.is_(None), Device.description)
            .limit(limit)
        )
    )
