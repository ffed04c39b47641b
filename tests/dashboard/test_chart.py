"""Bars of the dashboard's drawing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.dashboard.chart import BOTTOM, HEIGHT, TOP, chart_of, rounded_up

NOW = datetime(2026, 2, 14, 13, 5, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


@pytest.mark.parametrize(
    ("count", "top"), [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (99, 100), (100_000, 100_000)]
)
def test_the_scale_ends_at_an_even_round_number(count, top):
    assert rounded_up(count) == top


def test_every_hour_has_a_bar_the_present_one_last():
    chart = chart_of([], NOW, 24)
    assert len(chart.bars) == 24
    assert chart.bars[-1].at == HOUR
    assert chart.bars[0].at == HOUR - timedelta(hours=23)


def test_the_two_parts_of_a_bar_stand_on_each_other():
    chart = chart_of([(HOUR, 6, 4)], NOW, 24)
    bar = chart.bars[-1]
    assert (bar.good, bar.bad) == (6, 4)
    assert bar.bad_y == TOP
    assert bar.bad_y + bar.bad_height == pytest.approx(bar.good_y, abs=0.2)
    assert bar.good_y + bar.good_height == pytest.approx(HEIGHT - BOTTOM, abs=0.2)


def test_what_is_older_than_the_hours_is_left_out():
    assert chart_of([(HOUR - timedelta(hours=24), 5, 0)], NOW, 24).good == 0
