"""Writing custom families: rules and audit. Everything is tried in a child before it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.custom_families import declared, queries
from portal.custom_families.declared import Declared, FamilyText
from portal.errors import RuleBroken
from portal.models import CustomFamily, Device
from portal.vendors.child import CASES, Trial, TrialFailed, try_family
from portal.vendors.schema import Family


def tried(key: str, text: FamilyText) -> Declared:
    """Return the declaration of what is typed, once every file came out well in the child.

    With no account, one, and all ports, of the smallest and the largest model. Needs no database,
    and may take seconds: call it before a transaction. Raises RuleBroken on the field.
    """
    family, declaration = declared.checked(key, text)
    by_size = sorted(family.models, key=lambda name: family.models[name].ports)
    models = dict.fromkeys([by_size[0], by_size[-1]])
    trials = [
        Trial(place, model, case)
        for place in _rendered(family)
        for model in models
        for case in CASES
    ]
    _run(family, declaration, trials)
    return declaration


def previews(
    key: str, text: FamilyText, model: str = "", case: str = "one"
) -> list[tuple[str, str]]:
    """Return name and text of every file for a made-up device; raises RuleBroken on the field.

    `model` empty: the first one.
    """
    family, declaration = declared.checked(key, text)
    model = model.strip() or next(iter(family.models))
    if model not in family.models:
        raise RuleBroken(f"The family has no model “{model}”", "preview_model")
    places = _rendered(family)
    made = _run(family, declaration, [Trial(place, model, case) for place in places])
    names = [family.files[place].name_for("02005e10f0a1", model) for place in places]
    return list(zip(names, made, strict=True))


def create_family(
    session: Session, actor: Actor, now: datetime, key: str, declaration: Declared
) -> CustomFamily:
    """Add a family; raises RuleBroken on "key" when it is taken."""
    if queries.find_family(session, key):
        raise RuleBroken(f"There is a family {key} already", "key")
    told, templates = declaration
    family = CustomFamily(
        key=key,
        label=told["label"],
        declaration=told,
        templates=templates,
        changed_at=now,
    )
    session.add(family)
    session.flush()
    audit.record(session, actor, "family.create", family, audit.diff({}, _facts(family)))
    return family


def update_family(
    session: Session, actor: Actor, now: datetime, family: CustomFamily, declaration: Declared
) -> None:
    """Change a family; raises RuleBroken on "models" when devices need what would be gone."""
    told, templates = declaration
    _check_models_stay(session, family.key, told["models"])
    before = _facts(family)
    if told["vendor"] != family.declaration["vendor"]:
        renamed = update(Device).where(Device.family == family.key)
        session.execute(renamed.values(vendor=told["vendor"]))
    family.label, family.declaration, family.templates = told["label"], told, templates
    family.changed_at = now
    if changes := audit.diff(before, _facts(family)):
        audit.record(session, actor, "family.update", family, changes)


def delete_family(session: Session, actor: Actor, family: CustomFamily) -> None:
    """Delete a family; raises RuleBroken while devices or profiles use it."""
    devices = sum(count for count, _ in queries.models_in_use(session, family.key).values())
    if devices:
        raise RuleBroken(f"{_devices(devices)} of this family; give them another model first")
    if profiles := queries.profiles_of(session, family.key):
        names = ", ".join(profile.name for profile in profiles)
        raise RuleBroken(f"Profiles are for this family: {names}. Delete them first")
    audit.record(session, actor, "family.delete", family, audit.diff(_facts(family), {}))
    session.delete(family)


def _rendered(family: Family) -> list[int]:
    return [n for n, spec in enumerate(family.files) if spec.kind in {"device", "common"}]


def _run(family: Family, declaration: Declared, trials: list[Trial]) -> list[str]:
    told, templates = declaration
    try:
        return try_family(family.key, told, templates, trials)
    except TrialFailed as failed:
        field = declared.field_of(failed.key)
        raise RuleBroken(declared.capital(str(failed)), field) from None


def _check_models_stay(session: Session, key: str, models: Mapping[str, Any]) -> None:
    for name, (count, last_port) in queries.models_in_use(session, key).items():
        if name not in models:
            raise RuleBroken(f"{_devices(count)} of model {name}; it cannot go", "models")
        if last_port > models[name]["ports"]:
            raise RuleBroken(
                f"A {name} has an account on port {last_port}; release it first", "models"
            )


def _devices(count: int) -> str:
    return "1 device is" if count == 1 else f"{count:,} devices are"


def _facts(family: CustomFamily) -> dict[str, Any]:
    """Return what the audit compares; a template is told by its hash."""
    told = family.declaration
    facts = {name: told[name] for name in ("label", "vendor", "ouis", "user_agents", "resync")}
    facts |= {"clear": told["clear"], "boolean words": list(told["values"]["boolean"].values())}
    facts["models"] = [
        f"{name}; {model['ports']}; {model['line_keys']}" for name, model in told["models"].items()
    ]
    for entry in told["files"]:
        text = family.templates.get(entry.get("template", ""), "")
        facts[f"file {entry['name']}"] = {
            **{name: entry[name] for name in entry if name not in {"name", "template"}},
            "template": hashlib.sha256(text.encode()).hexdigest()[:12] if text else "",
        }
    return facts
