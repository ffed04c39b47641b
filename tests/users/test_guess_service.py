from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.models import Guess
from portal.users import guess_service
from portal.users.slowing import Place, counters

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = counters("password", "alex", Place("192.0.2.7"))


@pytest.fixture
def wrong(session):
    """Return a function that makes so many wrong tries, each as soon as it may."""

    def make(count, counted_for=HERE, now=NOW):
        for _ in range(count):
            now += timedelta(seconds=guess_service.wait_s(session, counted_for, now))
            counted = guess_service.count_try(session, counted_for, now)
            assert counted.wait_s == 0
        return now

    return make


def test_five_slips_cost_nothing_the_sixth_try_waits(session, wrong):
    wrong(4)
    assert guess_service.wait_s(session, HERE, NOW) == 0
    counted = guess_service.count_try(session, HERE, NOW)
    assert (counted.wait_s, counted.slows) == (0, True)
    assert guess_service.wait_s(session, HERE, NOW) == 2
    assert guess_service.count_try(session, HERE, NOW).wait_s == 2


def test_try_that_comes_too_early_is_not_counted(session, wrong):
    wrong(5)
    for _ in range(100):
        guess_service.count_try(session, HERE, NOW)
    assert guess_service.wait_s(session, HERE, NOW) == 2


def test_patience_does_not_help_a_guesser(session, wrong):
    """20 tries from one place, each as soon as possible, take more than an hour and a half."""
    assert wrong(20) - NOW > timedelta(minutes=90)


def test_many_addresses_share_one_account(session):
    """A thousand addresses with one guess each get one a minute through, after the first ten."""
    through = 0
    for number in range(1000):
        place = counters("password", "alex", Place(f"10.0.{number // 250}.{number % 250}"))
        at = NOW + timedelta(seconds=number)
        through += guess_service.count_try(session, place, at).wait_s == 0
    assert 25 <= through <= 32


def test_owner_is_not_slowed_where_they_signed_in_before(session, wrong):
    wrong(30)
    known_address = counters("password", "alex", Place("203.0.113.9", knows_address=True))
    known_browser = counters("password", "alex", Place("192.0.2.7", "mark", knows_browser=True))
    assert guess_service.wait_s(session, known_address, NOW) == 0
    assert guess_service.wait_s(session, known_browser, NOW) == 0
    assert guess_service.wait_s(session, HERE, NOW) > 60


def test_right_password_clears_the_place(session, wrong):
    now = wrong(7)
    guess_service.count_try(session, HERE, now + timedelta(seconds=10))
    guess_service.take_back(session, HERE)
    assert guess_service.wait_s(session, HERE[:1], now) == 0


def test_own_account_does_not_clear_the_address_for_guessing_at_others(session, wrong):
    mine = counters("password", "mine", Place("192.0.2.7"))
    now = NOW
    for number in range(25):
        theirs = counters("password", f"name{number}", Place("192.0.2.7"))
        now = wrong(1, theirs, now)
        now = wrong(1, mine, now)
        guess_service.take_back(session, mine)
    assert guess_service.wait_s(session, theirs, now) == 60


def test_an_hour_without_a_slip_forgets(session, wrong):
    wrong(9)
    later = NOW + timedelta(hours=2)
    assert guess_service.wait_s(session, HERE, later) == 0
    assert guess_service.count_try(session, HERE, later).is_first


def test_clock_that_was_set_back_waits_no_longer_than_the_curve_says(session, wrong):
    wrong(5)
    assert guess_service.wait_s(session, HERE, NOW - timedelta(days=300)) == 2


def test_first_in_a_while_is_told(session):
    assert guess_service.count_try(session, HERE, NOW).is_first
    assert not guess_service.count_try(session, HERE, NOW).is_first


def test_what_is_a_day_old_is_deleted(session, wrong):
    wrong(3)
    other = counters("password", "sam", Place("198.51.100.1"))
    guess_service.count_try(session, other, NOW + timedelta(days=2))
    assert session.scalar(select(func.count()).select_from(Guess)) == 3
