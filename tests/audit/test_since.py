from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal import audit
from portal.audit import Actor
from portal.audit.since import done_since
from tests.factories import make_device

NOW = datetime(2099, 2, 14, 13, 5, tzinfo=UTC)  # long after what the factories do
ANNA = Actor("Anna")


def note(session, device, minutes_ago, actor=ANNA, **changes):
    entry = audit.record(session, actor, "device.update", device, changes)
    entry.at = NOW - timedelta(minutes=minutes_ago)
    session.flush()


def told(session, device, minutes):
    return done_since(session, device, NOW - timedelta(minutes=minutes), NOW, "Ben")


def test_acts_are_told_latest_first_and_one_is_called_you(session):
    device, other = make_device(session), make_device(session)
    note(session, device, 90, description=("", "Before"))
    note(session, device, 5, customer=("Oak", "Elm"), token=("a", "b"))
    note(session, device, 2, Actor("Ben"), description=("", "Lobby"))
    note(session, other, 1, description=("", "Another"))
    assert told(session, device, 60) == [
        "You, 2 min ago: Changed (description: Lobby)",
        "Anna, 5 min ago: Changed (customer: Oak → Elm; token: changed)",
    ]


def test_three_are_told(session):
    device = make_device(session)
    for minutes in range(1, 6):
        note(session, device, minutes)
    assert told(session, device, 60) == [f"Anna, {n} min ago: Changed" for n in (1, 2, 3)]
