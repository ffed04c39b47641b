"""Devices: the list, one, and what is done to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.api import answers, represent, shapes
from portal.api.blueprint import config, listed, named, resource
from portal.api.guard import current_actor, require
from portal.customers import queries as customers
from portal.devices import lists, queries, service
from portal.devices.filters import Filters
from portal.extensions import begin_write, db
from portal.models import Device
from portal.profiles import queries as profiles
from portal.values import parse_mac

bp = resource("devices", "The inventory: phones, adapters and base stations, by their MAC")


@bp.get("")
@require("device.view")
@bp.arguments(shapes.DeviceQuery, location="query")
@bp.response(200, shapes.page_of(shapes.Device))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """List devices, the newest first."""
    session, page, size = db.session(), given["page"], given["size"]
    owner = named(
        "customer", given["customer"], lambda n: customers.find_customer_named(session, n)
    )
    profile = named("profile", given["profile"], lambda n: profiles.find_profile_named(session, n))
    filters = Filters(
        q=given["q"],
        customer_id=owner.id if owner else None,
        profile_id=profile.id if profile else None,
        family=given["family"],
        state=given["state"],
        seen=given["seen"],
    )
    found, total = lists.page_of_devices(session, filters, page, size)
    return listed((represent.device(one.device) for one in found), total, page, size)


@bp.post("")
@require("device.create")
@bp.arguments(shapes.NewDevice)
@bp.response(201, shapes.Device)
def create(given: dict[str, Any]) -> ResponseReturnValue:
    """Add a device. With a customer it is assigned, and its set-up window opens."""
    begin_write()
    session, mac = db.session(), given.pop("mac")
    facts = _facts(session, service.DeviceFacts(), given)
    made = service.create_device(session, current_actor(), config(), datetime.now(UTC), mac, facts)
    session.commit()
    return represent.device(made), 201, {"Location": f"/api/v1/devices/{made.mac}", **etag(made)}


@bp.get("/<mac>")
@require("device.view")
@bp.response(200, shapes.Device)
def show(mac: str) -> ResponseReturnValue:
    """Show a device with its ports."""
    found = device_of(db.session(), mac)
    return represent.device(found), 200, etag(found)


@bp.patch("/<mac>")
@require("device.edit")
@bp.arguments(shapes.DeviceChange)
@bp.response(200, shapes.Device)
def update(given: dict[str, Any], mac: str) -> ResponseReturnValue:
    """Change what is given; the rest stays. A new customer opens a new set-up window."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    answers.check_version(found.version, given.pop("version", None))
    present = service.DeviceFacts(
        model=found.model,
        serial=found.serial,
        redirect_pin=found.redirect_pin,
        inventory_id=found.inventory_id or "",
        description=found.description,
        customer=found.customer,
        profile=found.profile,
    )
    facts = _facts(session, present, given)
    service.update_device(session, current_actor(), config(), datetime.now(UTC), found, facts)
    session.commit()
    return represent.device(found), 200, etag(found)


@bp.post("/<mac>/retire")
@require("device.edit")
@bp.response(200, shapes.Device)
def retire(mac: str) -> ResponseReturnValue:
    """Take a device out of service: its ports are freed, its proofs end at once."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    answers.check_version(found.version)
    service.retire_device(session, current_actor(), datetime.now(UTC), found)
    session.commit()
    return represent.device(found), 200, etag(found)


@bp.post("/<mac>/reinstate")
@require("device.edit")
@bp.response(200, shapes.Device)
def reinstate(mac: str) -> ResponseReturnValue:
    """Put a retired device back into service: to its customer, or into stock."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    answers.check_version(found.version)
    service.reinstate_device(session, current_actor(), config(), datetime.now(UTC), found)
    session.commit()
    return represent.device(found), 200, etag(found)


@bp.delete("/<mac>")
@require("device.delete")
@bp.response(204)
def delete(mac: str) -> ResponseReturnValue:
    """Delete a device with its ports and its history."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    answers.check_version(found.version)
    service.delete_device(session, current_actor(), datetime.now(UTC), found)
    session.commit()
    return "", 204


def device_of(session: Session, mac: str) -> Device:
    """Return the device of an address, its MAC in any notation. Raises ApiError 404."""
    try:
        found = queries.find_device(session, parse_mac(mac))
    except ValueError:
        found = None
    if found is None:
        raise answers.missing("device", mac)
    return found


def etag(found: Device) -> dict[str, str]:
    """Return the header that If-Match is made from."""
    return {"ETag": f'"{found.version}"'}


def _facts(
    session: Session, present: service.DeviceFacts, given: dict[str, Any]
) -> service.DeviceFacts:
    """Return `present` facts with those that are given; customer and profile come by name."""
    told: dict[str, Any] = {name: value or "" for name, value in given.items()}
    if "customer" in told:
        told["customer"] = named(
            "customer", told["customer"], lambda n: customers.find_customer_named(session, n)
        )
    if "profile" in told:
        told["profile"] = named(
            "profile", told["profile"], lambda n: profiles.find_profile_named(session, n)
        )
    return replace(present, **told)
