"""Can a family's file carry what somebody typed? Asked when it is saved. Pure.

Every check renders the device's file around one typed value, with the templates as shipped; what
cannot be written exactly is refused with a sentence that names field and family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from portal.errors import CannotRender, RuleBroken
from portal.settings.catalogue import CATALOGUE
from portal.settings.line_keys import LineKey
from portal.vendors import samples
from portal.vendors.context import AccountView, ConfigContext
from portal.vendors.render import Renderer
from portal.vendors.schema import Family, Model

_RENDERER = Renderer()


_FIELDS = ("auth_name", "display_name", "password", "user_name")
# What every family's file can hold, so that nothing must be rendered to know it: test_carries.
_PLAIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ0-9 ._@+-]*")


def is_plain(text: str) -> bool:
    """Is a text one that every family's file can hold? False says no more than: ask."""
    return bool(_PLAIN.fullmatch(text))


def check_account(
    family: Family, model: Model, account: AccountView, fields: Iterable[str] = _FIELDS
) -> None:
    """Raise RuleBroken on the field of `account` that the family's file cannot hold."""
    for field in fields:
        base = samples.one(model)
        first = base.ports[0].account if base.ports else None
        if first is not None:
            text = getattr(account, field)
            port = replace(base.ports[0], account=replace(first, **{field: text}))
            made = replace(base, ports=[port, *base.ports[1:]])
            _check(family, model, made, field, field.replace("_", " ").capitalize())


def check_label(family: Family, model: Model, label: str) -> None:
    """Raise RuleBroken on "label"."""
    base = samples.one(model)
    if base.ports:
        ports = [replace(base.ports[0], label=label), *base.ports[1:]]
        _check(family, model, replace(base, ports=ports), "label", "Label")


def check_settings(family: Family, model: Model, settings: Mapping[str, Any]) -> None:
    """Raise RuleBroken on the key of a setting; sealed ones are not looked into."""
    for key, value in settings.items():
        if key in CATALOGUE and isinstance(value, str) and key not in family.ignores:
            base = samples.one(model)
            ports = [replace(p, settings={**p.settings, key: value}) for p in base.ports]
            made = replace(base, settings={**base.settings, key: value}, ports=ports)
            _check(family, model, made, key, CATALOGUE[key].label)


def check_line_keys(family: Family, model: Model, keys: Iterable[LineKey]) -> None:
    """Raise RuleBroken on "line_keys"."""
    for key in keys:
        if key.module == 0 and key.number <= model.line_keys:
            base = samples.one(model)
            listed = [key if k.number == key.number else k for k in base.line_keys]
            made = replace(base, line_keys=listed)
            _check(family, model, made, "line_keys", f"Line key {key.number}")


def _check(family: Family, model: Model, made: ConfigContext, field: str, label: str) -> None:
    spec, _name = family.device_file(made.mac, model.name)
    try:
        _RENDERER.render(family, spec, made)
    except CannotRender as refused:
        raise RuleBroken(f"{label}: {refused}", field) from None
