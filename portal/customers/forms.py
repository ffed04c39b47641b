"""Forms of customers; the typed form of their settings is in portal.settings_form."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.customers.trust import LEVELS
from portal.forms import VersionedForm, value
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


class TrustForm(VersionedForm):
    level = SelectField("Trust level")
    days = SelectField(
        "A lowered level holds",
        default="",
        description="Then the present level holds again by itself.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level.choices = [(key, text.label) for key, text in LEVELS.items()]
        spans = [("1", "for a day"), *((n, f"for {n} days") for n in ("7", "30", "90"))]
        self.days.choices = [("", "until it is changed"), *spans]
