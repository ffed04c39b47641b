"""Forms of customers; the typed form of their settings is in portal.settings_form."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.forms import Form, VersionedForm, value
from portal.models import Profile
from portal.values import parse_line, parse_networks


class CustomerForm(VersionedForm):
    name = StringField(
        "Name",
        [InputRequired("A customer needs a name"), Length(max=200), value(parse_line)],
        default="",
    )
    default_profile = SelectField(
        "Default profile",
        default="",
        description="For devices of this customer that have no profile of their own.",
    )
    networks = TextAreaField(
        "Allowed networks",
        [Optional(), value(parse_networks)],
        default="",
        description="One a line, such as 192.0.2.0/24: where phones may fetch their first file "
        "from. Blank: anywhere, while a device's set-up window is open.",
    )
    note = TextAreaField("Note", [Length(max=2000)], default="")

    def offer(self, profiles: list[Profile]) -> None:
        """Fill the select."""
        self.default_profile.choices = [("", "None"), *((str(p.id), p.name) for p in profiles)]


class ConfirmForm(Form):
    """A question that is answered by sending it."""
