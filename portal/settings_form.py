"""Forms over the settings catalogue: from a stored layer to inputs, and back. Pure.

An input has its setting's key as name. Left blank it inherits; its box “Send empty” stores None.
shared/_settings.html draws all of it; a profile, a customer and a device use it alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.errors import RuleBroken
from portal.settings.catalogue import CATALOGUE, Setting
from portal.settings.resolve import Resolved

# What a select sends for "send empty"; no choice of the catalogue is written like it.
EMPTY = "(empty)"
# Boxes beside inputs: their values are the keys that they stand for.
EMPTIED, REMOVED = "empty", "remove"
TYPE_AGAIN = "Type it again: a password is not kept on a page that could not be saved"

_CONTROLS = {"boolean": "select", "choice": "select", "choices": "list", "secret": "secret"}
_KEYBOARDS = {"integer": "numeric", "port": "numeric", "url": "url"}


@dataclass(frozen=True)
class SettingField:
    """One setting as a form shows it.

    `control` is ``text``, ``select``, ``list`` (an input for each place in the order) or
    ``secret``; `typed` what stands in it, for a list one text a place. `state` is ``own``,
    ``empty`` (own, and sends empty) or ``inherited``.
    """

    setting: Setting
    control: str
    typed: Sequence[str]
    state: str
    inherited: str
    origin: str
    is_ignored: bool
    error: str
    is_hidden: bool

    @property
    def id(self) -> str:
        return f"set-{self.setting.key.replace('.', '-')}"

    @property
    def value(self) -> str:
        return self.typed[0] if self.typed else ""

    @property
    def keyboard(self) -> str:
        """Which keys a telephone's screen offers: HTML's inputmode."""
        return _KEYBOARDS.get(self.setting.type, "text")

    @property
    def placeholder(self) -> str:
        """The inherited value; its unit stands beside the input."""
        unit = self.setting.unit
        return self.inherited.removesuffix(f" {unit}") if unit else self.inherited

    @property
    def can_be_emptied(self) -> bool:
        """Is there anything to empty? Else inheriting does the same."""
        return self.state == "empty" or self.inherited != "not set"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return values and labels of a select, inheriting first; of a list, none first."""
        if self.control == "list":
            return [("", "–"), *self.setting.choices.items()]
        own = self.setting.choices or {"yes": "Yes", "no": "No"}
        choices = [("", f"Inherit: {self.inherited}"), *own.items()]
        if self.value and self.value not in {*own, EMPTY}:
            choices.append((self.value, self.value))
        return [*choices, (EMPTY, "Send empty")] if self.can_be_emptied else choices

    @property
    def words(self) -> str:
        return words_of(self.setting)


@dataclass(frozen=True)
class Group:
    """Settings that stand together, as in a phone's menu."""

    name: str
    fields: Sequence[SettingField]


def fields_for(
    own: Mapping[str, Any],
    inherited: Mapping[str, Resolved],
    ignored: Collection[str] = (),
    errors: Mapping[str, str] | None = None,
    q: str = "",
    scope: str = "",
) -> list[Group]:
    """Return all settings as fields, by group; those that do not hold the words of `q` hidden.

    `own` is a stored layer, or what `read` returned for a form that could not be saved, with its
    `errors` by key. `scope` "port": only settings that a port can have of its own.
    """
    errors = errors or {}
    groups = []
    for name, settings in CATALOGUE.groups().items():
        fields = [
            _field(setting, own, inherited.get(setting.key), ignored, errors, q)
            for setting in settings
            if not scope or setting.scope == scope
        ]
        if fields:
            groups.append(Group(name, fields))
    return groups


def _field(
    setting: Setting,
    own: Mapping[str, Any],
    inherited: Resolved | None,
    ignored: Collection[str],
    errors: Mapping[str, str],
    q: str,
) -> SettingField:
    key, stored = setting.key, own.get(setting.key)
    is_sought = all(word in words_of(setting) for word in q.lower().split())
    return SettingField(
        setting=setting,
        control=_CONTROLS.get(setting.type, "text"),
        typed=_typed(setting, stored, key in own),
        state="inherited" if key not in own else "empty" if stored is None else "own",
        inherited=setting.show(inherited.value if inherited else None),
        origin=inherited.origin if inherited else "default",
        is_ignored=key in ignored,
        error=errors.get(key, ""),
        is_hidden=not is_sought and key not in errors,
    )


