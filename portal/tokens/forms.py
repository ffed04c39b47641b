"""Forms of API tokens."""

from __future__ import annotations

from wtforms import SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.forms import Form
from portal.tokens.rights import SCOPES, offered_to
from portal.tokens.service import DAYS, MOST_DAYS

_DAYS = (7, 30, DAYS, 180, MOST_DAYS)


class TokenForm(Form):
    name = StringField("Name", [InputRequired("Name the program that will use it")])
    scopes = SelectMultipleField(
        "What the program may do",
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    days = SelectField(
        "Holds for",
        choices=[SelectChoice(number, f"{number} days") for number in _DAYS],
        coerce=int,
        default=DAYS,
    )

    def offer(self, role: str) -> None:
        """Fill the choice of scopes with those of use to a role."""
        self.scopes.choices = [SelectChoice(name, SCOPES[name].label) for name in offered_to(role)]
