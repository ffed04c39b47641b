"""Forms of contacts."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length, Optional

from portal.contacts.facts import ContactFacts
from portal.forms import Form, VersionedForm, value
from portal.values import parse_line, parse_phone_number


class ContactForm(VersionedForm):
    name = StringField(
        "Name", [InputRequired("A contact needs a name"), Length(max=200), value(parse_line)]
    )
    office = StringField("Office", [Optional(), value(parse_phone_number)])
    mobile = StringField("Mobile", [Optional(), value(parse_phone_number)])
    other = StringField("Other", [Optional(), value(parse_phone_number)])

    @property
    def facts(self) -> ContactFacts:
        return ContactFacts(
            self.name.data or "",
            self.office.data or "",
            self.mobile.data or "",
            self.other.data or "",
        )


class ListForm(Form):
    file = FileField(
        "List",
        [FileRequired("Choose a file")],
        description="CSV, Excel or OpenDocument, with Name, Office, Mobile and Other above its "
        "columns. Nothing is stored before you have seen what it will do.",
    )


class ImportForm(VersionedForm):
    """What the person saw: the list, and as its version lists.Plan.digest."""

    text = HiddenField()


class AccountsForm(Form):
    listed = BooleanField("List this customer’s SIP accounts too")
