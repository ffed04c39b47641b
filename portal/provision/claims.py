"""Whose file is asked for: the one row that decides, by MAC, token or Digest user.

Nothing of the file itself is looked up here, so that a refusal costs the same for every MAC.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, or_, select

from portal.models import Contact, Customer, Device, SipAccount, Site
from portal.provision.levels import STANDARD, level_at


@dataclass(frozen=True)
class Claim:
    """What decides whether a phone may have the file of the device it says it is.

    `level` is its customer's trust level now; `row` is what `complete` makes the device from.
    """

    id: int
    mac: str
    family: str
    state: str
    customer_id: int | None
    networks: tuple[str, ...]
    level: str
    bound_at: datetime | None
    window_until: datetime | None
    window_address: str
    window_by_person: bool
    has_proofs: bool
    old_proofs: str
    wiped_at: datetime | None
    is_locked: bool
    lock_reason: str
    last_seen_at: datetime | None
    last_address: str
    row: Any = field(repr=False)


_device, _customer, _site = Device.__table__, Customer.__table__, Site.__table__
_account, _contact = SipAccount.__table__, Contact.__table__

# Accounts that stand in their customer's phone book.
LISTED = and_(_account.c.is_enabled, _account.c.display_name > "")


def _device_where(condition: Any) -> Select[Any]:
    return (
        select(
            _device,
            _customer.c.name.label("customer_name"),
            _customer.c.networks.label("customer_networks"),
            _customer.c.settings.label("customer_settings"),
            _customer.c.trust_level,
            _customer.c.trust_level_until,
            _customer.c.trust_level_then,
            func.coalesce(_device.c.profile_id, _customer.c.default_profile_id).label("profile"),
            _site.c.settings.label("site_settings"),
            or_(
                exists().where(_contact.c.customer_id == _customer.c.id),
                and_(
                    _customer.c.lists_accounts,
                    exists().where(_account.c.customer_id == _customer.c.id, LISTED),
                ),
            ).label("has_phonebook"),
        )
        .select_from(_device)
        .outerjoin(_customer, _customer.c.id == _device.c.customer_id)
        .outerjoin(_site, _site.c.id == 1)
        .where(condition)
    )


_VALUE: Any = bindparam("value")
# A MAC that nobody has is looked up as somebody else's, anybody's: both cost the same.
_ANYBODY = (
    select(func.min(_device.c.id))
    .where(_device.c.id >= bindparam("part") * select(func.max(_device.c.id)).scalar_subquery())
    .scalar_subquery()
)
_BY_MAC = _device_where(
    _device.c.id
    == func.coalesce(
        select(_device.c.id).where(_device.c.mac == _VALUE).scalar_subquery(), _ANYBODY
    )
)
_BY_TOKEN = _device_where(or_(_device.c.token_hash == _VALUE, _device.c.old_token_hash == _VALUE))
_BY_DIGEST_USER = _device_where(
    or_(_device.c.digest_user == _VALUE, _device.c.old_digest_user == _VALUE)
)
_BY_ID = _device_where(_device.c.id == _VALUE)


def by_mac(connection: Connection, mac: str, now: datetime) -> Claim | None:
    claim = _claim(connection, _BY_MAC, mac, now)
    return claim if claim is not None and claim.mac == mac else None


def by_token(connection: Connection, token_hash: str, now: datetime) -> tuple[Claim | None, bool]:
    """Return whose token it is, and whether it is the one before the present one."""
    claim = _claim(connection, _BY_TOKEN, token_hash, now)
    return claim, claim is not None and claim.row.token_hash != token_hash


def by_digest_user(connection: Connection, user: str, now: datetime) -> Claim | None:
    return _claim(connection, _BY_DIGEST_USER, user, now)


def by_id(connection: Connection, device_id: int, now: datetime) -> Claim | None:
    return _claim(connection, _BY_ID, device_id, now)


def _claim(
    connection: Connection, statement: Select[Any], value: object, now: datetime
) -> Claim | None:
    part = random.random()  # noqa: S311 # nosec B311 - anybody will do, nothing is secret
    row = connection.execute(statement, {"value": value, "part": part}).first()
    if row is None:
        return None
    return Claim(
        id=row.id,
        mac=row.mac,
        family=row.family,
        state=row.state,
        customer_id=row.customer_id,
        networks=tuple(row.customer_networks or ()),
        level=_level(row, now),
        bound_at=row.bound_at,
        window_until=row.window_until,
        window_address=row.window_address,
        window_by_person=row.window_by_person,
        has_proofs=row.token_sealed is not None,
        old_proofs=row.old_proofs,
        wiped_at=row.wiped_at,
        is_locked=row.locked_at is not None,
        lock_reason=row.lock_reason,
        last_seen_at=row.last_seen_at,
        last_address=row.last_address,
        row=row,
    )


def _level(row: Any, now: datetime) -> str:
    if row.trust_level is None:  # it has no customer
        return STANDARD
    return level_at(now, row.trust_level, row.trust_level_until, row.trust_level_then)
