"""What replacing a device by another would keep, and what does not fit: all of it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.devices import queries
from portal.devices.checks import model_named
from portal.errors import RuleBroken, parsed
from portal.models import Device, Port, Profile, UnknownPhone
from portal.settings.catalogue import CATALOGUE
from portal.values import format_mac, parse_mac
from portal.vendors import FAMILIES, carries
from portal.vendors.schema import Family, Model


@dataclass(frozen=True)
class Replacement:
    """`new` None: the MAC is not in the inventory yet, and will be added.

    What the new device gets stands in `profile` to `line_keys`; `kept` and `lost` say it in
    sentences.
    """

    old: Device
    mac: str
    new: Device | None
    family: Family
    model: Model
    keeps_inventory_id: bool
    profile: Profile | None
    ports: tuple[Port, ...]
    settings: Mapping[str, Any]
    parameters: Mapping[str, str]
    line_keys: tuple[Mapping[str, Any], ...]
    kept: tuple[str, ...] = field(default=())
    lost: tuple[str, ...] = field(default=())

    @property
    def digest_parts(self) -> tuple[Any, ...]:
        """What a person saw; when it differs, they are asked again."""
        state = self.new.state if self.new else ""
        return self.mac, state, self.model.name, self.kept, self.lost


def plan(
    session: Session, old: Device, mac: str, model: str, keeps_inventory_id: bool
) -> Replacement:
    """Return what putting `mac` in place of `old` does. `model` empty: as known, or as `old`.

    Raises RuleBroken on "mac" or "model".
    """
    if old.state == "retired":
        raise RuleBroken("This device is retired, so there is nothing to replace", "mac")
    mac, new = _new_device(session, old, mac)
    text = model.strip() or (new.model if new else "") or _seen_model(session, mac) or old.model
    family, chosen = model_named(text, mac)
    lost: list[str] = []
    profile = old.profile
    if profile and profile.family and profile.family != family.key:
        lost.append(
            f"Profile {profile.name} is for {FAMILIES[profile.family].label}; the new device gets "
            "the customer's default profile"
        )
        profile = None
    ports = _ports(old, family, chosen, lost)
    settings = _settings(old, family, chosen, lost)
    parameters = dict(old.parameters)
    if parameters and family.key != old.family:
        names = ", ".join(parameters)
        lost.append(f"Raw parameters of {old.vendor}: {names}")
        parameters = {}
    keys = _line_keys(old, family, chosen, lost)
    made = Replacement(
        old,
        mac,
        new,
        family,
        chosen,
        keeps_inventory_id,
        profile,
        tuple(ports),
        settings,
        parameters,
        tuple(keys),
    )
    return Replacement(**{**vars(made), "kept": tuple(_kept(made)), "lost": tuple(lost)})


def _new_device(session: Session, old: Device, typed: str) -> tuple[str, Device | None]:
    mac = parsed("mac", parse_mac, typed)
    if mac == old.mac:
        raise RuleBroken("That is this very device; type the MAC of the new one", "mac")
    new = queries.find_device(session, mac)
    if new is None:
        return mac, None
    if any(port.account for port in new.ports):
        users = ", ".join(port.account.user_name for port in new.ports if port.account)
        raise RuleBroken(f"{format_mac(mac)} has accounts on it: release {users} first", "mac")
    if new.state not in {"stock", "retired"}:
        owner = new.customer.name if new.customer else "nobody"
        name = f", “{new.description}”" if new.description else ""
        raise RuleBroken(
            f"{format_mac(mac)} is in service at {owner}{name}; retire it first, or type another",
            "mac",
        )
    return mac, new


def _seen_model(session: Session, mac: str) -> str:
    """Return the model that a phone said when it called in without being in the inventory."""
    found = session.scalar(select(UnknownPhone).where(UnknownPhone.mac == mac))
    if found is None or FAMILIES.known(found.family, found.model) is None:
        return ""
    return f"{FAMILIES[found.family].vendor} {found.model}"


def _ports(old: Device, family: Family, model: Model, lost: list[str]) -> list[Port]:
    used = [port for port in old.ports if port.account or port.label or port.settings]
    kept = [port for port in used if port.number <= model.ports]
    for port in used:
        if port.number > model.ports and port.account:
            lost.append(
                f"Port {port.number}: {model.name} has {model.ports} port"
                f"{'s' if model.ports != 1 else ''}; {port.account.user_name} is free then"
            )
        elif port.number > model.ports:
            lost.append(f"Port {port.number}: its label and settings")
    for port in kept:
        try:
            carries.check_label(family, model, port.label)
        except RuleBroken as broken:
            lost.append(f"Label of port {port.number}: {broken.message}")
    return kept


def _settings(old: Device, family: Family, model: Model, lost: list[str]) -> dict[str, Any]:
    """Return the own settings that the new family can write; what it ignores is told."""
    kept = {}
    for key, value in old.settings.items():
        label = CATALOGUE[key].label
        try:
            carries.check_settings(family, model, {key: value})
        except RuleBroken as broken:
            lost.append(f"{label}: {broken.message}")
            continue
        if key in family.ignores:
            lost.append(f"{label}: kept, but {family.vendor} ignores it")
        kept[key] = value
    return kept


def _line_keys(
    old: Device, family: Family, model: Model, lost: list[str]
) -> list[Mapping[str, Any]]:
    kept: list[Mapping[str, Any]] = []
    for key in old.line_keys:
        number, module, kind = key["number"], key.get("module", 0), key["type"]
        place = f"Key {number}" + (f" of module {module}" if module else "")
        most = model.module_keys if module else model.line_keys
        if number > most or module > model.modules:
            has = f"{model.modules} modules of {most} keys" if module else f"{most} keys"
            lost.append(f"{place}: {model.name} has {has}")
        elif family.line_key_types and kind not in {*family.line_key_types, "none"}:
            lost.append(f"{place}: {family.vendor} has no key of this kind")
        elif key.get("port", 1) > model.ports:
            lost.append(f"{place}: it works on port {key['port']}, which {model.name} has not")
        else:
            kept.append(key)
    return kept


def _kept(made: Replacement) -> list[str]:
    old = made.old
    told = [old.customer.name] if old.customer else []
    told += [f"profile {made.profile.name}"] if made.profile else []
    told += [f"description “{old.description}”"] if old.description else []
    if old.inventory_id and made.keeps_inventory_id:
        told.append(f"inventory id {old.inventory_id}")
    for port in made.ports:
        what = port.account.user_name if port.account else "free"
        told.append(f"port {port.number}: {what}" + (f", “{port.label}”" if port.label else ""))
    for what, some in (
        ("own setting", made.settings),
        ("raw parameter", made.parameters),
        ("line key", made.line_keys),
        ("own setting of ports", [key for port in made.ports for key in port.settings]),
    ):
        if some:
            noun = what.replace("setting", "settings", 1) if "of" in what else f"{what}s"
            told.append(f"{len(some)} {noun if len(some) != 1 else what}")
    return told
