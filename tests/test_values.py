"""What people type, and the one form that is stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal import values


@pytest.mark.parametrize(
    "typed",
    [
        "00:15:65:AA:BB:CC",
        "00-15-65-aa-bb-cc",
        "0015.65aa.bbcc",
        " 001565aabbcc ",
        "00 15 65 aa bb cc",
    ],
)
def test_a_mac_is_read_in_every_usual_notation(typed):
    assert values.parse_mac(typed) == "001565aabbcc"


@pytest.mark.parametrize("typed", ["", "001565aabb", "00:15:65:aa:bb:gg", "001565aabbccdd"])
def test_what_is_no_mac_is_refused(typed):
    with pytest.raises(ValueError, match="is not a MAC address"):
        values.parse_mac(typed)


@pytest.mark.parametrize("typed", ["000000000000", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff"])
def test_an_address_that_no_device_has_is_refused(typed):
    with pytest.raises(ValueError, match="cannot be the address of a device"):
        values.parse_mac(typed)


def test_an_address_is_found_in_its_networks_also_when_mapped_into_ipv6():
    assert values.in_networks("::ffff:192.0.2.7", ["192.0.2.0/24"])
    assert not values.in_networks("192.0.3.7", ["192.0.2.0/24"])
    assert not values.in_networks("nonsense", ["0.0.0.0/0"])


def test_a_network_of_one_may_be_given_as_an_address():
    assert values.parse_networks("192.0.2.1, 2001:db8::/32\n192.0.2.1") == [
        "192.0.2.1/32",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("typed", ["anna@example.net", "a b", "", "sip:101"])
def test_a_sip_user_is_the_part_before_the_at(typed):
    with pytest.raises(ValueError, match="is not a SIP user name"):
        values.parse_sip_user(typed)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+49 (0)30 / 12-34", "+49301234"),
        ("030.12 34", "0301234"),
        ("*97#", "*97#"),
        ("anna.b", "anna.b"),
        ("", ""),
        (" – ", ""),
    ],
)
def test_phone_number_is_stored_as_it_is_dialled(text, number):
    assert values.parse_phone_number(text) == number


@pytest.mark.parametrize("text", ["ring me", "=1+1", "+49anna", "１２３", "1" * 61, "1\n2"])
def test_what_no_phone_can_dial_is_refused(text):
    with pytest.raises(ValueError, match=r"number to dial|single line"):
        values.parse_phone_number(text)


@pytest.mark.parametrize("letter", ["\ufffe", "\ud800", "\x00", "\u2028"])
def test_letters_that_xml_cannot_hold_are_refused(letter):
    with pytest.raises(ValueError, match="single line"):
        values.parse_line(f"a{letter}b")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-24 03:00", 3),
        ("2026-11-24T03:00", 3),
        (" 2026-11-24 03:00 utc ", 3),
        ("2026-11-24T03:00+02:00", 1),
    ],
)
def test_time_is_in_utc_unless_it_says_its_zone(text, hour):
    assert values.parse_utc(text) == datetime(2026, 11, 24, hour, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "tomorrow", "24.11.2026"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a time; write it as"):
        values.parse_utc(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("17", 17),
        ("2147483647", 2**31 - 1),
        ("2147483648", None),
        ("9" * 30, None),
        ("-1", None),
        ("²", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_id_is_a_number_that_a_row_can_have(text, number):
    assert values.id_in(text) == number
