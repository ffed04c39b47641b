"""The form of overrides: a typed field for each setting, where blank inherits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectField, StringField
from wtforms import TextAreaField, ValidationError

from portal.devices.previews import EffectiveSetting
from portal.errors import RuleBroken
from portal.forms import Form
from portal.settings.catalogue import CATALOGUE, Setting
from portal.vendors.context import MASK
from portal.vendors.schema import Family

# Beside a setting's own field: a box that sends it empty, or forgets an own secret.
NONE, INHERIT = ".none", ".inherit"
_NOT_SET = "-"


class OverrideForm(Form):
    """Made by `override_form`; has a field for each setting, by its key."""

    version = HiddenField()
    own: Mapping[str, Any] = {}
    keys: tuple[str, ...] = ()

    def chosen(self) -> dict[str, Any]:
        """Return the layer of settings that was typed; blank ones are absent."""
        chosen = {}
        for key in self.keys:
            typed = self._fields[key].data or ""
            if self._is_ticked(key + NONE) or typed == _NOT_SET:
                chosen[key] = None
            elif typed.strip():
                chosen[key] = typed
            elif (
                CATALOGUE[key].is_secret and key in self.own and not self._is_ticked(key + INHERIT)
            ):
                chosen[key] = self.own[key]
        return chosen

    def _is_ticked(self, name: str) -> bool:
        return name in self._fields and bool(self._fields[name].data)


class DeviceOverrideForm(OverrideForm):
    parameters = TextAreaField("Raw vendor parameters")


def override_form(
    base: type[OverrideForm],
    effective: list[EffectiveSetting],
    own: Mapping[str, Any],
    **data: Any,
) -> OverrideForm:
    """Return the form for the settings listed; `own` is the layer that it edits."""
    fields: dict[str, Any] = {"own": own, "keys": tuple(e.setting.key for e in effective)}
    for item in effective:
        key = item.setting.key
        fields[key] = _field_of(item)
        if item.setting.is_secret:
            fields[key + INHERIT] = BooleanField("Remove the own value")
        elif item.setting.type not in {"boolean", "choice"}:
            fields[key + NONE] = BooleanField("Send empty")
    for key, value in own.items():
        data[key] = _as_typed(CATALOGUE[key], value)
        data[key + NONE] = value is None
    made: type[OverrideForm] = type(base.__name__, (base,), fields)
    return made(data=data)


def version_of(*layers: Any) -> str:
    """Return a mark that changes with what a form edits."""
    return hashlib.sha256(json.dumps(layers, sort_keys=True, default=str).encode()).hexdigest()[:16]


def inherited(item: EffectiveSetting, origin: str) -> tuple[str, str]:
    """Return what holds without the layer `origin`, as people read it, and where it comes from."""
    resolved = item.resolved
    if resolved.origin != origin:
        return item.shown, resolved.origin
    if not resolved.hides:
        return item.setting.show(None), "default"
    source, value = resolved.hides[0]
    return item.setting.show(value), source


def text_of(parameters: Mapping[str, str], family: Family | None) -> str:
    """Return parameters one a line, those that hold a secret masked."""
    return "\n".join(
        f"{name} = {MASK if is_hidden(name, family) else value}"
        for name, value in parameters.items()
    )


def parameters_in(text: str, present: Mapping[str, str], family: Family | None) -> dict[str, str]:
    """Return what `text_of` wrote, or a person; a masked value stays the present one.

    Raises RuleBroken on "parameters" that names the line.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            raise RuleBroken(f"Line {number}: write it as “name = value”", "parameters")
        if name in found:
            raise RuleBroken(f"Line {number}: {name} stands twice", "parameters")
        is_kept = value == MASK and name in present and is_hidden(name, family)
        found[name] = present[name] if is_kept else value
    return found


def is_hidden(name: str, family: Family | None) -> bool:
    return bool(family and family.secrets.search(name))


def _field_of(item: EffectiveSetting) -> Field:
    setting = item.setting
    if setting.type == "boolean":
        choices = [("yes", "yes"), ("no", "no")]
    else:
        choices = list(setting.choices.items())
    if setting.type in {"boolean", "choice"}:
        offered = [("", "Inherit"), *choices, (_NOT_SET, "not set")]
        return SelectField(setting.label, choices=offered)
    kind = PasswordField if setting.is_secret else StringField
    return kind(setting.label, [_fits(setting)])


def _fits(setting: Setting) -> Callable[[Form, Field], None]:
    def check(form: Form, field: Field) -> None:
        try:
            setting.parse(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    return check


def _as_typed(setting: Setting, value: Any) -> str:
    if setting.type in {"boolean", "choice"} and value is None:
        return _NOT_SET
    if value is None or setting.is_secret:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, list) else str(value)
