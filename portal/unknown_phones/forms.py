"""Forms of the unknown phones."""

from __future__ import annotations

from wtforms import SelectField, StringField

from portal.forms import Form, VersionedForm, value
from portal.models import Customer, Profile
from portal.values import parse_line
from portal.vendors import FAMILIES

SHOWS = {
    "": "To decide",
    "literal": "Asking for a placeholder",
    "ignored": "Ignored",
    "all": "All",
}


class AdoptForm(VersionedForm):
    """What the adopted phones have in common; `version` marks which phones were looked at."""

    model = StringField("Model", [value(parse_line)])
    owner = SelectField("Customer", default="")  # not “customer”: that is in the list's filter
    profile = SelectField("Profile", default="")

    def offer(self, customers: list[Customer], profiles: list[Profile]) -> None:
        self.owner.choices = [("", "In stock"), *((str(c.id), c.name) for c in customers)]
        self.profile.choices = [
            ("", "The customer's default profile"),
            *((str(p.id), p.name) for p in profiles),
        ]


class ActForm(Form):
    """A question that is answered by sending it."""


def model_names() -> list[str]:
    """Return every model with its vendor, as the field takes it."""
    return sorted(
        {f"{family.vendor} {name}" for family in FAMILIES.values() for name in family.models}
    )
