from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.devices.conditions import Standing
from portal.devices.status import delivery_of
from portal.models import Device

NOW = datetime(2026, 2, 14, 12, 0, tzinfo=UTC)
DAY = 86400


OK = Standing("ok")
BEHIND = Standing("pending", (("the device", NOW),))


def device(**facts):
    told = {"state": "assigned", "family": "yealink", "changed_at": NOW - timedelta(days=9)}
    return Device(**told | facts)


def seen(hours, **facts):
    at = NOW - timedelta(hours=hours)
    told = {"last_seen_at": at, "last_fetched_at": at, "token_hash": "proof"}
    return device(**told | facts)


@pytest.mark.parametrize(
    ("given", "standing", "title"),
    [
        (device(state="retired"), OK, "Retired"),
        (device(family=""), OK, "No file can be made"),
        (device(state="stock"), OK, "In stock"),
        (device(), OK, "The phone is not set up, and may not do so now"),
        (
            device(window_until=NOW + timedelta(hours=1)),
            OK,
            "Waiting for the phone to set itself up",
        ),
        (seen(3, token_hash=None), OK, "The phone is not set up, and may not do so now"),
        (seen(3), OK, "The phone has what was changed here"),
        (seen(3), BEHIND, "The phone does not have the last change yet"),
        (seen(49), OK, "The phone is late"),
    ],
)
def test_page_says_when_the_phone_has_it(given, standing, title):
    assert delivery_of(given, standing, DAY, NOW).title == title


def test_pending_change_names_the_next_fetch():
    text = delivery_of(seen(3), BEHIND, DAY, NOW).text.replace("\u2011", "-")
    assert "2026-02-15\u00a009:00\u00a0UTC, in 21 h" in text


def test_fetch_that_is_due_comes_any_moment():
    assert "any moment now" in delivery_of(seen(25), BEHIND, DAY, NOW).text
