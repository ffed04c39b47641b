"""The files of a device for people: masked, and how they differ from those it fetched last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.devices import previews
from portal.devices.blueprint import config, renderer, sealer
from portal.errors import CannotRender, RuleBroken
from portal.file_differences import Line, differences
from portal.models import Device, FetchedFile
from portal.provision import context, fetched, lookup, stored
from portal.provision.lookup import KnownDevice
from portal.provision.pipeline import Road
from portal.vendors import FAMILIES
from portal.vendors.schema import Family, FileSpec


@dataclass(frozen=True)
class Fetched:
    """How a file differs from the one fetched `at`; `note` says it where no line can show it."""

    at: datetime
    lines: Sequence[Line] = ()
    note: str = ""


@dataclass(frozen=True)
class FileView:
    """One file as people may see it, or why it cannot be made. `names`: what phones call it."""

    names: tuple[str, ...]
    text: str = ""
    problem: str = ""
    fetched: Fetched | None = None


def all_of(session: Session, device: Device, now: datetime) -> list[FileView]:
    """Return the device's files, the main one first; those of the same text under one heading."""
    files: list[FileView] = []
    family = FAMILIES.get(device.family)
    known = lookup.by_id(session.connection(), device.id, now)
    if family is None or known is None:
        return []
    known = stored.with_images(session.connection(), known)
    kept = session.scalars(select(FetchedFile).where(FetchedFile.device_id == device.id))
    by_name = {one.name: one for one in kept}
    for spec, name in previews.files_of(device):
        last = by_name.get(spec.name)
        try:
            text = "\n".join(_texts(known, family, spec)[1]) + "\n"
            made = FileView((name,), text, fetched=_fetched(known, family, spec, last))
        except (CannotRender, RuleBroken) as error:
            made = FileView((name,), problem=str(error))
        # Some families fetch one and the same file under several names.
        same = next((i for i, f in enumerate(files) if _is_same(f, made)), None)
        if same is None:
            files.append(made)
        else:
            names = (*files[same].names, name)
            files[same] = replace(
                files[same], names=names, fetched=files[same].fetched or made.fetched
            )
    return files


def _fetched(
    known: KnownDevice, family: Family, spec: FileSpec, last: FetchedFile | None
) -> Fetched | None:
    """Return how the file now differs from `last`; None where nothing was kept."""
    if last is None:
        return None
    road = cast(Road, current_app.extensions["road"])
    tag = road.files.tag(family, spec, known)
    if last.tag in {tag, f"{tag}e"}:  # the latter was sent encrypted
        return Fetched(last.fetched_at, note="The phone has the file as it is here.")
    try:
        before = fetched.unpack(sealer().open(last.inputs_sealed))
        if before is None or before.family != family.key or before.model not in family.models:
            return Fetched(last.fetched_at, note="The device was of another model then.")
        lines = differences(_texts(before, family, spec), _texts(known, family, spec))
    except (ValueError, CannotRender):
        return Fetched(last.fetched_at, note="It cannot be compared any more.")
    same = "Its values are the same; the portal writes the file in another way by now."
    return Fetched(last.fetched_at, lines, "" if lines else same)


def _texts(known: KnownDevice, family: Family, spec: FileSpec) -> tuple[list[str], list[str]]:
    """Return the lines of a file, plain and masked; both masked should they not correspond."""
    made = context.context_of(
        known, family, family.models[known.model], sealer(), config().base_url
    )
    masked = renderer().preview(family, spec, made).splitlines()
    plain = renderer().render(family, spec, made).decode(spec.encoding).splitlines()
    return (plain if len(plain) == len(masked) else masked), masked


def _is_same(one: FileView, other: FileView) -> bool:
    return (one.text, one.problem) == (other.text, other.problem)
