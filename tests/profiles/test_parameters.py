from __future__ import annotations

import pytest

from portal.errors import RuleBroken
from portal.profiles import parameters
from portal.settings.catalogue import CATALOGUE
from portal.vendors import FAMILIES
from portal.vendors.context import MASK
from portal.vendors.render import Renderer

YEALINK = FAMILIES["yealink"]
T46U = YEALINK.models["T46U"]
DEFAULTS = CATALOGUE.defaults()


@pytest.fixture(scope="module")
def known():
    settings = {**DEFAULTS, "sip.registrar_host": "sip.example.net"}
    return parameters.known_to(Renderer(), YEALINK, T46U, settings)


def said(known, typed, repeated=(), inherited=None):
    found = parameters.notes(typed, repeated, known, inherited or {}, "yealink")
    return [(note.kind, note.text) for note in found]


def test_last_line_of_a_name_counts():
    read = parameters.read("a.b = 1\n\nc = x = y\na.b = 2\na.b = 3")
    assert read == ({"a.b": "3", "c": "x = y"}, ["a.b"])


def test_line_without_a_sign_is_refused():
    with pytest.raises(RuleBroken, match="Line 2: write it as name = value"):
        parameters.read("a = 1\nb")


def test_names_are_those_of_every_port_and_key(known):
    assert {"account.1.label", "account.16.user_name", "linekey.27.type"} <= set(known.names)


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        (("account.1.sip_server.1.address", "x"), ("ok", "replaces “sip.example.net”")),
        (
            ("account.1.sip_server.1.address", "sip.example.net"),
            ("ok", "is what the portal writes by itself"),
        ),
        (("account.1.user_name", "x"), ("ok", "replaces what the port’s account says")),
        (("account.1.password", "x"), ("ok", f"replaces {MASK}")),
        (("account.16.user_name", "x"), ("ok", "replaces an empty value")),
        (
            ("account.16.sip_server.1.port", "x"),
            ("ok", "replaces what the portal writes where a port or key is in use"),
        ),
        (
            ("no.such", "x"),
            ("info", "is not in the portal’s file for the T46U; it is added as it stands"),
        ),
    ],
)
def test_note_says_what_a_parameter_replaces(known, typed, note):
    assert said(known, dict([typed])) == [note]


def test_value_of_a_parent_is_what_is_replaced(known):
    above = {"account.1.password": ("Mond", "Base"), "no.such": ("1", "Base")}
    assert said(known, {"no.such": "2"}, inherited=above) == [("ok", "replaces “1” of Base")]
    assert "Mond" not in str(said(known, {"account.1.password": "x"}, inherited=above))


def test_name_that_stands_twice_is_noted(known):
    assert said(known, {}, ["a.b"]) == [("warn", "stands twice; the last line counts")]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.key)
def test_names_are_known_for_every_family_that_has_parameters(family):
    model = next(iter(family.models.values()))
    spec, _name = family.device_file("", model.name)
    found = parameters.known_to(Renderer(), family, model, DEFAULTS)
    assert bool(found.names) == (spec.syntax in family.syntaxes)
    assert not any("PASSWORD" in value for value in found.writes.values())


def test_masked_parameter_comes_back_as_it_was():
    stored = {"account.1.password": "Mond", "a.b": "1"}
    shown = parameters.shown(stored, "yealink")
    assert shown == {"account.1.password": MASK, "a.b": "1"}
    assert parameters.restored(shown, stored, "yealink") == stored
    assert parameters.restored({"a.b": MASK}, stored, "yealink") == {"a.b": MASK}
