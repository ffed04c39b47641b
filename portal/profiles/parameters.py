"""Raw vendor parameters beside what the family's file says by itself: names to offer, and notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from portal import settings_form
from portal.errors import CannotRender
from portal.profiles.differences import hides
from portal.vendors import FAMILIES, samples
from portal.vendors.context import MASK, AccountView, masked
from portal.vendors.render import Renderer
from portal.vendors.schema import Family, Model

_MOST_OFFERED = 2_000
_SHOWN = 60
# What differs by phone stands in the sample's file as these words.
_ACCOUNT = AccountView("USER-NAME", "AUTH-NAME", "PASSWORD", "DISPLAY-NAME")
_OF_EACH = {
    "USER-NAME": "what the port’s account says",
    "AUTH-NAME": "what the port’s account says",
    "DISPLAY-NAME": "what the port’s account says",
    "//portal.example.net/": "the portal’s own address for the phone",
}


@dataclass(frozen=True)
class Note:
    """What becomes of a parameter. Kinds: ok (replaces a line), info (adds one), warn."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class Known:
    """What the file of `model` says: all `names` it can hold, and the values it `writes` now."""

    model: str
    names: list[str]
    writes: Mapping[str, str]


def read(text: str) -> tuple[dict[str, str], list[str]]:
    """Return raw parameters by name, and the names that are typed more than once: the last counts.

    Raises RuleBroken on "parameters".
    """
    parameters: dict[str, str] = {}
    repeated = []
    for _number, name, value in settings_form.lines_of_parameters(text):
        if name in parameters:
            repeated.append(name)
        parameters[name] = value
    return parameters, list(dict.fromkeys(repeated))


def shown(parameters: Mapping[str, str], family: str) -> dict[str, str]:
    """Return parameters as people may see them."""
    return {n: MASK if value and hides(family, n) else value for n, value in parameters.items()}


def restored(typed: Mapping[str, str], stored: Mapping[str, str], family: str) -> dict[str, str]:
    """Return what was typed; where a mask was left standing, the stored value."""
    return {
        name: stored[name] if value == MASK and name in stored and hides(family, name) else value
        for name, value in typed.items()
    }


def known_to(
    renderer: Renderer, family: Family, model: Model, settings: Mapping[str, Any]
) -> Known:
    """Return what the file of a model with one account and these settings says, secrets masked.

    Nothing is known of a file that is written whole, or cannot be made.
    """
    spec, _name = family.device_file("", model.name)
    if spec.syntax not in family.syntaxes:
        return Known(model.name, [], {})
    # A sealed value is not opened: what stands for it is masked in any case.
    plain = {key: MASK if isinstance(value, dict) else value for key, value in settings.items()}
    one = samples.one(model)
    ports = [
        replace(port, account=port.account and _ACCOUNT, settings={**port.settings, **plain})
        for port in one.ports
    ]
    now = masked(replace(one, settings={**one.settings, **plain}, ports=ports))
    try:
        writes = renderer.template_parameters(family, spec, now)
        full = renderer.template_parameters(family, spec, samples.full(family, model))
    except CannotRender:
        return Known(model.name, [], {})
    return Known(model.name, list(dict.fromkeys([*writes, *full]))[:_MOST_OFFERED], writes)


def notes(
    parameters: Mapping[str, str],
    repeated: Collection[str],
    known: Known,
    inherited: Mapping[str, tuple[str, str]],
    family: str,
) -> list[Note]:
    """Say of each parameter what it replaces; `inherited`: value and profile of those above."""
    found = [Note(name, "warn", "stands twice; the last line counts") for name in repeated]
    for name, value in parameters.items():
        if name in inherited:
            above, profile = inherited[name]
            found.append(Note(name, "ok", f"replaces {_quoted(name, above, family)} of {profile}"))
        elif name in known.writes:
            text = known.writes[name]
            same = text == value and not hides(family, name)
            says = "is what the portal writes by itself" if same else ""
            found.append(Note(name, "ok", says or f"replaces {_quoted(name, text, family)}"))
        elif name in known.names:
            text = "replaces what the portal writes where a port or key is in use"
            found.append(Note(name, "ok", text))
        elif known.names:
            text = f"is not in the portal’s file for the {known.model}; it is added as it stands"
            found.append(Note(name, "info", text))
    return found


def _quoted(name: str, value: str, family: str) -> str:
    if value and hides(family, name):
        return MASK
    if value in {"", FAMILIES[family].clear}:
        return "an empty value"
    for word, meaning in _OF_EACH.items():
        if word in value:
            return meaning
    return f"“{value}”" if len(value) <= _SHOWN else f"“{value[:_SHOWN]}…”"
