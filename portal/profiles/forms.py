"""Forms of profiles; the typed form of settings is in portal.settings_form."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.forms import Form, VersionedForm, value
from portal.models import Profile
from portal.values import parse_line
from portal.vendors import FAMILIES


class ProfileForm(VersionedForm):
    """Also for a copy. `family` is asked once, when the profile is made."""

    name = StringField(
        "Name",
        [InputRequired("A profile needs a name"), Length(max=200), value(parse_line)],
        default="",
    )
    family = SelectField(
        "For phones of",
        validate_choice=False,
        description="Raw vendor parameters need one family. It cannot be changed later.",
    )
    parent = SelectField(
        "Builds on",
        default="",
        description="What this profile does not say itself, it inherits from there.",
    )
    description = TextAreaField("Description", [Length(max=2000)], default="")

    def offer(self, parents: list[Profile]) -> None:
        """Fill the selects."""
        families = sorted(FAMILIES.values(), key=lambda family: family.label.lower())
        self.family.choices = [("", "Any family"), *((f.key, f.label) for f in families)]
        self.parent.choices = [("", "Nothing"), *((str(p.id), p.name) for p in parents)]


class PublishForm(VersionedForm):
    note = StringField(
        "Note",
        [Length(max=500), value(parse_line)],
        default="",
        description="What changes and why; stands in the list of versions.",
    )


class ConfirmForm(Form):
    """A question that is answered by sending it."""
