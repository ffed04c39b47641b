"""Forms of users; those that the guard shows in place of any page are in portal.forms."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired

from portal.forms import Form, VersionedForm

ROLES = {
    "viewer": "Viewer: sees everything but secrets, changes nothing",
    "operator": "Operator: support; ports, set-up windows, imports, no profiles",
    "admin": "Administrator: everything, also users and secrets",
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


class NewUserForm(Form):
    name = StringField("Name", [InputRequired("Type a name")])
    role = RadioField("Role", choices=ROLES, default="operator")


class UserForm(VersionedForm):
    role = RadioField("Role", choices=ROLES)
    is_enabled = BooleanField("May sign in")
