"""The inventory as a list that the import reads back: its header words, its names for things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from sqlalchemy import JSON, Integer, Select, bindparam, cast, func, or_, select
from sqlalchemy.orm import Session

from portal.devices.filters import Filters, matching
from portal.imports.labels import field_label, field_width
from portal.models import Customer, Device, Port, Profile, SipAccount
from portal.spreadsheets import Column, Listing
from portal.values import format_mac

FIELDS = (
    "mac", "model", "vendor", "serial", "redirect_pin", "inventory_id", "description", "customer",
    "profile",
)  # fmt: skip
_CODES = {"mac", "serial", "redirect_pin", "inventory_id"}
_AT_ONCE = 1_000


def listing(session: Session, filters: Filters, *, with_pin: bool) -> Listing:
    """Return all devices that `filters` let through, newest first, with the ports they use.

    The rows are read as they are used, in one transaction. `with_pin`: also the redirect PINs.
    """
    return _listing(session, matching(filters), with_pin)


def listing_of(session: Session, ids: Sequence[int], *, with_pin: bool) -> Listing:
    """Return the devices of `ids` like that."""
    # One value, however many there are: SQLite takes 32,766 and no more.
    told = bindparam("ids", dict.fromkeys(map(str, ids), 0), JSON)
    rows = func.json_each(told).table_valued("key", "value")
    return _listing(session, select(cast(rows.c.key, Integer)), with_pin)


def _listing(session: Session, ids: Select[int], with_pin: bool) -> Listing:
    last_port = session.scalar(
        select(func.max(Port.number))
        .where(Port.device_id.in_(ids))
        .where(or_(Port.account_id.is_not(None), Port.label != ""))
    )
    names = fields(last_port or 0)
    rows = _rows(session, ids, last_port or 0)
    if not with_pin:
        place = names.index("redirect_pin")
        names.pop(place)
        rows = ([*row[:place], *row[place + 1 :]] for row in rows)
    return Listing("devices", [_column(name) for name in names], rows)


def fields(ports: int) -> list[str]:
    """Return the import's names of the columns, with those of as many ports."""
    return [
        *FIELDS,
        *chain.from_iterable((f"port {n} account", f"port {n} label") for n in range(1, ports + 1)),
    ]


def _column(field: str) -> Column:
    is_code = field in _CODES or field.endswith(" account")
    return Column(field_label(field), field_width(field), is_code)


def _rows(session: Session, ids: Select[int], ports: int) -> Iterator[list[str]]:
    found = session.execute(
        select(
            Device.id,
            Device.mac,
            Device.model,
            Device.vendor,
            Device.serial,
            Device.redirect_pin,
            Device.inventory_id,
            Device.description,
            Customer.name,
            Profile.name,
        )
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .outerjoin(Profile, Profile.id == Device.profile_id)
        .where(Device.id.in_(ids))
        .order_by(Device.id.desc())
        .execution_options(yield_per=_AT_ONCE)
    )
    for some in found.partitions():
        on_ports = _on_ports(session, [row[0] for row in some], ports)
        for device_id, mac, *texts in some:
            row = [format_mac(mac), *(text or "" for text in texts)]
            yield row + on_ports.get(device_id, [""] * (2 * ports))


def _on_ports(session: Session, ids: list[int], ports: int) -> dict[int, list[str]]:
    """Return account and label of each port, by device; of those that have any."""
    cells: dict[int, list[str]] = {}
    found = session.execute(
        select(Port.device_id, Port.number, SipAccount.user_name, Port.label)
        .outerjoin(SipAccount, SipAccount.id == Port.account_id)
        .where(Port.device_id.in_(ids))
    )
    for device_id, number, user, label in found:
        if number <= ports:
            row = cells.setdefault(device_id, [""] * (2 * ports))
            row[2 * number - 2 : 2 * number] = user or "", label
    return cells
