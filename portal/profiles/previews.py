"""The real file of a device with what a profile would say: masked, and how it differs from now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.crypto import Sealer
from portal.errors import CannotRender
from portal.file_differences import Line, differences
from portal.models import Device, Profile
from portal.profiles.differences import Content
from portal.provision import context, lookup, stored
from portal.provision.lookup import KnownDevice, Trial
from portal.vendors import FAMILIES
from portal.vendors.render import Renderer
from portal.vendors.schema import Family, FileSpec


class Maker(NamedTuple):
    """What makes files."""

    renderer: Renderer
    sealer: Sealer
    base_url: str


@dataclass(frozen=True)
class FilePreview:
    """A device's main file as it would be, or why it cannot be made; `lines` differ from now."""

    device: Device
    name: str = ""
    text: str = ""
    lines: Sequence[Line] = ()
    problem: str = ""

    @property
    def gone(self) -> int:
        return sum(line.kind == "gone" for line in self.lines)

    @property
    def new(self) -> int:
        return sum(line.kind == "new" for line in self.lines)


def preview(
    session: Session, maker: Maker, profile: Profile, content: Content, device: Device, at: datetime
) -> FilePreview:
    """Return the main file of `device` if `profile` said `content`, which need not be stored.

    A device without the profile is shown as if it had it.
    """
    known = FAMILIES.known(device.family, device.model)
    if known is None:
        return FilePreview(device, problem="Its model is not known, so it has no file")
    family, _model = known
    spec, name = family.device_file(device.mac, device.model)
    trial = Trial(
        profile.id,
        profile.name,
        profile.family,
        content.settings,
        content.parameters,
        list(content.line_keys),
    )
    try:
        after = _texts(session, maker, family, spec, device, at, trial)
    except CannotRender as error:
        return FilePreview(device, name, problem=str(error))
    try:
        before = _texts(session, maker, family, spec, device, at, None)
    except CannotRender:
        before = [], []  # what is in force makes no file: all of it is new
    return FilePreview(device, name, "\n".join(after[1]) + "\n", differences(before, after))


def _texts(
    session: Session,
    maker: Maker,
    family: Family,
    spec: FileSpec,
    device: Device,
    at: datetime,
    trial: Trial | None,
) -> tuple[list[str], list[str]]:
    """Return the lines of the file, plain and masked; both masked should they not correspond."""
    connection = session.connection()
    known: KnownDevice | None = lookup.by_id(connection, device.id, at, trial)
    if known is None:
        return [], []
    known = stored.with_images(connection, known)
    model = family.models[known.model]
    made = context.context_of(known, family, model, maker.sealer, maker.base_url)
    masked = maker.renderer.preview(family, spec, made).splitlines()
    plain = maker.renderer.render(family, spec, made).decode(spec.encoding).splitlines()
    return (plain if len(plain) == len(masked) else masked), masked
