"""Reading firmware files, and which devices are pinned to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.orm import Session

from portal.models import Customer, Device, FirmwareFile, Profile, ProfileVersion, Site
from portal.models.device import DEVICE_SAYS
from portal.provision.firmware import same_version
from portal.vendors import FAMILIES
from portal.vendors.schema import Family

KEY = "firmware.version"


@dataclass(frozen=True)
class FirmwareRow:
    """A file in the list. `devices` of its models are there, `pinned` of them to its version.

    `is_first`: phones are told this one's address; further files of a version are for the image
    itself to ask for. `lacks_stone`: no file holds the version that must be passed through.
    """

    file: FirmwareFile
    devices: int
    pinned: int
    is_first: bool
    lacks_stone: bool


@dataclass(frozen=True)
class FamilyFiles:
    """The files of one family, the newest upload first."""

    label: str
    vendor: str
    is_folder: bool
    rows: list[FirmwareRow]


def find_file(session: Session, file_id: int) -> FirmwareFile | None:
    return session.get(FirmwareFile, file_id)


def files_named(
    session: Session, name: str, family: str = "", version: str = ""
) -> list[FirmwareFile]:
    """Return the files of that name, in any case; of one family and version where they are told."""
    found = select(FirmwareFile).where(func.lower(FirmwareFile.filename) == name.strip().lower())
    if family:
        found = found.where(FirmwareFile.family == family)
    return [
        file
        for file in session.scalars(found.order_by(FirmwareFile.id))
        if not version or same_version(file.firmware_version, version)
    ]


def all_files(session: Session) -> list[FirmwareFile]:
    """Return all files by family, name and version."""
    by_name = (FirmwareFile.family, FirmwareFile.filename, FirmwareFile.firmware_version)
    return list(session.scalars(select(FirmwareFile).order_by(*by_name)))


def used_images(session: Session) -> set[str]:
    """Return the hashes of all bytes that a file stands for."""
    return set(session.scalars(select(FirmwareFile.sha256)))


def families_with_firmware() -> list[Family]:
    """Return the families that can be told where firmware is, by label."""
    able = [family for family in FAMILIES.values() if "firmware.url" not in family.ignores]
    return sorted(able, key=lambda family: family.label.lower())


def by_family(session: Session, now: datetime) -> list[FamilyFiles]:
    """Return all files with the devices that would get them, by family."""
    files: dict[str, list[FirmwareFile]] = {}
    for file in session.scalars(select(FirmwareFile).order_by(FirmwareFile.id)):
        files.setdefault(file.family, []).append(file)
    counts = _devices(session, list(files), now) if files else Counter()
    shown = []
    for key, own in files.items():
        family = FAMILIES.get(key)
        shown.append(
            FamilyFiles(
                family.label if family else key,
                family.vendor if family else "",
                family is not None and family.firmware == "folder",
                [_row(file, own, counts) for file in reversed(own)],
            )
        )
    return sorted(shown, key=lambda group: group.label.lower())


def count_pinned(session: Session, file: FirmwareFile, now: datetime) -> int:
    """Count the devices that are pinned to the version of `file` and have one of its models."""
    return _row(file, [file], _devices(session, [file.family], now)).pinned


class _Heir(NamedTuple):
    """What decides which version a device inherits. `profile_id`: its own, not the customer's."""

    family: str
    model: str
    customer_id: int | None
    profile_id: int | None


# (family, model, pinned version in lower case or "") -> devices
_Counts = Counter[tuple[str, str, str]]


def _row(file: FirmwareFile, own: list[FirmwareFile], counts: _Counts) -> FirmwareRow:
    def holds(other: FirmwareFile, version: str) -> bool:
        return same_version(other.firmware_version, version) and bool(
            set(other.models) & set(file.models)
        )

    models = set(file.models)
    fitting = {key: n for key, n in counts.items() if key[0] == file.family and key[1] in models}
    version = _plain(file.firmware_version)
    first = next((other for other in own if holds(other, file.firmware_version)), file)
    return FirmwareRow(
        file,
        sum(fitting.values()),
        sum(n for key, n in fitting.items() if key[2] == version),
        first is file,
        bool(file.after_version) and not any(holds(other, file.after_version) for other in own),
    )


def _devices(session: Session, families: list[str], now: datetime) -> _Counts:
    """Count devices by family, model and pinned version.

    All are counted by what they inherit from, in one index; then the few that say a version
    themselves, found in another one, are moved to theirs.
    """
    # In the order of ix_devices_profile, and without a condition on what has an index of its own.
    group = Device.profile_id, Device.vendor, Device.family, Device.model, Device.state
    counted = select(*group, Device.customer_id, func.count()).group_by(*group, Device.customer_id)
    inherit: Counter[_Heir] = Counter()
    for profile_id, _, family, model, state, customer_id, count in session.execute(counted):
        if family in families and state != "retired":
            inherit[_Heir(family, model, customer_id, profile_id)] += count
    says_itself = cast(Device.settings, Text).contains(f'"{KEY}"')
    own = select(*group, Device.customer_id, Device.settings).where(text(DEVICE_SAYS), says_itself)
    counts: _Counts = Counter()
    for profile_id, _, family, model, state, customer_id, settings in session.execute(own):
        if family in families and state != "retired":
            inherit[_Heir(family, model, customer_id, profile_id)] -= 1
            counts[family, model, _plain(settings[KEY])] += 1
    customers: dict[int | None, Any] = {
        customer.id: customer
        for customer in session.execute(
            select(Customer.id, Customer.settings, Customer.default_profile_id)
        )
    }
    profiles = _by_profile(session, now)
    site = session.get(Site, 1)
    for heir, count in inherit.items():
        owner = customers.get(heir.customer_id)
        layers = [
            *profiles.get(heir.profile_id or (owner.default_profile_id if owner else None), ()),
            owner.settings if owner else {},
            site.settings if site else {},
        ]
        pinned = next((settings[KEY] for settings in layers if KEY in settings), "")
        counts[heir.family, heir.model, _plain(pinned)] += count
    return counts


def _by_profile(session: Session, now: datetime) -> dict[int | None, list[Mapping[str, Any]]]:
    """Return the settings in force of every profile and its parents, nearest first."""
    newest = (
        select(ProfileVersion.profile_id, func.max(ProfileVersion.number).label("number"))
        .where(ProfileVersion.effective_at <= now)
        .group_by(ProfileVersion.profile_id)
        .subquery()
    )
    in_force = select(ProfileVersion.profile_id, ProfileVersion.settings).join(
        newest,
        (newest.c.profile_id == ProfileVersion.profile_id)
        & (newest.c.number == ProfileVersion.number),
    )
    settings: dict[int, dict[str, Any]] = {
        row.profile_id: row.settings for row in session.execute(in_force)
    }
    parents: dict[int, int | None] = {
        row.id: row.parent_id for row in session.execute(select(Profile.id, Profile.parent_id))
    }
    chains: dict[int | None, list[Mapping[str, Any]]] = {}
    for profile_id in parents:
        chain: list[int] = []
        step: int | None = profile_id
        while step is not None and step not in chain:
            chain.append(step)
            step = parents.get(step)
        chains[profile_id] = [settings.get(step, {}) for step in chain]
    return chains


def _plain(version: str | None) -> str:
    return (version or "").strip().casefold()
