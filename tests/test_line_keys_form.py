"""Line keys as they lie on a phone, and rows that change places."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from portal import line_keys_form
from portal.settings.line_keys import LineKey

ROWS = [
    {"number": "3", "module": "0", "type": "blf", "value": "102", "label": "Anna", "port": "1"},
    {"number": "5", "module": "0", "type": "blf", "value": "103", "label": "", "port": "1"},
]


def sent(**more):
    told = [(f"line_key_{name}", row[name]) for row in ROWS for name in line_keys_form.COLUMNS]
    return MultiDict([*told, *((f"line_key_{name}", text) for name, text in more.items())])


def numbers(rows):
    return [(row["module"], row["number"]) for row in rows if row["number"]]


@pytest.mark.parametrize(
    ("more", "after"),
    [
        ({"up": "0:3"}, [("0", "2"), ("0", "5")]),
        ({"down": "0:5"}, [("0", "3"), ("0", "6")]),
        ({"move": "0:3>0:5"}, [("0", "5"), ("0", "3")]),
        ({"move": "0:3>1:1"}, [("1", "1"), ("0", "5")]),
        ({"new": "0:9"}, [("0", "3"), ("0", "5"), ("0", "9")]),
        ({"up": "0:1"}, [("0", "3"), ("0", "5")]),
        ({"move": "nonsense>0:5"}, [("0", "3"), ("0", "5")]),
    ],
)
def test_a_key_changes_places_and_none_is_lost(more, after):
    assert numbers(line_keys_form.refill(sent(**more))) == after


def test_keys_lie_as_on_the_phone_with_what_they_inherit():
    inherited = [LineKey(3, "blf", "900"), LineKey(4, "speed_dial", "901", "Taxi")]
    (phone,) = line_keys_form.layout(ROWS, inherited, 6, 0, 0)
    assert [(key.number, key.text, key.is_own) for key in phone.keys] == [
        (1, "", False),
        (2, "", False),
        (3, "Anna", True),
        (4, "Taxi", False),
        (5, "103", True),
        (6, "", False),
    ]


def test_modules_are_drawn_up_to_one_more_than_is_used():
    row = {**ROWS[0], "module": "2"}
    panels = line_keys_form.layout([row], [], 4, 3, 20)
    assert [panel.title for panel in panels] == ["Phone", "Module 1", "Module 2", "Module 3"]
    panels = line_keys_form.layout(ROWS, [], 4, 3, 20)
    assert [panel.title for panel in panels] == ["Phone", "Module 1"]
