"""What two versions of a profile differ in, as people read it; secrets only as changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.audit import CHANGED, is_secret
from portal.models import ProfileVersion
from portal.settings.catalogue import CATALOGUE
from portal.settings.line_keys import TYPES
from portal.settings.resolve import Resolved
from portal.settings_form import shown_in
from portal.vendors import FAMILIES

INHERITED, NOTHING = "inherited", "–"


@dataclass(frozen=True)
class Content:
    """What a version says, or what was typed to become one."""

    settings: Mapping[str, Any]
    parameters: Mapping[str, str]
    line_keys: Iterable[Mapping[str, Any]]

    @classmethod
    def of(cls, version: ProfileVersion | None) -> Content:
        if version is None:
            return cls({}, {}, [])
        return cls(version.settings, version.parameters, version.line_keys)


@dataclass(frozen=True)
class Difference:
    """`kind` is ``setting``, ``parameter`` or ``key``; `name` is the key of a setting."""

    kind: str
    name: str
    label: str
    before: str
    after: str


def between(
    before: Content,
    after: Content,
    family: str = "",
    inherited: Mapping[str, Resolved] | None = None,
) -> list[Difference]:
    """Return what changes from `before` to `after`: settings, then parameters, then line keys."""
    return [
        *_settings(before.settings, after.settings, inherited),
        *_parameters(before.parameters, after.parameters, family),
        *_line_keys(before.line_keys, after.line_keys),
    ]


def hides(family: str, parameter: str) -> bool:
    """Is the value of this raw parameter a secret?"""
    known = FAMILIES.get(family)
    return is_secret(parameter) or (known is not None and bool(known.secrets.search(parameter)))


def _settings(
    before: Mapping[str, Any], after: Mapping[str, Any], inherited: Mapping[str, Resolved] | None
) -> Iterable[Difference]:
    for key, setting in CATALOGUE.items():
        old, new = shown_in(before, key, inherited), shown_in(after, key, inherited)
        is_changed = key in before and key in after and before[key] != after[key]
        if old != new or is_changed:
            if setting.is_secret and after.get(key) is not None:
                new = CHANGED
            yield Difference("setting", key, setting.label, old, new)


def _parameters(
    before: Mapping[str, str], after: Mapping[str, str], family: str
) -> Iterable[Difference]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if hides(family, name):
            old, new = "••••••" if old else old, CHANGED if new else new
        yield Difference("parameter", name, name, _text(old), _text(new))


def _text(value: str | None) -> str:
    return NOTHING if value is None else value or "empty"


def _line_keys(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> Iterable[Difference]:
    old = {place_of(key): _does(key) for key in before}
    new = {place_of(key): _does(key) for key in after}
    for place in dict.fromkeys([*old, *new]):
        if old.get(place) != new.get(place):
            yield Difference(
                "key", place, place, old.get(place, INHERITED), new.get(place, INHERITED)
            )


def place_of(key: Mapping[str, Any]) -> str:
    module = str(key.get("module") or "0")
    return f"Key {key['number']}" + (f" of module {module}" if module != "0" else "")


def _does(key: Mapping[str, Any]) -> str:
    words = [TYPES.get(str(key["type"]), str(key["type"])), str(key.get("value") or "")]
    if key.get("label"):
        words.append(f"“{key['label']}”")
    if str(key.get("port") or "1") != "1":
        words.append(f"on port {key['port']}")
    return " ".join(word for word in words if word)
