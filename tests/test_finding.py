"""The MACs in what people type and scanners send, and every list that takes them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.finding import mac_digits
from portal.imports.macs import macs_in
from portal.models import Device
from tests.browsing import text_of
from tests.factories import (
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

MAC = "001565aabbcc"
# What scanners send for a label: a barcode, a notation, a QR code with more than the MAC.
HOWS = {
    "bare": lambda mac: mac.upper(),
    "colons": lambda mac: ":".join(mac[n : n + 2] for n in range(0, 12, 2)).upper(),
    "dashes": lambda mac: "-".join(mac[n : n + 2] for n in range(0, 12, 2)),
    "dots": lambda mac: ".".join(mac[n : n + 4] for n in range(0, 12, 4)),
    "line end": lambda mac: f" {mac}\r\n",
    "named": lambda mac: f"MAC:{mac.upper()}",
    "with serial": lambda mac: f"MAC: {mac.upper()} SN: 3128A",
    "address": lambda mac: f"https://example.net/q?mac={mac}",
    "list": lambda mac: f"SIP-T46U;{mac.upper()};3128A12345",
}
TWO = "MAC:001565AABBCC SN:312800123456"
SCANNED = [how(MAC) for how in HOWS.values()]


@pytest.mark.parametrize("text", SCANNED, ids=HOWS)
def test_a_scanned_mac_is_read(text):
    assert macs_in(text) == [MAC]
    assert mac_digits(text) == MAC


@pytest.mark.parametrize("text", ["", "aabbcc", "101", "Lobby", "0015:65", "001565AABBCCDD"])
def test_what_is_no_whole_mac_is_none(text):
    assert macs_in(text) == []


def test_of_two_numbers_that_look_alike_both_are_tried():
    assert macs_in(TWO) == [MAC, "312800123456"]
    assert mac_digits(TWO) == ""


def test_a_part_of_a_mac_stays_a_part():
    assert mac_digits("AA:BB") == "aabb"
    assert mac_digits("Lobby") == ""


@pytest.fixture
def estate(session):
    """A phone of Alder with account 101 and the profile Retail, and another of everything."""
    for mac, name, user, profile in (
        (MAC, "Alder", "101", "Retail"),
        ("0004f2010203", "Birch", "202", "Shops"),
    ):
        customer = make_customer(session, name)
        customer.default_profile = make_profile(session, profile)
        device = make_device(session, mac, "T46U" if mac == MAC else "VVX450", customer=customer)
        assign(session, device, 1, make_sip_account(session, user, customer=customer))
    session.commit()


LISTS = [
    ("/devices", "00:15:65:AA:BB:CC", "00:04:F2:01:02:03"),
    ("/accounts", "101", "202"),
    ("/customers", "Alder", "Birch"),
    ("/profiles", "Retail", "Shops"),
    ("/audit", "00:15:65:AA:BB:CC", "00:04:F2:01:02:03"),
    ("/catalogue", "Yealink", "Polycom"),
]


@pytest.mark.parametrize(("path", "meant", "other"), LISTS, ids=[path for path, *_ in LISTS])
def test_every_list_takes_a_scanner(client_as, estate, path, meant, other):
    admin, htmx = client_as("admin"), {"HX-Request": "true"}
    for text in [*SCANNED, TWO]:
        found = text_of(admin.get(path, query_string={"q": text}, headers=htmx))
        assert (meant in found, other in found) == (True, False), text


def test_the_search_opens_the_scanned_device(client_as, estate):
    viewer = client_as("viewer")
    for text in [*SCANNED, TWO]:
        answer = viewer.get("/search", query_string={"q": text})
        assert answer.location == f"/devices/{MAC}#ports", text


def test_a_device_id_of_a_label_opens_the_device(client_as, session, estate):
    number = session.scalars(select(Device.id).where(Device.mac == MAC)).one()
    viewer = client_as("viewer")
    answer = viewer.get("/search", query_string={"q": f"#{number}"})
    assert answer.location == f"/devices/{MAC}#ports"
    page = text_of(viewer.get("/devices", query_string={"q": f"#{number}"}))
    assert ("00:15:65:AA:BB:CC" in page, "00:04:F2:01:02:03" in page) == (True, False)


def test_the_picker_offers_the_accounts_of_the_scanned_phone(client_as, session, estate):
    spare, operator = make_device(session, "805ec0000001", "T46U"), client_as("operator")
    make_sip_account(session, "303")
    session.commit()
    for text in SCANNED:
        url = f"/devices/{spare.mac}/ports/1"
        page = text_of(operator.get(url, query_string={"q": text}))
        assert ("101" in page, "303" in page) == (True, False), text


def test_an_account_is_moved_to_the_scanned_phone(client_as, session):
    customer = make_customer(session)
    here = make_device(session, "805ec0000001", "T46U", customer=customer)
    make_device(session, "805ec0000002", "T46U", description="There", customer=customer)
    make_device(session, "805ec0000003", "T46U", description="Elsewhere", customer=customer)
    assign(session, here, 1, make_sip_account(session, "303", customer=customer))
    session.commit()
    operator = client_as("operator")
    for name, how in HOWS.items():
        asked = {"q": how("805ec0000002")}
        page = text_of(operator.get(f"/devices/{here.mac}/ports/1/move", query_string=asked))
        assert ("There" in page, "Elsewhere" in page) == (True, False), name
