"""Forms of firmware."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from portal.forms import Form, value
from portal.values import parse_line
from portal.vendors.schema import Family


class FirmwareForm(Form):
    """For one family, whose models are offered."""

    family = HiddenField()
    file = FileField("File", [FileRequired("Choose the file")])
    filename = StringField(
        "Name that phones ask for",
        [Length(max=200), value(parse_line)],
        description="Exactly as the phone asks for it. Blank: the name of the file.",
    )
    version = StringField(
        "Version",
        [InputRequired("Say which version this is"), Length(max=60), value(parse_line)],
        description="As the phones tell it, such as 108.87.0.15; profiles name it to pin it.",
    )
    after = StringField(
        "Only after version",
        [Length(max=60), value(parse_line)],
        description="Stepping stone: phones on an older version, or one that they do not tell, "
        "are given that version first.",
    )
    models = SelectMultipleField("Models")

    def offer(self, family: Family) -> None:
        """Fill in the models of `family`."""
        self.models.choices = [(name, name) for name in family.models]
