"""Forms of SIP accounts."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from portal.forms import VersionedForm, value
from portal.models import Customer
from portal.values import parse_line, parse_secret, parse_sip_user


class AccountForm(VersionedForm):
    """User name and customer are asked once, when the account is made."""

    user_name = StringField(
        "User name",
        [InputRequired("An account needs a user name"), value(parse_sip_user)],
        default="",
        description="What stands before the @ in its SIP address.",
    )
    customer = SelectField("Customer", default="")
    display_name = StringField(
        "Display name",
        [Length(max=200), value(parse_line)],
        default="",
        description="Who calls, as the called see it.",
    )
    auth_name = StringField(
        "Authentication name",
        [Length(max=128), value(parse_line)],
        default="",
        description="Only where it differs from the user name.",
    )
    external_id = StringField(
        "External id",
        [Length(max=200), value(parse_line)],
        default="",
        description="What billing or the switch call it.",
    )
    password = PasswordField(
        "Password", [Optional(strip_whitespace=False), value(parse_secret)], default=""
    )
    is_enabled = BooleanField("Enabled", description="When it is off, no phone registers with it.")

    def offer(self, customers: list[Customer]) -> None:
        """Fill the select."""
        self.customer.choices = [("", "None"), *((str(c.id), c.name) for c in customers)]

    def ask_no_owner(self) -> None:
        """Leave out what an account keeps for good."""
        del self.user_name, self.customer


class RangeForm(VersionedForm):
    """Sent twice: to see what it means, then to make it; `version` is a mark of what was seen.

    The guard of the pages checks the token of what is posted; in an address there is none.
    """

    class Meta:
        csrf = False

    users = StringField(
        "User names",
        [InputRequired("Write which accounts: 101 to 148, or 101, 102, 105")],
        default="",
        description="From the first to the last, such as 101 to 148; or one by one, with commas.",
    )
    display_names = StringField(
        "Display names",
        default="",
        description="A * stands for the user name: Desk * makes Desk 101, Desk 102 and so on.",
    )
    customer = SelectField("Customer", default="")

    def offer(self, customers: list[Customer]) -> None:
        """Fill the select."""
        self.customer.choices = [("", "None"), *((str(c.id), c.name) for c in customers)]
