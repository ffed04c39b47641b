"""Forms of the import; the choices for a list are read in choices.py."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField
from wtforms.validators import ValidationError

from portal.forms import Form, VersionedForm
from portal.models import Customer, Profile

PASTED = "Pasted text"


class UploadForm(Form):
    file = FileField(
        "File",
        description="Excel, OpenDocument, CSV or text, as it came. You see what it will do before "
        "anything is stored.",
    )
    text = TextAreaField(
        "Or paste the list",
        description="Out of a mail or a spreadsheet, or what a barcode scanner typed.",
    )
    customer = SelectField("Customer", default="", description="Of rows that name none.")
    profile = SelectField("Profile", default="", description="Of rows that name none.")

    def offer(self, customers: list[Customer], profiles: list[Profile]) -> None:
        self.customer.choices = [("", "As in the list"), *((c.name, c.name) for c in customers)]
        self.profile.choices = [("", "As in the list"), *((p.name, p.name) for p in profiles)]

    def validate_file(self, field: Any) -> None:
        text = (self.text.data or "").strip()
        if field.data and text:
            raise ValidationError("Choose a file or paste a list, not both")
        if not field.data and not text:
            raise ValidationError("Choose a file, or paste the list")

    def upload(self) -> tuple[str, bytes]:
        """Return name and content of what is uploaded."""
        if self.file.data:
            return self.file.data.filename or "list", self.file.data.read()
        return PASTED, (self.text.data or "").encode()

    @property
    def defaults(self) -> dict[str, str]:
        told = {"customer": self.customer.data, "profile": self.profile.data}
        return {name: text for name, text in told.items() if text}


class ApplyForm(VersionedForm):
    """What the person saw: its version is plan.Plan.digest."""
