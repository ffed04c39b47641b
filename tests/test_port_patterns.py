from __future__ import annotations

import pytest

from portal.port_patterns import read_fill, read_pattern


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("101..103", {1: "101", 2: "102", 3: "103"}),
        ("101-102 on ports 3..4", {3: "101", 4: "102"}),
        ("009 bis 011", {1: "009", 2: "010", 3: "011"}),
        ("101 to 102 ports 2", {2: "101", 3: "102"}),
        ("101, 105; 107", {1: "101", 2: "105", 3: "107"}),
        ("ann", {1: "ann"}),
    ],
)
def test_fill_patterns_are_read(text, ports):
    assert read_pattern(text) == ports


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("101..148 on ports 1..47", "puts 48 accounts on 47 ports"),
        ("148..101", "is no range"),
        ("1..9999", "is no range"),
        ("a@b", "is not a SIP user name"),
    ],
)
def test_fill_patterns_that_do_not_fit_are_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_pattern(text)


@pytest.mark.parametrize(
    ("ports", "accounts", "filled"),
    [
        ("1-2", "101-102", {1: "101", 2: "102"}),
        ("5", "101, 105", {5: "101", 6: "105"}),
        ("ports 3 to 4", "098..099", {3: "098", 4: "099"}),
        ("", "101-102 on ports 7-8", {7: "101", 8: "102"}),
    ],
)
def test_ports_and_accounts_are_read_together(ports, accounts, filled):
    assert read_fill(ports, accounts) == filled


@pytest.mark.parametrize(
    ("ports", "accounts", "sentence"),
    [
        ("1-47", "101-148", "Ports 1 to 47 are 47, “101-148” are 48 accounts"),
        ("4-1", "101-104", "is no range of ports"),
        ("first", "101", "names no ports"),
        ("1", "", "Write which accounts"),
        ("1", "101, 101", "101 is named twice"),
        ("1-2", "101-102 on ports 3-4", "The ports are named twice"),
        ("500", "101-148", "more than 512 ports"),
    ],
)
def test_what_does_not_fit_together_is_said(ports, accounts, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_fill(ports, accounts)
