"""Layers of settings."""

from __future__ import annotations

from portal.settings import line_keys
from portal.settings.resolve import Layer, resolve


def test_the_narrower_layer_wins_and_says_what_it_hides():
    resolved = resolve(
        [
            Layer("default", {"a": 1, "b": 1}),
            Layer("profile Retail", {"a": 2}),
            Layer("this device", {"a": 3}),
        ]
    )
    assert (resolved["a"].value, resolved["a"].origin) == (3, "this device")
    assert resolved["a"].hides == (("profile Retail", 2), ("default", 1))
    assert resolved["b"].origin == "default"


def test_none_is_a_value_and_hides_what_is_wider():
    resolved = resolve([Layer("profile Base", {"a": 1}), Layer("port 2", {"a": None})])
    assert (resolved["a"].value, resolved["a"].origin) == (None, "port 2")


def test_a_line_key_replaces_the_same_key_of_a_wider_layer():
    wide = line_keys.parse({"number": 2, "type": "blf", "value": "201"}).as_json()
    near = line_keys.parse({"number": 2, "type": "speed_dial", "value": "202"}).as_json()
    assert [key.value for key in line_keys.merge([[wide], [near]])] == ["202"]


def test_every_key_of_the_phone_is_listed_and_ports_show_themselves():
    keys = line_keys.complete([line_keys.LineKey(2, "blf", "201")], 4, 0, 0, ports=[1, 3])
    assert [(key.number, key.type) for key in keys] == [
        (1, "line"),
        (2, "blf"),
        (3, "line"),
        (4, "none"),
    ]


def test_modules_are_listed_up_to_the_last_that_is_used():
    keys = line_keys.complete([line_keys.LineKey(5, "blf", "201", module=2)], 0, 3, 20, ports=[])
    assert len(keys) == 40
