from __future__ import annotations

import pytest

from portal.custom_families import declared
from portal.custom_families.declared_files import FileText
from portal.errors import RuleBroken
from tests.custom_families.making import SHARED, family_text, file_text

FILES = (
    file_text(line_end="crlf", encoding="iso-8859-1", separator="tab"),
    file_text("acme.cfg", kind="common", template=SHARED, separator="colon"),
    file_text("{mac}.xml", syntax="elements", root="settings", content_type="text/xml"),
    file_text("{MAC}.txt", syntax="text", template="{{ mac }}"),
    file_text("boot-{model}.xml", syntax="xml", template="<a>{{ model.name }}</a>"),
)


def test_what_is_typed_comes_back_from_what_is_stored():
    absent = FileText("{mac}.boot", "absent")
    text = family_text(ouis="02aacc", models="Desk3; 2; 8", files=(*FILES, absent))
    _family, (told, templates) = declared.checked("custom_acme", text)
    assert declared.text_of(told, templates) == text


def test_the_declaration_says_what_family_toml_would():
    family, (told, _templates) = declared.checked("custom_acme", family_text())
    assert told["models"] == {
        "Desk-3": {"ports": 2, "line_keys": 8},
        "Desk-5": {"ports": 4, "line_keys": 16},
    }
    assert (family.ouis, family.clear, family.is_custom) == (("02aacc",), "~", True)
    assert family.values["boolean"] == {"true": "on", "false": "off"}
    assert family.hooks is None


def test_settings_that_no_template_names_are_ignored():
    family, _ = declared.checked("custom_acme", family_text())
    assert "sip.transport" in family.ignores
    assert "sip.registrar_host" not in family.ignores
    assert family.line_key_types == frozenset()
    zone = file_text(template="{% for key in line_keys %}{% endfor %}zone = {{ zone.posix }}")
    family, _ = declared.checked("custom_acme", family_text(files=(zone,)))
    assert "time.zone" not in family.ignores
    assert "blf" in family.line_key_types


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"models": ""}, "models", "A family needs at least one model"),
        ({"models": "Desk 3"}, "models", "Write “Desk 3” as model; ports; line keys"),
        ({"models": "Desk-3; many"}, "models", "Desk-3: “many” is not a whole number"),
        ({"models": "Desk-3; 0"}, "models", "Desk-3: 0 is not between 1 and 500"),
        ({"models": "Desk-3; 501"}, "models", "Desk-3: 501 is not between 1 and 500"),
        ({"models": "Desk-3; 1\nDesk-3; 2"}, "models", "Desk-3 stands there twice"),
        ({"models": "<b>; 1"}, "models", "“<b>” is no model"),
        ({"models": "\n".join(f"M{n}; 1" for n in range(201))}, "models", "There are 201 lines"),
        ({"ouis": "0015"}, "ouis", "“0015” is not the first 6 digits of a MAC"),
        ({"user_agents": "(a"}, "user_agents", "Missing ), unterminated subpattern"),
        ({"user_agents": ".*"}, "user_agents", "“.*” matches the empty text"),
        ({"user_agents": "(a|b)+c"}, "user_agents", "“(a|b)+c” repeats a group"),
        ({"user_agents": "a" * 401}, "user_agents", "A pattern has at most 400 letters"),
        ({"files": (file_text(kind="common"),)}, "files", "None holds a device's own"),
        ({"files": (file_text("../{mac}.cfg"),)}, "files.0.name", "is no file name"),
        ({"files": (file_text("a/b/{mac}.cfg"),)}, "files.0.name", "is no file name"),
        ({"files": (file_text("/{mac}.cfg"),)}, "files.0.name", "is no file name"),
        ({"files": (file_text("{any}"),)}, "files.0.name", "needs two letters of its own"),
        ({"files": (file_text("{mac}-{mac}.cfg"),)}, "files.0.name", "same placeholder twice"),
        ({"files": (file_text("{mac}-{x}.cfg"),)}, "files.0.name", "no placeholder {x}"),
        ({"files": (file_text(), file_text())}, "files.1.name", "is the file acme-{mac}.cfg"),
        ({"files": (file_text(template=" "),)}, "files.0.template", "Type what the file says"),
        (
            {"files": (file_text(template="ü" * 140_000),)},
            "files.0.template",
            "A template has at most 256 KiB",
        ),
        ({"files": (file_text(content_type="text\r\nX: y"),)}, "files.0.name", "no content type"),
        (
            {"files": (file_text(syntax="elements", root="a b"),)},
            "files.0.root",
            "“a b” is no name of an XML element",
        ),
        ({"files": (file_text("{model}.cfg"),)}, "files.0.name", "Desk-3 cannot stand in a file"),
    ],
)
def test_a_mistake_is_told_at_its_field(changes, field, message):
    with pytest.raises(RuleBroken) as broken:
        declared.checked("custom_acme", family_text(**changes))
    assert broken.value.field == field
    assert message in broken.value.message
