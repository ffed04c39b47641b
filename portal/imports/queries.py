"""Reading what an import is compared with, and the uploads that were made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from portal.customer_limits import beyond, limits_of
from portal.imports.labels import DEVICES
from portal.imports.plan import DeviceFacts, Known, Plan
from portal.imports.read import Options, Reading, plan_reading
from portal.imports.windows import Window
from portal.models import Customer, Device, Import, Port, Profile, SipAccount
from portal.models.base import utc_now
from portal.values import format_mac

T = TypeVar("T")

AT_ONCE = 5_000  # values of one IN list; SQLite takes 32,766


@dataclass(frozen=True)
class ImportRow:
    """An upload in the list. `summary` counts its rows by outcome, None until it is applied."""

    id: int
    filename: str
    uploaded_at: datetime
    uploaded_by: str
    applied_at: datetime | None
    applied_by: str
    summary: Mapping[str, int] | None
    undone: Mapping[str, Any] | None
    options: Mapping[str, Any]

    @property
    def list_of(self) -> str:
        """Return what it is a list of: a key of labels.LISTS."""
        return str(self.options.get("list", DEVICES))


def find_import(session: Session, import_id: int, list_of: str = DEVICES) -> Import | None:
    """Return an upload of devices, or of other things; its file and its result are loaded when
    they are asked for."""
    found = session.get(Import, import_id, options=[defer(Import.result)])
    return found if found and found.list_of == list_of else None


def lock_import(session: Session, import_id: int, list_of: str = DEVICES) -> Import | None:
    """Return an upload as it is now, and let nobody else change it in this transaction."""
    found = session.get(Import, import_id, populate_existing=True, with_for_update=True)
    return found if found and found.list_of == list_of else None


def list_of_import(session: Session, import_id: int) -> str | None:
    """Return what an upload is a list of; None where there is no such upload."""
    found = session.get(Import, import_id, options=[defer(Import.result)])
    return found.list_of if found else None


def import_by_key(session: Session, request_key: str) -> Import | None:
    """Return the upload that was kept under a key of its sender."""
    return session.scalar(select(Import).where(Import.request_key == request_key))


def page_of_imports(session: Session, page: int, size: int) -> tuple[list[Import], int]:
    """Return one page of uploads, newest first, without their files, and how many there are."""
    total = session.scalar(select(func.count()).select_from(Import)) or 0
    found = select(Import).order_by(Import.id.desc()).limit(size).offset((page - 1) * size)
    return list(session.scalars(found)), total


def latest_imports(session: Session, limit: int = 30) -> list[ImportRow]:
    """Return the latest uploads, newest first, without their files and rows."""
    found = session.execute(
        select(
            Import.id,
            Import.filename,
            Import.uploaded_at,
            Import.uploaded_by,
            Import.applied_at,
            Import.applied_by,
            Import.result["summary"],
            Import.result["undone"],
            Import.options,
        )
        .order_by(Import.id.desc())
        .limit(limit)
    )
    return [ImportRow(*row) for row in found]


def plan_against(session: Session, reading: Reading, options: Options) -> Plan:
    """Return what a list that was read will do to what is stored now."""
    known = known_names(session, reading, options.may_add_customers)
    return plan_reading(reading, facts_of(session, reading.macs()), options, known)


def facts_of(session: Session, macs: Collection[str]) -> dict[str, DeviceFacts]:
    """Return the stored facts of those of `macs` that are in the inventory."""
    found: dict[str, DeviceFacts] = {}
    for some in batches(macs):
        ports: dict[int, dict[int, str]] = {}
        labels: dict[int, dict[int, str]] = {}
        taken = (
            select(Port.device_id, Port.number, Port.label, SipAccount.user_name)
            .join(Device, Device.id == Port.device_id)
            .outerjoin(SipAccount, SipAccount.id == Port.account_id)
            .where(Device.mac.in_(some))
        )
        for device_id, number, label, user in session.execute(taken):
            labels.setdefault(device_id, {})[number] = label
            if user:
                ports.setdefault(device_id, {})[number] = user
        rows = session.execute(
            select(
                Device.id,
                Device.mac,
                Device.vendor,
                Device.model,
                Device.serial,
                Device.redirect_pin,
                Device.inventory_id,
                Device.description,
                Device.window_until,
                Device.bound_at,
                Device.state,
                Customer.name,
                Profile.name,
            )
            .outerjoin(Customer, Customer.id == Device.customer_id)
            .outerjoin(Profile, Profile.id == Device.profile_id)
            .where(Device.mac.in_(some))
        )
        for row in rows:
            device_id, mac, vendor, model, serial, pin, tag, description, *more = row
            until, bound_at, state, customer, profile = more
            found[mac] = DeviceFacts(
                vendor=vendor,
                model=model,
                serial=serial,
                redirect_pin=pin,
                inventory_id=tag or "",
                description=description,
                customer=customer or "",
                profile=profile or "",
                ports=ports.get(device_id, {}),
                labels=labels.get(device_id, {}),
                window=Window(until, bound_at is not None, state == "retired"),
            )
    return found


def known_names(session: Session, reading: Reading, may_add_customers: bool) -> Known:
    """Return the names that exist, as far as the list speaks of them."""
    users: set[str] = set()
    tags: set[str] = set()
    for row in reading.rows:
        users.update(p["account"] for p in row.values.get("ports", {}).values() if p.get("account"))
        if tag := row.values.get("inventory_id"):
            tags.add(tag)
    return Known(
        customers=set(session.scalars(select(Customer.name))),
        profiles=set(session.scalars(select(Profile.name))),
        accounts=_places_of(session, users),
        inventory_ids=_owners_of(session, tags),
        may_add_customers=may_add_customers,
        now=utc_now(),
        elsewhere=_elsewhere(session, reading.macs()),
        needs_customer=limits_of(session) is not None,
    )


def _elsewhere(session: Session, macs: Collection[str]) -> set[str]:
    """Return those of `macs` that are in the inventory where a limited user does not see them."""
    if limits_of(session) is None:
        return set()
    found: set[str] = set()
    for some in batches(macs):
        mine = select(Device.mac).where(Device.mac.in_(some))
        found |= {*session.scalars(beyond(mine))} - {*session.scalars(mine)}
    return found


def _places_of(session: Session, users: Collection[str]) -> dict[str, str]:
    """Return user name -> the place where it is used, "" for nowhere."""
    places: dict[str, str] = {}
    for some in batches(users):
        found = session.execute(
            select(SipAccount.user_name, Port.number, Device.mac)
            .outerjoin(Port, Port.account_id == SipAccount.id)
            .outerjoin(Device, Device.id == Port.device_id)
            .where(SipAccount.user_name.in_(some))
        )
        for user, number, mac in found:
            places[user] = f"port {number} of {format_mac(mac)}" if mac else ""
    return places


def _owners_of(session: Session, tags: Collection[str]) -> dict[str, str]:
    """Return inventory id -> MAC that has it, "" where that is not to be told."""
    owners: dict[str, str] = {}
    for some in batches(tags):
        found = select(Device.inventory_id, Device.mac).where(Device.inventory_id.in_(some))
        if limits_of(session) is not None:
            owners |= {tag: "" for tag, _ in session.execute(beyond(found)) if tag}
        owners |= {tag: mac for tag, mac in session.execute(found) if tag}
    return owners


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Return `items` in lists short enough for one statement."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some
