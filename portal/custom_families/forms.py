"""The form of a custom family, with a part for each file."""

from __future__ import annotations

import re

import wtforms
from wtforms import FieldList, FormField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from portal.custom_families.declared import MAX_FILES, FamilyText
from portal.custom_families.declared_files import (
    ENCODINGS,
    KINDS,
    LINE_ENDS,
    SEPARATORS,
    SYNTAXES,
    FileText,
)
from portal.errors import RuleBroken
from portal.forms import Form, VersionedForm, value
from portal.values import parse_line
from portal.vendors.child import CASES
from portal.vendors.sandbox import MAX_TEMPLATE_BYTES

PREFIX = "custom_"
AUTHS = {"digest": "HTTP Digest, or Basic", "basic": "Basic only"}
EXAMPLE = """\
{# Lines that begin with # are for readers; every value is written in every case. #}
provisioning.url = {{ provisioning.url }}
{% for port in ports %}
{% set account = "account.%d."|format(port.number) %}
{{ account }}enabled = {{ port.is_usable }}
{{ account }}label = {{ port.text or none }}
{{ account }}user = {{ port.account.user_name if port.account else none }}
{{ account }}auth_user = {{ port.account.auth_name if port.account else none }}
{{ account }}password = {{ port.account.password if port.account else none }}
{{ account }}server = {{ port.settings["sip.registrar_host"] if port.account else none }}
{{ account }}port = {{ port.settings["sip.registrar_port"] if port.account else none }}
{{ account }}transport = {{ port.settings["sip.transport"] if port.account else none }}
{% endfor %}
"""


def parse_key(text: str) -> str:
    """Return the key of a custom family: ``custom_`` and a slug; the prefix may be left out."""
    key = PREFIX + text.strip().lower().removeprefix(PREFIX)
    if not re.fullmatch(r"custom_[a-z0-9]+(?:_[a-z0-9]+)*", key) or len(key) > 40:
        raise ValueError(
            "A key is custom_ and at most 33 letters a–z, digits and single _, such as custom_acme"
        )
    return key


class FileForm(wtforms.Form):
    """One file; inside a FamilyForm."""

    name = StringField("Name that the phones ask for", [Length(max=100)])
    kind = SelectField("Whose it is", choices=KINDS)
    content_type = StringField("Content type", [Length(max=100)])
    line_end = SelectField("Line end", choices={key: key.upper() for key in LINE_ENDS})
    encoding = SelectField("Encoding", choices=ENCODINGS)
    syntax = SelectField("Written as", choices=SYNTAXES)
    separator = SelectField("Lines look like", choices={k: v[1] for k, v in SEPARATORS.items()})
    root = StringField("Root element", [Length(max=60)])
    template = TextAreaField("Template", [Length(max=MAX_TEMPLATE_BYTES)])

    @property
    def text(self) -> FileText:
        told = {name: (field.data or "") for name, field in self._fields.items()}
        # Browsers send CR LF; a template has LF.
        told["template"] = told["template"].replace("\r\n", "\n")
        told["name"], told["content_type"] = told["name"].strip(), told["content_type"].strip()
        return FileText(**told)


class FamilyForm(VersionedForm):
    key = StringField("Key", [DataRequired("A family needs a key"), value(parse_key)])
    label = StringField(
        "Name", [InputRequired("A family needs a name"), Length(max=200), value(parse_line)]
    )
    vendor = StringField(
        "Vendor", [InputRequired("Who makes the phones?"), Length(max=60), value(parse_line)]
    )
    models = TextAreaField("Models", [InputRequired("A family needs at least one model")])
    ouis = TextAreaField("First digits of the MACs", [Optional()])
    user_agents = TextAreaField("User-Agent patterns", [Optional()])
    clear = StringField("Written for an empty value", [Length(max=40), value(parse_line)])
    true_word = StringField("Word for yes", [Length(max=40), value(parse_line)])
    false_word = StringField("Word for no", [Length(max=40), value(parse_line)])
    resync = StringField(
        "Event that makes the phone fetch",
        [Length(max=60), Regexp(r"[\w.;=/-]*$", message="An event is letters, digits and .;=-")],
    )
    auth = SelectField(
        "How phones prove who they are",
        choices=AUTHS,
    )
    files = FieldList(FormField(FileForm), min_entries=1, max_entries=MAX_FILES)

    @property
    def text(self) -> FamilyText:
        plain = {
            name: self[name].data or ""
            for name in FamilyText.__dataclass_fields__
            if name != "files"
        }
        return FamilyText(**plain, files=tuple(entry.form.text for entry in self.files))

    def show(self, key: str, text: FamilyText) -> None:
        """Fill in what is stored, or the example for a new family."""
        self.key.data = key
        for name in FamilyText.__dataclass_fields__:
            if name != "files":
                self[name].data = getattr(text, name)
        while self.files.entries:
            self.files.pop_entry()
        for file in text.files:
            self.files.append_entry(file)

    def reject(self, broken: RuleBroken) -> None:
        """Show a broken rule at its field, which may be one of a file: ``files.0.name``."""
        place = re.fullmatch(r"files\.(\d+)\.(\w+)", broken.field or "")
        if place is None:
            named = None if broken.field == "files" else broken.field
            super().reject(RuleBroken(broken.message, named))
            return
        self._show_as_typed()
        field = self.files.entries[int(place[1])].form[place[2]]
        field.errors = [*field.errors, broken.message]

    @property
    def all_errors(self) -> list[str]:
        """Every error with the label of its field, for a place away from the fields."""
        told = list(self.form_errors)
        told += [f"{f.label.text}: {e}" for f in self if f is not self.files for e in f.errors]
        for number, entry in enumerate(self.files, 1):
            told += [f"File {number}, {f.label.text}: {e}" for f in entry.form for e in f.errors]
        return told


class PreviewForm(Form):
    """Which device a preview is made for; stands beside the FamilyForm, in the same <form>."""

    preview_model = StringField("Model", [Length(max=60)])
    preview_case = SelectField("With", choices=CASES)


def blank() -> FamilyText:
    """Return what the form of a new family begins with."""
    file = FileText(name="{mac}.cfg", template=EXAMPLE)
    return FamilyText(label="", vendor="", models="", files=(file,))
