"""Time zones as phones want them."""

from __future__ import annotations

import pytest

from portal.settings.catalogue import CATALOGUE
from portal.settings.zones import Change, zone


def test_berlin_saves_an_hour_from_the_last_sunday_of_march():
    berlin = zone("Europe/Berlin")
    assert (berlin.offset_min, berlin.save_min) == (60, 60)
    assert berlin.start == Change(month=3, week=5, weekday=0, minute=120)
    assert berlin.end == Change(month=10, week=5, weekday=0, minute=180)


def test_dublin_whose_data_saves_in_winter_is_told_as_others_do():
    dublin = zone("Europe/Dublin")
    assert (dublin.offset_min, dublin.save_min, dublin.start.month) == (0, 60, 3)


@pytest.mark.parametrize(
    ("name", "text"),
    [("Asia/Kolkata", "+5:30"), ("America/St_Johns", "-3:30"), ("UTC", "0"), ("Asia/Tokyo", "+9")],
)
def test_offsets_are_written_as_phones_show_them(name, text):
    assert zone(name).offset_text == text


def test_every_zone_of_the_catalogue_can_be_told_to_a_phone():
    from portal.settings import catalogue

    names = catalogue.zone_names()
    assert len(names) > 400
    for name in names:
        assert CATALOGUE["time.zone"].parse(name) == name
        assert -12 * 60 <= zone(name).offset_min <= 14 * 60
