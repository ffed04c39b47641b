"""Reading what stands on labels."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from portal.devices.bulk import unpack
from portal.devices.bulk_queries import find_bulk, in_runs
from portal.imports import results
from portal.imports.queries import find_import
from portal.labels.sheets import LabelFacts
from portal.models import Customer, Device


def of_selection(session: Session, selection_id: int) -> list[int] | None:
    """Return the ids of the devices that were selected, in the list's order."""
    bulk = find_bulk(session, selection_id)
    return list(unpack(bulk.device_ids)) if bulk else None


def of_import(session: Session, import_id: int) -> list[int] | None:
    """Return the ids of the devices that an import added or changed, in the order of its list."""
    upload = find_import(session, import_id)
    if upload is None or upload.applied_at is None:
        return None
    rows = results.all_rows(session, import_id)
    return _ids_of(session, [r.mac for r in rows if r.mac and r.outcome in {"new", "changed"}])


def of_device(session: Session, mac: str) -> list[int] | None:
    return _ids_of(session, [mac]) or None


def facts_of(session: Session, ids: Sequence[int]) -> list[LabelFacts]:
    """Return what may stand on the labels of devices, in the order of `ids`."""
    found: dict[int, LabelFacts] = {}
    for some in in_runs(ids):
        for row in session.execute(_facts(Device.id.in_(some))):
            number, *texts = row
            mac, model, inventory_id, customer, description, serial = (t or "" for t in texts)
            found[number] = LabelFacts(
                mac, model, inventory_id, customer, description, str(number), serial
            )
    return [found[number] for number in ids if number in found]


def _facts(which: ColumnElement[bool]) -> Select[int, str, str, str | None, str, str, str]:
    return (
        select(
            Device.id,
            Device.mac,
            Device.model,
            Device.inventory_id,
            Customer.name,
            Device.description,
            Device.serial,
        )
        .outerjoin(Customer, Customer.id == Device.customer_id)
        .where(which)
    )


def _ids_of(session: Session, macs: Sequence[str]) -> list[int]:
    found: dict[str, int] = {}
    for start in range(0, len(macs), 1_000):
        rows = select(Device.mac, Device.id).where(Device.mac.in_(macs[start : start + 1_000]))
        found.update(session.execute(rows).all())
    return [found[mac] for mac in dict.fromkeys(macs) if mac in found]
