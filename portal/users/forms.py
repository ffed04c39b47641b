"""Forms of users; signing in is in portal.forms."""

from __future__ import annotations

from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from portal.forms import Form


class PasswordForm(Form):
    present = PasswordField("Present password", [InputRequired("Type your present password")])
    password = PasswordField("New password", [InputRequired("Type a new password")])
    again = PasswordField(
        "New password again",
        [EqualTo("password", "This differs from the new password above")],
    )
