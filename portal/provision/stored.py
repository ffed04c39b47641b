"""The rest of the road's SQL: site tokens, uploads, firmware images, phone books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, or_, select, union_all

from portal.models import (
    CheckIn,
    Contact,
    Customer,
    FirmwareFile,
    Release,
    SipAccount,
    Site,
    Upload,
)
from portal.provision import phonebook
from portal.provision.claims import LISTED
from portal.provision.firmware import KnownFirmware
from portal.provision.levels import LAN
from portal.provision.lookup import KnownDevice
from portal.values import in_networks
from portal.vendors.context import ContactView

_customer, _site = Customer.__table__, Site.__table__
_contact, _account = Contact.__table__, SipAccount.__table__
_check_in, _release = CheckIn.__table__, Release.__table__
_SITE_TOKEN = union_all(
    select(_customer.c.id.label("customer_id")).where(
        _customer.c.site_token_hash == bindparam("hash")
    ),
    select(literal(0).label("customer_id")).where(_site.c.site_token_hash == bindparam("hash")),
)
_LAN_NETWORKS = select(_customer.c.networks).where(
    or_(_customer.c.trust_level == LAN, _customer.c.trust_level_then == LAN)
)
_SITE_SETTINGS = select(_site.c.settings).where(_site.c.id == 1)


_BOOK = union_all(
    select(
        literal(True).label("is_manual"),
        _contact.c.name,
        _contact.c.office,
        _contact.c.mobile,
        _contact.c.other,
    ).where(_contact.c.customer_id == bindparam("customer")),
    select(literal(False), _account.c.display_name, _account.c.user_name, literal(""), literal(""))
    .join(_customer, _customer.c.id == _account.c.customer_id)
    .where(_customer.c.id == bindparam("customer"), _customer.c.lists_accounts, LISTED),
)
_UPLOAD = select(Upload.content).where(
    Upload.device_id == bindparam("device"), Upload.name == bindparam("name")
)


def upload_of(connection: Connection, device_id: int, name: str) -> bytes | None:
    """Return what the device sent under `name` last."""
    return connection.execute(_UPLOAD, {"device": device_id, "name": name.lower()}).scalar()


_image = FirmwareFile.__table__
_IMAGES = select(
    _image.c.family,
    _image.c.filename,
    _image.c.firmware_version,
    _image.c.after_version,
    _image.c.models,
    _image.c.sha256,
).order_by(_image.c.id)
_IMAGES_OF = _IMAGES.where(_image.c.family == bindparam("family"))
_IMAGES_NAMED = _IMAGES.where(func.lower(_image.c.filename) == bindparam("name"))


def images_of(connection: Connection, family: str) -> tuple[KnownFirmware, ...]:
    """Return the firmware files of a family, the first uploaded first."""
    return tuple(map(_known_image, connection.execute(_IMAGES_OF, {"family": family})))


def images_named(connection: Connection, name: str) -> list[tuple[str, KnownFirmware]]:
    """Return the firmware files of that name, in any case, with the family of each."""
    rows = connection.execute(_IMAGES_NAMED, {"name": name.lower()})
    return [(row.family, _known_image(row)) for row in rows]


def _known_image(row: Any) -> KnownFirmware:
    return KnownFirmware(
        row.filename, row.firmware_version, row.after_version, tuple(row.models), row.sha256
    )


def contacts_of(connection: Connection, customer_id: int | None) -> list[ContactView]:
    """Return a customer's phone book; empty for a device without customer."""
    rows = connection.execute(_BOOK, {"customer": customer_id}).all() if customer_id else []
    views = [(row.is_manual, ContactView(*row[1:])) for row in rows]
    return phonebook.merged(
        [view for is_manual, view in views if is_manual],
        [view for is_manual, view in views if not is_manual],
    )


def site_token_owner(connection: Connection, token_hash: str) -> int | None:
    """Return the customer whose site token this is, 0 for the whole portal's, None for nobody's."""
    return connection.execute(_SITE_TOKEN, {"hash": token_hash}).scalar()


def site_token_sealed(connection: Connection, customer_id: int | None) -> str:
    """Return the site token of a customer, without one the portal's, sealed."""
    if customer_id is None:
        found = select(_site.c.site_token_sealed)
    else:
        found = select(_customer.c.site_token_sealed).where(_customer.c.id == customer_id)
    return str(connection.execute(found).scalar_one())


def is_lan(connection: Connection, address: str) -> bool:
    """Is the address in networks where some customer lets a MAC suffice?

    Asked for every MAC alike, before it is looked up.
    """
    rows = connection.execute(_LAN_NETWORKS)
    return any(in_networks(address, row.networks) for row in rows)


def was_here(connection: Connection, device_id: int, address: str, since: datetime) -> bool:
    """Did the device show a proof from this address lately?"""
    found = select(_check_in.c.id).where(
        _check_in.c.device_id == device_id,
        _check_in.c.at > since,
        _check_in.c.address == address,
        _check_in.c.proof != "",
    )
    return connection.execute(found.limit(1)).first() is not None


def released_again(connection: Connection, customer_id: int | None, since: datetime) -> int:
    """Return how many of the customer's phones were released again by themselves."""
    found = select(func.count()).where(
        _release.c.customer_id == customer_id, _release.c.at > since, _release.c.kind == "again"
    )
    return connection.execute(found).scalar_one()


def site_settings(connection: Connection) -> Mapping[str, Any]:
    """Return the portal-wide layer of settings."""
    return connection.execute(_SITE_SETTINGS).scalar() or {}


def with_images(connection: Connection, device: KnownDevice) -> KnownDevice:
    """Return the device with its family's firmware files, where a version is pinned for it."""
    if not device.pins_firmware:
        return device
    return replace(device, images=images_of(connection, device.family))
