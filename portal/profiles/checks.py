"""Rules for what a profile, a customer or a device says: settings, raw parameters, line keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal import crypto
from portal.errors import CannotRender, RuleBroken
from portal.settings import line_keys as keys
from portal.settings.catalogue import CATALOGUE
from portal.vendors import FAMILIES


def check_settings(settings: Mapping[str, object], sealer: crypto.Sealer) -> dict[str, Any]:
    """Return checked settings, secret ones sealed; raises RuleBroken with the key as its field."""
    checked = {}
    for key, value in settings.items():
        try:
            setting = CATALOGUE.find(key)
            checked[key] = setting.parse(value)
        except ValueError as error:
            raise RuleBroken(str(error), key) from None
        if setting.is_secret and isinstance(checked[key], str):
            checked[key] = {"sealed": sealer.seal(checked[key])}
    return checked


def check_parameters(family: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return raw vendor parameters that `family` can write; raises RuleBroken on "parameters"."""
    if not parameters:
        return {}
    if family not in FAMILIES:
        raise RuleBroken(
            "Raw vendor parameters need one family: choose the profile's family first", "parameters"
        )
    spec, _name = FAMILIES[family].device_file("", "")
    syntax = FAMILIES[family].syntaxes.get(spec.syntax)
    if syntax is None:
        raise RuleBroken(
            f"{FAMILIES[family].label}: its file is written whole, it has no parameters",
            "parameters",
        )
    for name, value in parameters.items():
        try:
            syntax.check(name, value)
        except CannotRender as error:
            raise RuleBroken(f"{FAMILIES[family].label}: {error}", "parameters") from None
    return {name: str(value) for name, value in parameters.items()}


def check_line_keys(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a checked layout, each key once; raises RuleBroken on "line_keys"."""
    checked: dict[tuple[int, int], dict[str, Any]] = {}
    for item in given:
        try:
            key = keys.parse(item)
        except ValueError as error:
            raise RuleBroken(str(error), "line_keys") from None
        if (key.module, key.number) in checked:
            raise RuleBroken(f"Line key {key.number} is named twice", "line_keys")
        checked[key.module, key.number] = key.as_json()
    return [checked[place] for place in sorted(checked)]
