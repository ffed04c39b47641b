"""Which devices a typed text means: the same for the inventory's filter and the search."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, or_, select

from portal.finding import holds, mac_digits
from portal.imports.macs import macs_in
from portal.models import Customer, Device, Port, SipAccount


def named_by(text: str, accounts: Select[int] | Sequence[int] | None = None) -> ColumnElement[bool]:
    """Return the condition for devices that `text` names: by a part of their MAC in any notation,
    serial, inventory id, description or model, or of an account on them or their customer; by their
    id as ``#42``.

    `accounts` are the ids of those that hold `text`, where they are known already.
    """
    if accounts is None:
        # The accounts first: theirs is an index to look through, and few of them are called so.
        accounts = select(SipAccount.id).where(account_holds(text))
    with_accounts = select(Port.device_id).where(Port.account_id.in_(accounts))
    customers = select(Customer.id).where(holds(Customer.name, text))
    digits, scanned = mac_digits(text), macs_in(text)
    by_digits: list[ColumnElement[bool]] = [holds(Device.mac, digits)] if digits else []
    by_digits += [Device.mac.in_(scanned)] if len(scanned) > 1 else []
    return or_(
        holds(Device.serial, text),
        holds(Device.inventory_id, text),
        holds(Device.description, text),
        holds(Device.model, text),
        Device.id.in_(with_accounts),
        Device.customer_id.in_(customers),
        *by_digits,
        *([] if (number := device_id(text)) is None else [Device.id == number]),
    )


def account_holds(text: str) -> ColumnElement[bool]:
    """Return the condition for SIP accounts that hold `text` in what they are called."""
    names = SipAccount.user_name, SipAccount.display_name, SipAccount.external_id
    return or_(*(holds(name, text) for name in names))


def device_id(text: str) -> int | None:
    """Return the device id that ``#42`` means, as labels have it; None for anything else."""
    match = re.fullmatch(r"#\s?(\d{1,9})", text.strip())
    return int(match[1]) if match else None


def scanned(text: str) -> Select[int] | None:
    """Return the statement of the devices whose whole MAC `text` holds; None when it holds none.

    For lists of other things: who scans a phone's label there means what belongs to that phone.
    """
    macs = macs_in(text)
    return select(Device.id).where(Device.mac.in_(macs)) if macs else None


def by_mac(text: str) -> ColumnElement[bool] | None:
    """Return the condition for devices whose MAC is `text`, or ends or begins with it.

    In any notation; answered from indexes alone. None when it is no part of a MAC that can be
    found so: fewer than 4 digits.
    """
    digits = mac_digits(text)
    if len(digits) < 4:
        return None
    if len(digits) == 12:
        return Device.mac == digits
    ends = Device.mac_end == digits[-4:]
    if len(digits) > 4:
        ends = ends & Device.mac.endswith(digits)
    return or_(ends, Device.mac.between(digits, digits + "g")) if len(digits) >= 6 else ends
