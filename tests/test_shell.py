from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.shell import ago, when

NOW = datetime(2026, 2, 14, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "just now"),
        (-5, "just now"),
        (5 * MINUTE, "5 min ago"),
        (47 * HOUR, "47 h ago"),
        (49 * HOUR, "2 days ago"),
        (-3 * HOUR, "in 3 h"),
        (-7 * DAY, "in 7 days"),
        (100 * DAY, "3 months ago"),
        (-800 * DAY, "in 2 years"),
    ],
)
def test_how_far_a_time_is_from_now(seconds: int, text: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_a_time_has_its_zone() -> None:
    assert when(NOW) == "2026-02-14 12:00 UTC"
    assert when(None) == "never"
