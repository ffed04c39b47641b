from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.audit.shown import Change
from portal.devices import timeline
from portal.models import AuditEntry, CheckIn, Note
from portal.vendors.context import MASK

NOW = datetime(2026, 2, 14, 12, 0, tzinfo=UTC)


def check_in(status=200, reason="", at=NOW):
    return CheckIn(
        at=at,
        filename="001565aabbcc.cfg",
        protocol="https",
        address="192.0.2.7",
        user_agent="Yealink SIP-T46U",
        status=status,
        reason=reason,
    )


def entry(action="device.override", at=NOW, **changes):
    return AuditEntry(at=at, actor="anna", address="", action=action, changes=changes)


def test_all_kinds_are_merged_newest_first():
    events = timeline.merged(
        [check_in(at=NOW), check_in(at=NOW - timedelta(hours=2))],
        [[entry("port.assign", NOW - timedelta(hours=1), **{"port 1": ["101", "102"]})]],
        [Note(at=NOW - timedelta(hours=3), author="ben", text="Behind the plant")],
        None,
    )
    assert [event.kind for event in events] == ["ok", "change", "ok", "note"]
    assert events[1].text == "Account changed"
    assert events[1].changes == (Change("port 1", "101", "102"),)


@pytest.mark.parametrize(
    ("status", "reason", "kind", "text"),
    [
        (200, "", "ok", "Fetched 001565aabbcc.cfg"),
        (304, "", "ok", "Asked for 001565aabbcc.cfg, has it already"),
        (401, "no proof", "", "Asked for 001565aabbcc.cfg, was asked for its credentials"),
        (404, "device is retired", "bad", "Refused 001565aabbcc.cfg: device is retired"),
        (200, "set-up window is closed", "bad", "Got the harmless file: set-up window is closed"),
    ],
)
def test_check_in_in_words(status, reason, kind, text):
    (event,) = timeline.merged([check_in(status, reason)], [], [], None)
    assert (event.kind, event.text) == (kind, text)


def test_refusal_says_what_to_do():
    (event,) = timeline.merged([check_in(200, "set-up window is closed")], [], [], None)
    assert event.remedy.startswith("Allow set-up")


def test_times_and_macs_are_shown_as_people_read_them():
    changes = {"until": [None, "2026-02-14T13:00:00.5+00:00"], "mac": [None, "001565aabbcc"]}
    (event,) = timeline.merged([], [[entry(**changes)]], [], None)
    assert [change.after for change in event.changes] == [
        "2026-02-14 13:00 UTC",
        "00:15:65:AA:BB:CC",
    ]


def test_secret_parameters_are_masked_and_settings_named():
    changes = {"P34": [None, "hunter2"], "sip.transport": ["udp", "tls"], "serial": [None, ""]}
    (event,) = timeline.merged([], [[entry(**changes)]], [], re.compile("P34"))
    assert event.changes == (Change("P34", None, MASK), Change("Transport", "UDP", "TLS"))


def test_entries_of_one_act_are_one_line_with_what_they_changed_in_all():
    act = [
        entry("port.assign", **{"port 1": ["101", None]}),
        entry("port.assign", **{"port 1": [None, "102"]}),
        entry("port.label", **{"label of port 1": ["Anna", "Ben"]}),
    ]
    (event,) = timeline.merged([], [act], [], None)
    assert event.text == "Account changed, Label changed"
    assert event.changes == (
        Change("port 1", "101", "102"),
        Change("label of port 1", "Anna", "Ben"),
    )


def test_a_setting_of_a_port_is_called_by_its_label():
    act = [entry("port.override", **{"sip.transport of port 3": [None, "tls"]})]
    (event,) = timeline.merged([], [act], [], None)
    assert event.changes[0].name == "Transport of port 3"
