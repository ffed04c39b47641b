"""The column for set-up windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.imports.plan import DeviceFacts, Known
from portal.imports.window_texts import end_of, read_window
from portal.imports.windows import Window
from portal.models import AuditEntry
from tests.factories import make_customer, make_device
from tests.imports.making import codes, plan_rows
from tests.imports.test_apply import device_of, imported, taken_back

__all__ = ["imported", "taken_back"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KNOWN = Known(now=NOW)
HEADER = ["MAC", "Model", "Set-up window"]
MAC = "001565aabb01"


def planned(window, stored=None):
    facts = {MAC: DeviceFacts(model="T46U", vendor="Yealink", window=stored)} if stored else {}
    return plan_rows(HEADER, [MAC, "T46U", window], stored=facts, known=KNOWN)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("24h", "24h"),
        ("24 hours", "24h"),
        ("1 day", "24h"),
        ("90 min", "90 min"),
        ("60 Minuten", "1h"),
        ("7 days", "7 days"),
        ("2 Tage", "2 days"),
        ("1 min.", "1 min"),
        ("3 小时", "3h"),
        ("2026-11-24 18:00", "2026-11-24 18:00+00:00"),
        ("2026-11-24T18:00:00+02:00", "2026-11-24 16:00+00:00"),
    ],
)
def test_lengths_and_times_are_read(text, read):
    assert read_window(text) == read
    assert read_window(read) == read


@pytest.mark.parametrize(
    "text",
    ["24", "0 min", "8 days", "169h", "soon", "-5h", "1.5h", "24 parsecs", "20261124", "2026-13-01",
     "9999-12-31T23:59-23:59", "999999 days", "٣h٣"],
)  # fmt: skip
def test_others_are_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"is no length of time|is not between"):
        read_window(text)
    assert codes(planned(text)) == [["window_invalid"]]


def test_length_counts_from_the_import():
    assert end_of("24h", NOW) == NOW + timedelta(hours=24)
    assert end_of("2026-11-24 12:00+00:00", NOW) == NOW + timedelta(hours=24)


@pytest.mark.parametrize("text", ["2026-11-23 11:00", "2026-12-23 12:00", "2026-11-23 12:00"])
def test_time_beyond_seven_days_or_past_is_an_error_for_a_new_phone(text):
    row = planned(text).rows[0]
    assert row.outcome == "error"
    assert "not within the next 7 days" in row.problem


@pytest.mark.parametrize("header", ["Window", "window", "Einrichtungsfenster", "Setup window"])
def test_header_words_for_the_window(header):
    plan = plan_rows(["MAC", header], [MAC, "24h"], known=KNOWN)
    assert plan.rows[0].values["window"] == "24h"


@pytest.mark.parametrize(
    ("text", "stored", "changes", "warning"),
    [
        ("24h", Window(), ["", "24h"], ""),
        ("24h", Window(NOW - timedelta(days=1)), ["2026-11-22 12:00:00+00:00", "24h"], ""),
        ("60 min", Window(NOW + timedelta(days=1)), ["2026-11-24 12:00:00+00:00", "1h"], ""),
        ("24h", Window(NOW + timedelta(hours=23)), None, "is open until 2026-11-24 11:00 UTC"),
        ("24h", Window(None, True), None, "does not open its set-up window again"),
        ("2026-11-24 12:00", Window(None, True), None, "does not open its set-up window again"),
        ("24h", Window(None, False, True), None, "is retired"),
        ("2026-11-24 12:00", Window(NOW + timedelta(days=1)), None, ""),
        ("2026-11-20 12:00", Window(), None, "not within the next 7 days"),
        ("-clear-", Window(NOW + timedelta(days=1)), ["2026-11-24 12:00:00+00:00", ""], ""),
        ("-clear-", Window(), None, ""),
        ("", Window(), None, ""),
    ],
)
def test_what_becomes_of_the_window_of_a_stored_device(text, stored, changes, warning):
    row = planned(text, stored).rows[0]
    assert row.changes == ({"window": changes} if changes else {})
    assert row.outcome == ("changed" if changes else "unchanged")
    assert warning in " ".join(row.warnings)
    assert bool(row.warnings) == bool(warning)


def test_new_devices_get_the_window_of_their_row(session, imported):
    make_customer(session, "Alder")
    imported(
        ["MAC", "Model", "Customer", "Window"],
        [MAC, "T46U", "Alder", "60 min"],
        ["001565aabb02", "T46U", "", "2 days"],
        ["001565aabb03", "T46U", "", "-clear-"],
    )
    now = datetime.now(UTC)
    first, second = device_of(session, MAC), device_of(session, "001565aabb02")
    assert timedelta(minutes=58) < first.window_until - now <= timedelta(minutes=60)
    assert (first.state, second.state) == ("assigned", "stock")
    assert timedelta(hours=47) < second.window_until - now <= timedelta(days=2)
    assert device_of(session, "001565aabb03").window_until is None


def test_same_list_again_leaves_the_window(session, imported):
    rows = HEADER, [MAC, "T46U", "24h"]
    imported(*rows)
    until = device_of(session, MAC).window_until
    assert imported(*rows).result["summary"]["unchanged"] == 1
    assert device_of(session, MAC).window_until == until


def test_window_of_a_changed_device_is_opened_audited_and_taken_back(session, imported, taken_back):
    waiting = make_device(session, MAC, "T46U")
    bound = make_device(session, "001565aabb02", "T46U")
    bound.bound_at = datetime.now(UTC)
    session.commit()
    upload = imported(HEADER, [MAC, "", "24h"], ["001565aabb02", "", "24h"])
    assert waiting.window_until > datetime.now(UTC) + timedelta(hours=23)
    assert bound.window_until is None
    entry = session.query(AuditEntry).filter_by(action="window.open").one()
    assert (entry.object_name, entry.import_id) == (MAC, upload.id)
    assert taken_back(upload)["restored"] == 1
    session.expire_all()
    assert waiting.window_until is None