def words_of(setting: Setting) -> str:
    """Return what a filter looks in."""
    return f"{setting.label} {setting.key} {setting.help}".lower()


def _typed(setting: Setting, stored: Any, is_own: bool) -> list[str]:
    if setting.type == "choices":
        items = list(stored) if is_own and stored else []
        return [*items, *[""] * (len(setting.choices) - len(items))]
    if setting.is_secret or not is_own:
        return [""]
    if stored is None:
        return [EMPTY if setting.type in {"boolean", "choice"} else ""]
    if isinstance(stored, bool):
        return ["yes" if stored else "no"]
    return [str(stored)]


def read(form: MultiDict[str, str], own: Mapping[str, Any]) -> dict[str, object]:
    """Return the layer that a sent form asks for: own keys only, None for "send empty".

    Values are unchecked, as they were typed. A setting that is not in the form stays as in `own`,
    the layer that the form was made from; so does a secret whose input is blank.
    """
    layer: dict[str, object] = {}
    for key, setting in CATALOGUE.items():
        if key not in form:
            if key in own:
                layer[key] = own[key]
            continue
        typed = [text for text in form.getlist(key) if text.strip()]
        is_emptied = key in form.getlist(EMPTIED)
        was_emptied = key in own and own[key] is None
        # Who ticks the box means it; who types where it was ticked before means what was typed.
        if is_emptied and not (was_emptied and typed):
            layer[key] = None
        elif typed:
            layer[key] = _read_value(setting, typed)
        elif setting.is_secret and own.get(key) and key not in form.getlist(REMOVED):
            layer[key] = own[key]
    return layer


def _read_value(setting: Setting, typed: list[str]) -> object:
    if setting.type == "choices":
        return typed
    return None if typed[0] == EMPTY else typed[0]


def problems(layer: Mapping[str, object]) -> dict[str, str]:
    """Return what is wrong with a layer that `read` returned: a sentence by key."""
    found = {}
    for key, value in layer.items():
        setting = CATALOGUE[key]
        try:
            setting.parse(value)
        except ValueError as error:
            found[key] = str(error).removeprefix(f"{setting.label} ({key}): ")
    return found


def as_stored(layer: Mapping[str, object]) -> dict[str, Any]:
    """Return a typed layer as it would be stored, to compare it; wrong values as typed."""
    wrong = problems(layer)
    return {k: v if k in wrong else CATALOGUE[k].parse(v) for k, v in layer.items()}


def overtaken(stored: Mapping[str, Any], layer: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Return where `stored` says something else than the typed `layer`: label, stored, typed."""
    typed = as_stored(layer)
    pairs = ((s.label, shown_in(stored, k), shown_in(typed, k)) for k, s in CATALOGUE.items())
    return [(label, theirs, mine) for label, theirs, mine in pairs if theirs != mine]


def shown_in(
    layer: Mapping[str, Any], key: str, inherited: Mapping[str, Resolved] | None = None
) -> str:
    """Return what `layer` says of a setting, or `inherited` does; secrets masked."""
    if key not in layer:
        below = inherited.get(key) if inherited else None
        return f"{CATALOGUE[key].show(below.value)} (inherited)" if below else "inherited"
    return "sent empty" if layer[key] is None else CATALOGUE[key].show(layer[key])


def passwords_to_type_again(layer: Mapping[str, object]) -> dict[str, str]:
    """Return a sentence for each secret that was typed: the form is shown again without it."""
    return {
        key: TYPE_AGAIN
        for key, value in layer.items()
        if CATALOGUE[key].is_secret and isinstance(value, str)
    }


def show_parameters(parameters: Mapping[str, str]) -> str:
    """Return raw vendor parameters as they are typed: ``name = value``, one a line."""
    return "\n".join(f"{name} = {value}" for name, value in parameters.items())


def read_parameters(text: str) -> dict[str, str]:
    """Return raw parameters by name, order kept. Raises RuleBroken on "parameters"."""
    parameters: dict[str, str] = {}
    for number, name, value in lines_of_parameters(text):
        if name in parameters:
            raise RuleBroken(f"Line {number}: {name} stands above already", "parameters")
        parameters[name] = value
    return parameters


def lines_of_parameters(text: str) -> list[tuple[int, str, str]]:
    """Return line number, name and value of typed raw parameters. Raises RuleBroken."""
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or not equals:
            raise RuleBroken(f"Line {number}: write it as name = value", "parameters")
        lines.append((number, name, value))
    return lines
