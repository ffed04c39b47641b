"""Forms of profiles; the typed form of settings is in portal.settings_form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.errors import RuleBroken
from portal.forms import VersionedForm, value
from portal.models import Profile
from portal.values import parse_line, parse_utc
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


class CopyForm(ProfileForm):
    take = RadioField("Take along", default="force", validate_choice=True)

    def offer_content(self, current: int | None, draft: int | None) -> None:
        """Fill in what can be copied, by the versions' numbers."""
        self.take.choices = [
            *([("force", f"What is in force, version {current}")] if current else []),
            *([("draft", f"The draft, version {draft}")] if draft else []),
            *([("keys", "Only the line keys in force")] if current else []),
        ]


class EditForm(ProfileForm):
    # The parent whose changes the person has seen: another one is not taken without a look.
    agreed = HiddenField(default="")


def _time_in_utc(text: str) -> datetime | None:
    return parse_utc(text) if text.strip() else None


class PublishForm(VersionedForm):
    when = RadioField("When", choices={"now": "At once", "later": "At a time"}, default="now")
    effective_at = StringField(
        "Date and time in UTC",
        [value(_time_in_utc)],
        default="",
        description="Such as 2026-11-24 03:00. Until then it can be withdrawn.",
    )
    note = StringField(
        "Note",
        [Length(max=500), value(parse_line)],
        default="",
        description="What changes and why; stands in the list of versions.",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and self.when.data == "later" and self.effective_at.data is None:
            self.reject(RuleBroken("Say from when, such as 2026-11-24 03:00", "effective_at"))
            return False
        return valid

    @property
    def time_to_come(self) -> datetime | None:
        """From when the version is in force; None: at once."""
        return self.effective_at.data if self.when.data == "later" else None
