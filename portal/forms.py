"""The base form: validators from parsers, errors of services at their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired

from portal.errors import RuleBroken


class Form(FlaskForm):
    """What all forms derive from. One that fails shows what was typed, not what we made of it."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if not valid:
            self._show_as_typed()
        return valid

    def reject(self, broken: RuleBroken) -> None:
        """Show a broken rule at the field it names, or at the form's top."""
        self._show_as_typed()
        field = self._fields.get(broken.field) if broken.field else None
        if field is None:
            self.form_errors.append(broken.message)
        else:
            field.errors = [*field.errors, broken.message]

    def _show_as_typed(self) -> None:
        for field in self:
            if hasattr(field, "typed"):
                field.data = field.typed


class VersionedForm(Form):
    """A form that knows which version of a thing it was made from: no one's change is lost."""

    version = HiddenField()

    # The version that was sent, once `is_stale` has looked.
    was_made_from = ""

    def is_stale(self, version: int | str) -> bool:
        """Was the thing changed since the form was made? Then the form goes on from `version`.

        What follows a blank in it tells when the form was drawn, which does not count.
        """
        self.was_made_from, self.version.data = self.version.data or "", str(version)
        if self.was_made_from.partition(" ")[0] == str(version).partition(" ")[0]:
            return False
        self._show_as_typed()
        return True

    def differences(self, stored: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Return where what is `stored` differs from what was typed: label, stored, typed."""
        return [
            (self[name].label.text, text, _shown(self[name]))
            for name, text in stored.items()
            if text.split() != _shown(self[name]).split()
        ]


class ConfirmForm(VersionedForm):
    """A question that is answered by sending it; confirming.py asks it."""


class SettingsForm(VersionedForm):
    """What stands around a typed form of settings; keeps broken rules by the setting's key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rejected: dict[str, str] = {}

    def reject(self, broken: RuleBroken) -> None:
        if broken.field:
            self.rejected[broken.field] = broken.message
        else:
            super().reject(broken)


def _shown(field: Field) -> str:
    if isinstance(field, BooleanField):
        return "yes" if field.data else "no"
    if isinstance(field, SelectField):
        return str(dict(field.choices or ()).get(field.data, ""))
    return str(getattr(field, "typed", field.data) or "")


def value(parser: Callable[[str], Any]) -> Callable[[Form, Field], None]:
    """Make a validator of a parser of `values.py`: `field.data` becomes what the parser returns.

    A blank is parsed too; put WTForms' Optional() before it where the field may stay empty.
    """

    def parse(form: Form, field: Field) -> None:
        typed = "" if field.data is None else field.data
        field.typed = typed
        try:
            field.data = parser(typed)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    return parse


class SignInForm(Form):
    """Stands here, not in `users`, because the guard shows it in place of any page."""

    name = StringField("Name", [InputRequired("Type your name")])
    password = PasswordField("Password", [InputRequired("Type your password")])


class ProofForm(Form):
    """Stands here for the same reason."""

    proof = PasswordField("Password, or code of your authenticator app", [InputRequired("Type it")])
