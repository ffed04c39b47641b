from __future__ import annotations

import pytest

from portal.users.slowing import Curve, Place, counters, network_of

HERE = Place("192.0.2.7")


def test_some_slips_are_free_then_the_wait_doubles_up_to_a_limit():
    curve = Curve(free=5, most_s=900)
    waits = [curve.wait_s(wrong) for wrong in (0, 4, 5, 6, 7, 12, 13, 14, 10_000)]
    assert waits == [0, 0, 2, 4, 8, 256, 512, 900, 900]


def test_stranger_counts_for_the_place_the_account_and_the_address():
    keys = [counter.key for counter in counters("password", "alex", HERE)]
    other_name = [counter.key for counter in counters("password", "sam", HERE)]
    elsewhere = [counter.key for counter in counters("password", "alex", Place("198.51.100.1"))]
    assert len(set(keys)) == 3
    assert [a == b for a, b in zip(keys, other_name, strict=True)] == [False, False, True]
    assert [a == b for a, b in zip(keys, elsewhere, strict=True)] == [False, True, False]


def test_known_address_does_not_count_for_the_account():
    place = Place("192.0.2.7", knows_address=True)
    assert len(counters("password", "alex", place)) == 2


def test_known_browser_minds_nothing_that_others_did():
    known = Place("192.0.2.7", "mark", knows_browser=True, knows_address=True)
    mine = {counter.key for counter in counters("password", "alex", known)}
    theirs = {counter.key for counter in counters("password", "alex", HERE)}
    assert len(mine) == 1
    assert not mine & theirs


def test_mark_that_is_not_known_is_no_place_of_its_own():
    forged = Place("192.0.2.7", "made up")
    assert counters("password", "alex", forged) == counters("password", "alex", HERE)


def test_passwords_and_codes_share_the_address_alone():
    password, code = counters("password", "7", HERE), counters("code", "7", HERE)
    assert [a.key == b.key for a, b in zip(password, code, strict=True)] == [False, False, True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("odd", "odd"),
    ],
)
def test_ipv6_counts_by_the_network_that_one_customer_has(address, network):
    assert network_of(address) == network
