"""What a device would fetch now: its addresses, effective settings and files, for people's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from portal import crypto
from portal.errors import RuleBroken
from portal.models import Device, Site
from portal.provision import context, lookup, stored
from portal.settings.catalogue import CATALOGUE, Setting
from portal.settings.line_keys import LineKey, merge
from portal.settings.resolve import Resolved, resolve
from portal.settings_form import words_of
from portal.vendors import FAMILIES
from portal.vendors.render import Renderer
from portal.vendors.schema import FileSpec


@dataclass(frozen=True)
class EffectiveSetting:
    """A setting as it reaches the phone, and where its value comes from."""

    setting: Setting
    resolved: Resolved
    is_ignored: bool

    @property
    def shown(self) -> str:
        return self.setting.show(self.resolved.value)

    @property
    def words(self) -> str:
        """What a search looks in: its names, what it means, its value and where that comes from."""
        return f"{words_of(self.setting)} {self.shown} {self.resolved.origin}".lower()

    def holds(self, q: str) -> bool:
        return all(word in self.words for word in q.lower().split())


def addresses(
    session: Session, device: Device, sealer: crypto.Sealer, base_url: str
) -> tuple[str, str]:
    """Return the site address and the device's own; both are directories that end with a slash.

    The site address is the customer's, or the portal's for a device without customer. The device
    must have its proofs (service.ensure_proofs).
    """
    owner = device.customer or session.get_one(Site, 1)
    site = sealer.open(owner.site_token_sealed)
    own = sealer.open(device.token_sealed) if device.token_sealed else ""
    return f"{base_url}/p/s/{site}/", f"{base_url}/p/t/{own}/" if own else ""


def effective_settings(
    connection: Connection, device: Device, now: datetime
) -> list[EffectiveSetting]:
    """Return every setting of the catalogue as it holds for the device."""
    known = lookup.by_id(connection, device.id, now)
    if known is None:
        return []
    family = FAMILIES.get(device.family)
    ignores = family.ignores if family else frozenset()
    resolved = context.resolved_of(known)
    return [EffectiveSetting(CATALOGUE[key], resolved[key], key in ignores) for key in CATALOGUE]


def inherited_settings(
    connection: Connection, device: Device, now: datetime, number: int | None = None
) -> dict[str, Resolved]:
    """Return what would hold without the device's own settings, or without those of a port."""
    known = lookup.by_id(connection, device.id, now)
    if known is None:
        return {}
    layers = context.layers_of(known)
    return resolve(layers if number is not None else layers[:-1])


def inherited_keys(connection: Connection, device: Device, now: datetime) -> list[LineKey]:
    """Return the line keys that hold without the device's own."""
    known = lookup.by_id(connection, device.id, now)
    return merge(known.line_keys[:-1]) if known else []


def file_names(device: Device) -> list[str]:
    """Return the files that are made for this device's model, the main one first."""
    return [name for _, name in files_of(device)]


def files_of(device: Device) -> list[tuple[FileSpec, str]]:
    """Return what the family says of each of the device's files, and its name."""
    family = FAMILIES.get(device.family)
    if family is None:
        return []
    return [
        (spec, spec.name_for(device.mac, device.model))
        for spec in family.files
        if spec.kind == "device" and "{any}" not in spec.name and spec.is_for(device.model)
    ]


def render(
    connection: Connection,
    device: Device,
    filename: str,
    renderer: Renderer,
    sealer: crypto.Sealer,
    base_url: str,
    now: datetime,
    with_secrets: bool = False,
) -> str:
    """Return the text of one file, secrets masked unless `with_secrets`; empty name: the main one.

    Raises RuleBroken when there is no such file, CannotRender when it cannot be made.
    """
    found_model = FAMILIES.known(device.family, device.model)
    if found_model is None:
        raise RuleBroken("The model of this device is not known yet, so it has no files")
    family, model = found_model
    spec, name = family.device_file(device.mac, device.model)
    if filename and filename.lower() != name.lower():
        found = family.file_for(filename)
        if found is None or found[0].kind not in {"device", "common", "phonebook"}:
            names = ", ".join(file_names(device))
            raise RuleBroken(f"{device.model} has no file “{filename}”; it fetches {names}")
        spec = found[0]
    known = lookup.by_id(connection, device.id, now)
    if known is None:
        raise RuleBroken("The device is not in the inventory any more")
    known = stored.with_images(connection, known)
    made = context.context_of(known, family, model, sealer, base_url)
    if spec.kind == "common":
        made = context.shared_context(model, stored.site_settings(connection), base_url, "")
    elif spec.kind == "phonebook":
        contacts = stored.contacts_of(connection, known.customer_id)
        made = context.phonebook_context(model, contacts)
    if with_secrets:
        return renderer.render(family, spec, made).decode(spec.encoding)
    return renderer.preview(family, spec, made)
