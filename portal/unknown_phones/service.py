"""Writing what becomes of unknown phones: adopted as devices, ignored, noticed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.devices import service as devices
from portal.devices.service import DeviceFacts
from portal.errors import RuleBroken
from portal.models import CheckIn, Customer, Device, Profile, UnknownPhone
from portal.unknown_phones import advice
from portal.values import format_mac
from portal.vendors import FAMILIES

AT_ONCE = 1_000  # phones


def adopt(
    session: Session,
    actor: Actor,
    config: Config,
    now: datetime,
    phones: Sequence[UnknownPhone],
    model: str,
    customer: Customer | None,
    profile: Profile | None,
) -> list[Device]:
    """Make devices of phones that told their MAC; all of them or none.

    `model` empty: what each phone says to be. With a customer their set-up windows open. What they
    asked for so far comes into their time lines. Raises RuleBroken on the form's field.
    """
    if len(phones) > AT_ONCE:
        raise RuleBroken(f"{AT_ONCE:,} phones can be adopted at once; narrow the list first")
    made = []
    for phone in phones:
        if phone.mac is None:
            continue
        try:
            facts = DeviceFacts(model or _own_model(phone), customer=customer, profile=profile)
            device = devices.create_device(session, actor, config, now, phone.mac, facts)
        except RuleBroken as broken:
            told = f"{format_mac(phone.mac)}: {broken.message}"
            raise RuleBroken(told if len(phones) > 1 else broken.message, broken.field) from None
        device.last_address = phone.address
        earlier = update(CheckIn).where(CheckIn.mac == phone.mac, CheckIn.device_id.is_(None))
        session.execute(earlier.values(device_id=device.id))
        session.delete(phone)
        made.append(device)
    if not made:
        raise RuleBroken("None of these phones told its MAC; correct their address first")
    return made


def ignore(
    session: Session, actor: Actor, phones: Sequence[UnknownPhone], is_ignored: bool = True
) -> int:
    """Leave phones out of the list, or take them in again. Returns how many changed."""
    changed = [phone for phone in phones if phone.is_ignored != is_ignored]
    for phone in changed:
        phone.is_ignored = is_ignored
        action = "unknown_phone.ignore" if is_ignored else "unknown_phone.notice"
        audit.record(session, actor, action, phone, {"ignored": (not is_ignored, is_ignored)})
    return len(changed)


def _own_model(phone: UnknownPhone) -> str:
    if known := advice.model_of(phone, FAMILIES):
        family, model = known
        return f"{family.vendor} {model.name}"
    raise RuleBroken("It does not say its model; type it from the label", "model")
