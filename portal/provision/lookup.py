"""What stands in a device's file, looked up once it is clear that the phone may have it.

SQLAlchemy Core, statements built once: measured at nearly three times the ORM's rate here. With
claims.py and stored.py the only SQL on the road: at most 4 statements for a phone with a token,
however many ports, 5 where its password is checked before anything else is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal, select

from portal.models import Port, Profile, ProfileVersion, SipAccount
from portal.provision import claims, firmware
from portal.provision.claims import Claim
from portal.provision.firmware import KnownFirmware
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer

MAX_PARENTS = 20


@dataclass(frozen=True)
class KnownPort:
    """A port with its account, the password still sealed."""

    number: int
    label: str
    settings: Mapping[str, Any]
    user_name: str | None
    auth_name: str
    password_sealed: str
    display_name: str
    is_enabled: bool


@dataclass(frozen=True)
class KnownDevice:
    """All that decides what stands in one phone's file. `layers` are widest first, without ports'.

    `images` are the uploaded files of its family, once stored.with_images() looked them up.
    """

    id: int
    mac: str
    family: str
    model: str
    customer_id: int | None
    token_sealed: str | None = field(repr=False)
    file_key_sealed: str | None = field(repr=False)
    layers: tuple[Layer, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    line_keys: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    ports: tuple[KnownPort, ...] = ()
    has_phonebook: bool = False
    # What the phone is offered follows from these two, and only that is part of what it gets.
    last_firmware: str = field(default="", repr=False)
    images: tuple[KnownFirmware, ...] | None = field(default=None, repr=False)

    @property
    def pins_firmware(self) -> bool:
        return bool(_pinned(self.layers))

    @property
    def interval_s(self) -> int:
        """Seconds until it fetches again, as its file says."""
        given = [layer.settings.get("provisioning.interval_s") for layer in self.layers]
        default = CATALOGUE["provisioning.interval_s"].default
        return int(next(filter(None, reversed(given)), default))

    @property
    def offer(self) -> KnownFirmware | None:
        """The firmware image that it should load, by the version pinned for it."""
        pinned = _pinned(self.layers)
        return firmware.offered(self.images or (), self.model, pinned, self.last_firmware)


@dataclass(frozen=True)
class Trial:
    """What a profile would say in place of its version in force: to see a file beforehand.

    A device without this profile is looked up as if it had it.
    """

    id: int
    name: str
    family: str
    settings: Mapping[str, Any]
    parameters: Mapping[str, str]
    line_keys: Iterable[Mapping[str, Any]]


def _pinned(layers: Iterable[Layer]) -> str:
    version = ""
    for layer in layers:
        version = layer.settings.get("firmware.version", version)
    return version or ""


_port, _account = Port.__table__, SipAccount.__table__
_profile, _version = Profile.__table__, ProfileVersion.__table__


def _profile_chain() -> Select[Any]:
    chain = (
        select(_profile.c.id, _profile.c.parent_id, _profile.c.name, literal(0).label("depth"))
        .where(_profile.c.id == bindparam("profile"))
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        select(_profile.c.id, _profile.c.parent_id, _profile.c.name, chain.c.depth + 1)
        .join(chain, _profile.c.id == chain.c.parent_id)
        .where(chain.c.depth < MAX_PARENTS)
    )
    newest = _version.alias()
    in_force = (
        select(func.max(newest.c.number))
        .where(newest.c.profile_id == chain.c.id)
        .where(newest.c.effective_at <= bindparam("now", type_=newest.c.effective_at.type))
        .scalar_subquery()
    )
    return (
        select(
            chain.c.id,
            chain.c.name,
            _profile.c.family,
            _version.c.settings,
            _version.c.parameters,
            _version.c.line_keys,
        )
        .join(_profile, _profile.c.id == chain.c.id)
        .join(_version, (_version.c.profile_id == chain.c.id) & (_version.c.number == in_force))
        .order_by(chain.c.depth.desc())
    )


_CHAIN = _profile_chain()
_PORTS = (
    select(
        _port.c.number,
        _port.c.label,
        _port.c.settings,
        _account.c.user_name,
        _account.c.auth_name,
        _account.c.password_sealed,
        _account.c.display_name,
        _account.c.is_enabled,
    )
    .outerjoin(_account, _account.c.id == _port.c.account_id)
    .where(_port.c.device_id == bindparam("device"))
    .order_by(_port.c.number)
)


def by_id(
    connection: Connection, device_id: int, now: datetime, trial: Trial | None = None
) -> KnownDevice | None:
    claim = claims.by_id(connection, device_id, now)
    return complete(connection, claim, now, trial) if claim is not None else None


def complete(
    connection: Connection, claim: Claim, now: datetime, trial: Trial | None = None
) -> KnownDevice:
    """Return all that stands in the device's file, with two more statements."""
    row = claim.row
    layers = [Layer("portal", row.site_settings or {})]
    if row.customer_id:
        layers.append(Layer(f"customer {row.customer_name}", row.customer_settings or {}))
    parameters: dict[str, str] = {}
    line_keys = []
    if row.profile or trial:
        for step in _steps(connection, row.profile, now, trial):
            layers.append(Layer(f"profile {step.name}", step.settings))
            line_keys.append(tuple(step.line_keys))
            if step.family == row.family:
                parameters.update(step.parameters)
    layers.append(Layer("this device", row.settings))
    ports = connection.execute(_PORTS, {"device": row.id})
    return KnownDevice(
        id=row.id,
        mac=row.mac,
        family=row.family,
        model=row.model,
        customer_id=row.customer_id,
        token_sealed=row.token_sealed,
        file_key_sealed=row.file_key_sealed,
        layers=tuple(layers),
        parameters=parameters | row.parameters,
        line_keys=(*line_keys, tuple(row.line_keys)),
        ports=tuple(KnownPort(**port._mapping) for port in ports),
        has_phonebook=bool(row.has_phonebook),
        last_firmware=row.last_firmware,
    )


def _steps(
    connection: Connection, profile_id: int | None, now: datetime, trial: Trial | None
) -> Iterable[Any]:
    """Return what each profile of the chain says, the farthest first."""
    found = connection.execute(_CHAIN, {"profile": profile_id, "now": now})
    if trial is None:
        return found
    steps = found.all()
    if all(step.id != trial.id for step in steps):
        steps = connection.execute(_CHAIN, {"profile": trial.id, "now": now}).all()
    return [trial if step.id == trial.id else step for step in steps]
