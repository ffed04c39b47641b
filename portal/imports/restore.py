"""Give a device the values again that it had before an import changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.audit import Actor
from portal.config import Config
from portal.devices.restore import restore
from portal.devices.told import label_name, port_name
from portal.models import Device, Port


def restore_device(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    mac: str,
    changes: Mapping[str, Sequence[str]],
) -> None:
    """Give a device the values that it had. Raises RuleBroken where they do not fit any more."""
    device = session.scalars(
        select(Device)
        .where(Device.mac == mac)
        .options(selectinload(Device.ports).selectinload(Port.account))
    ).one()
    old = {_audit_name(name): before for name, (before, _) in changes.items()}
    restore(session, actor, config, now, [(device, old)])


def _audit_name(name: str) -> str:
    """Return what the audit calls a column of a list: ``port 1 account`` is ``port 1``."""
    if name.startswith("port "):
        _, number, kind = name.split()
        return port_name(int(number)) if kind == "account" else label_name(int(number))
    return name.replace("_", " ")
