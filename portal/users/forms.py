"""Forms of users; those that the guard shows in place of any page are in portal.forms."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import EqualTo, InputRequired

from portal.forms import Form, VersionedForm
from portal.models import User
from portal.values import id_in

ROLES = {
    "viewer": "Viewer: sees everything but secrets, changes nothing",
    "operator": "Operator: support; ports, set-up windows, imports, no profiles",
    "admin": "Administrator: everything, also users and secrets",
}
ALL, SOME = "all", "some"
SEES = {
    ALL: "All customers, and stock",
    SOME: "Only some customers: all else is not there, in lists, searches and counts",
}


class PasswordForm(Form):
    present = PasswordField("Present password", [InputRequired("Type your present password")])
    password = PasswordField("New password", [InputRequired("Type a new password")])
    again = PasswordField(
        "New password again",
        [EqualTo("password", "This differs from the new password above")],
    )


class CodeForm(Form):
    code = StringField("Code", [InputRequired("Type the code")])


class PasskeyForm(Form):
    """`answer` is filled by the script, with what the browser says."""

    answer = HiddenField()
    name = StringField("Name")


class SeesForm(Form):
    """Whose phones, accounts and contacts a user sees; `customers` are ids, those ticked."""

    sees = RadioField("Sees", choices=SEES, default=ALL)
    find_customer = StringField("Find a customer")
    customers = SelectMultipleField("Customers", validate_choice=False)

    @property
    def ids(self) -> list[int]:
        return [number for text in self.customers.data or () if (number := id_in(text))]


class NewUserForm(SeesForm):
    name = StringField("Name", [InputRequired("Type a name")])
    role = RadioField("Role", choices=ROLES, default="operator")


class UserForm(SeesForm, VersionedForm):
    role = RadioField("Role", choices=ROLES)
    is_enabled = BooleanField("May sign in")

    @classmethod
    def of(cls, user: User, version: str) -> UserForm:
        """Return the form as `user` is stored."""
        return cls(
            formdata=None,
            version=version,
            role=user.role,
            is_enabled=user.is_enabled,
            sees=SOME if user.is_limited else ALL,
            customers=[str(customer.id) for customer in user.customers],
        )
