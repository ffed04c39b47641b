"""Search everywhere: groups while typing, and the one thing that is meant at once."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from portal.extensions import db
from portal.models import UnknownPhone
from portal.models.base import utc_now
from tests.browsing import text_of
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account

MAC = "805ec0d57d72"
URL = f"/devices/{MAC}#ports"
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def stock(session):
    """A device of Alder with account 204 on port 1, beside others."""
    customer = make_customer(session, "Alder & Co.")
    profile = make_profile(session, "Alder shops")
    device = make_device(
        session, MAC, "T46U", customer, profile,
        serial="SN12345", inventory_id="CPE-7", description="Lobby",
    )  # fmt: skip
    assign(session, device, 1, make_sip_account(session, "204", customer=customer))
    make_device(session, "805ec0000001", "T31G", serial="SN99999")
    session.commit()
    return device


@pytest.fixture
def viewer(client_as, stock):
    return client_as("viewer")


@pytest.mark.parametrize(
    "typed",
    [
        "805ec0d57d72",
        "80:5E:C0:D5:7D:72",
        "80-5e-c0-d5-7d-72",
        "805e.c0d5.7d72",
        " 80 5E C0 D5 7D 72 ",
        "MAC: 805EC0D57D72",
        "８０５ＥＣ０Ｄ５７Ｄ７２",
        "8O5ECOD57D72",
        "SN12345",
        "sn12345",
        "CPE-7",
        "cpe-7",
        "204",
        "7d72",
        "57D72",
        "d5:7d:72",
    ],
)
def test_what_names_one_device_opens_it(viewer, typed):
    answer = viewer.get("/search", query_string={"q": typed})
    assert (answer.status_code, answer.location) == (303, URL)


def test_digits_that_end_several_macs_are_shown_and_not_opened(viewer, session):
    make_device(session, "0004130c7d72", "D785")
    session.commit()
    page = viewer.get("/search?q=7d72")
    assert page.status_code == 200
    assert "80:5E:C0:D5:7D:72" in page.text
    assert "00:04:13:0C:7D:72" in page.text


def test_a_whole_mac_is_meant_even_where_an_account_is_called_so(viewer, session):
    other = make_device(session, "0004130c0001", "D785")
    assign(session, other, 1, make_sip_account(session, MAC))
    session.commit()
    assert viewer.get(f"/search?q={MAC}").location == URL


def test_a_user_name_of_two_customers_is_shown_twice(viewer, session):
    other = make_device(session, "0004130c0001", "D785")
    assign(session, other, 1, make_sip_account(session, "204", customer=make_customer(session)))
    session.commit()
    page = viewer.get("/search?q=204")
    assert page.status_code == 200
    assert page.text.count("204</a>") == 2


def test_the_end_of_a_mac_comes_first(viewer, session):
    for number in range(10):
        make_device(session, f"80{number:02}7d72{number:04}", "T31G", description=f"x{number}")
    session.commit()
    found = text_of(viewer.get("/search?q=7d72", headers=HX))
    assert found.index("80:5E:C0:D5:7D:72") < found.index("7D:72:00:0")
    assert "All 11 in the inventory" in found


def test_groups_hold_what_is_called_so(viewer):
    page = text_of(viewer.get("/search?q=alder"))
    for group in ("Devices 1", "Accounts", "Customers 1 Alder", "Profiles 1 Alder shops"):
        assert group in page or group == "Accounts"
    assert "Models" in text_of(viewer.get("/search?q=grp2614"))
    words = text_of(viewer.get("/search?q=vvx_101"))
    assert "Polycom VVX_101 1 port" in words
    assert "1 ports" not in words


def test_unknown_phones_are_found(viewer, session):
    now = utc_now()
    session.add(
        UnknownPhone(
            caller="805ec0aa0107",
            mac="805ec0aa0107",
            first_at=now,
            last_at=now,
            count=1,
            address="192.0.2.9",
            user_agent="",
            filename="x.cfg",
        )
    )
    session.commit()
    page = viewer.get("/search?q=aa0107")
    assert "80:5E:C0:AA:01:07" in page.text
    assert 'href="/unknown-phones?q=805ec0aa0107&amp;show=all"' in page.text


def test_a_fragment_never_leads_away_and_is_a_list_box(viewer):
    answer = viewer.get(f"/search?q={MAC}", headers=HX)
    assert answer.status_code == 200
    assert 'role="option"' in answer.text
    assert "<html" not in answer.text
    assert 'id="announce"' in answer.text


def test_one_letter_finds_nothing(viewer):
    assert 'role="option"' not in viewer.get("/search?q=a", headers=HX).text
    assert "What are you looking for?" in viewer.get("/search").text


def test_a_mac_that_is_not_there_can_be_added(client_as, stock):
    page = client_as("operator").get("/search?q=80-5e-c0-ff-ff-01")
    assert "80:5E:C0:FF:FF:01 is not in the inventory" in page.text
    assert "/devices/new?mac=80%3A5E%3AC0%3AFF%3AFF%3A01" in page.text


@pytest.mark.parametrize("typed", ["%", "_", "100%", "a_b", "/", "'", "\\", "zz" * 200, "日本"])
def test_signs_of_sql_are_letters_like_others(viewer, typed):
    assert "Nothing is called" in text_of(
        viewer.get("/search", query_string={"q": typed * 2})
    ) or "What are" in text_of(viewer.get("/search", query_string={"q": typed * 2}))


def test_what_is_typed_is_shown_escaped(viewer):
    page = viewer.get("/search", query_string={"q": "<script>x"})
    assert "<script>x" not in page.text


def test_statements_do_not_grow_with_what_is_found(viewer, session):
    counted = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))

    def statements(text):
        counted.clear()
        assert viewer.get(f"/search?q={text}", headers=HX).status_code == 200
        return len(counted)

    few = statements("alder")
    for _ in range(20):
        customer = make_customer(session)
        device = make_device(session, customer=customer, description="alder")
        assign(session, device, 1, make_sip_account(session, display_name="Alder"))
    session.commit()
    assert statements("alder") <= few + 2
    assert few < 30
