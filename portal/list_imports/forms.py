"""Forms of lists; the choices for one are read in choices.py."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField
from wtforms.validators import ValidationError

from portal.forms import Form, VersionedForm
from portal.models import Customer

PASTED = "Pasted text"


class ListForm(Form):
    """`customer` stays for kinds whose rows belong to one."""

    file = FileField(
        "File",
        description="Excel, OpenDocument, CSV or text. You see what it will do before anything is "
        "stored.",
    )
    text = TextAreaField("Or paste the list", description="With the names of the columns above it.")
    customer = SelectField("Customer", default="", description="Of rows that name none.")

    def offer(self, customers: list[Customer]) -> None:
        """Fill the select."""
        self.customer.choices = [("", "As in the list"), *((c.name, c.name) for c in customers)]

    def ask_no_customer(self) -> None:
        """Leave out what the rows of this kind do not have."""
        del self.customer

    def validate_file(self, field: FileField) -> None:
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


class ApplyForm(VersionedForm):
    """What the person saw: its version is plan.Plan.digest."""
