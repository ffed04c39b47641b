"""The phone book on the phones' road: whose, in what order, linked, and never to strangers."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from portal.contacts import service as contacts
from portal.devices import previews, setup_service
from portal.devices.queries import find_device
from portal.extensions import db
from portal.models import Site
from portal.profiles import service as profiles
from portal.provision.phonebook import merged
from portal.vendors.context import ContactView
from tests.factories import (
    ACTOR,
    make_contact,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

MAC = "805ec0d57d72"


def test_names_stand_in_the_order_of_the_alphabet_whatever_their_accents():
    names = ["Öztürk", "Paul", "oskar", "Ömer", "Anna"]
    book = merged([ContactView(n, "1") for n in names], [ContactView("Olga", "2")])
    assert [c.name for c in book] == ["Anna", "Olga", "Ömer", "oskar", "Öztürk", "Paul"]


def test_an_account_whose_number_a_contact_has_is_left_out():
    book = merged(
        [ContactView("Reception", "10-1"), ContactView("Anna", "", "102")],
        [ContactView("Phone 1", "101"), ContactView("Phone 2", "102"), ContactView("Bert", "103")],
    )
    assert [c.name for c in book] == ["Anna", "Bert", "Reception"]


@pytest.fixture
def acme(session):
    return make_customer(session, "Acme")


@pytest.fixture
def own(session, sealer, acme):
    """Make a phone of Acme; return its own address."""

    def make(mac=MAC, model="T31G", **facts):
        device = make_device(session, mac, model, acme, **facts)
        setup_service.ensure_proofs(device, sealer)
        session.commit()
        return previews.addresses(session, device, sealer, "")[1]

    return make


@pytest.fixture
def get(app):
    client = app.test_client()

    def ask(path, **headers):
        told = {k.replace("_", "-"): v for k, v in headers.items()}
        return client.get(path, base_url="https://portal.test", headers=told)

    return ask


def names_in(answer):
    return [
        line.partition("<Name>")[2].partition("</Name>")[0]
        for line in answer.text.splitlines()
        if "<Name>" in line
    ]


def test_a_phone_gets_the_book_of_its_customer(session, get, own, acme):
    make_contact(session, acme, "Zoe & Söhne", "030 1")
    make_sip_account(session, "101", customer=acme, display_name="Anna")
    make_sip_account(session, "102", customer=acme)
    make_sip_account(session, "103", customer=acme, display_name="Off").is_enabled = False
    other = make_customer(session)
    make_contact(session, other, "Stranger")
    make_sip_account(session, "104", customer=other, display_name="Stranger 2")
    answer = get(own() + "phonebook.xml")
    assert names_in(answer) == ["Anna", "Zoe &amp; Söhne"]
    assert '<Telephone label="Office">101</Telephone>' in answer.text
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_accounts_are_left_out_when_the_customer_says_so(session, get, own, acme):
    make_sip_account(session, "101", customer=acme, display_name="Anna")
    contacts.list_accounts(session, ACTOR, acme, False)
    url = own()
    assert names_in(get(url + "phonebook.xml")) == []
    assert "remote_phonebook.data.1.url = %NULL%\n" in get(url + f"{MAC}.cfg").text


def test_the_device_file_links_the_book_once_there_is_one(session, get, own, acme):
    url = own()
    before = get(url + f"{MAC}.cfg")
    assert "remote_phonebook.data.1.url = %NULL%\n" in before.text
    make_contact(session, acme, "Anna")
    session.commit()
    after = get(url + f"{MAC}.cfg", If_None_Match=before.headers["ETag"])
    assert f"remote_phonebook.data.1.url = https://portal.test{url}phonebook.xml\n" in after.text


def test_the_link_is_a_folder_where_the_phone_adds_the_name(session, get, own, acme):
    make_contact(session, acme, "Anna")
    url = own("c074ad2bd859", "GXP1628")
    answer = get(url + "cfgc074ad2bd859.xml")
    assert f"<P331>portal.test{url.rstrip('/')}</P331>" in answer.text
    assert "<FirstName>Anna</FirstName>" in get(url + "phonebook.xml").text


def test_an_address_of_a_profile_wins_over_the_link(session, get, own, acme):
    make_contact(session, acme, "Anna")
    profile = make_profile(session, phonebook__url="https://pb.example.net/book.xml")
    answer = get(own(profile=profile) + f"{MAC}.cfg")
    assert "remote_phonebook.data.1.url = https://pb.example.net/book.xml\n" in answer.text


def test_a_profile_that_sends_the_address_empty_wins_over_the_link(session, sealer, get, own, acme):
    make_contact(session, acme, "Anna")
    profile = make_profile(session)
    profiles.change_settings(session, ACTOR, sealer, profile, {"phonebook.url": None})
    profiles.publish(session, ACTOR, profile, datetime.now(UTC))
    answer = get(own(profile=profile) + f"{MAC}.cfg")
    assert "remote_phonebook.data.1.url = %NULL%\n" in answer.text


def test_people_do_not_see_the_token_in_the_link(session, app, own, sealer, acme):
    make_contact(session, acme, "Anna")
    token = own().strip("/").rpartition("/")[2]
    device = acme_device(session)
    shown = previews.render(
        session.connection(), device, "", app.extensions["renderer"], sealer,
        "https://portal.test", datetime.now(UTC),
    )  # fmt: skip
    assert "/phonebook.xml" in shown
    assert token not in shown


def acme_device(session):
    return find_device(session, MAC)


def test_an_escene_phone_is_told_to_fetch_the_book(session, get, own, acme):
    url = own("00268bc1d2e3", "ES620")
    assert 'DownloadPhonebook="0"' in get(url + "00268bc1d2e3.xml").text
    make_contact(session, acme, "Anna")
    session.commit()
    assert 'DownloadPhonebook="1"' in get(url + "00268bc1d2e3.xml").text
    assert 'FirstName="Anna"' in get(url + "00268bc1d2e3_phonebook.xml").text


def test_a_poly_phone_gets_a_directory_only_when_there_is_one(session, get, own, acme):
    path = own("0004f22a1b10", "VVX450") + "000000000000-directory.xml"
    assert get(path).status_code == 404
    make_contact(session, acme, "Anna", "101")
    session.commit()
    assert "<fn>Anna</fn>" in get(path).text


def test_an_unchanged_book_is_not_sent_again(session, get, own, acme):
    make_contact(session, acme, "Anna")
    path = own() + "phonebook.xml"
    first = get(path)
    again = get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    make_contact(session, acme, "Bert")
    session.commit()
    assert names_in(get(path, If_None_Match=first.headers["ETag"])) == ["Anna", "Bert"]


def test_a_device_without_customer_gets_an_empty_book(session, sealer, get, acme):
    make_contact(session, acme, "Anna")
    device = make_device(session, MAC)
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    answer = get(previews.addresses(session, device, sealer, "")[1] + "phonebook.xml")
    assert (answer.status_code, names_in(answer)) == (200, [])


@pytest.mark.parametrize("owner", ["customer", "portal"])
def test_the_site_address_gives_no_book_even_in_an_open_window(
    session, sealer, get, own, acme, owner
):
    make_contact(session, acme, "Anna")
    own()
    site = acme if owner == "customer" else session.get_one(Site, 1)
    token = sealer.open(site.site_token_sealed)
    agent = f"Yealink SIP-T31G 124.85.257.55 {MAC}"
    for name in ("phonebook.xml", "000000000000-directory.xml", f"{MAC}_phonebook.xml"):
        answer = get(f"/p/s/{token}/{name}", User_Agent=agent)
        assert answer.status_code == 404, name


def test_a_password_opens_the_book_and_nothing_less(session, sealer, get, own, acme):
    make_contact(session, acme, "Anna")
    own()
    device = acme_device(session)
    pair = f"{device.digest_user}:{sealer.open(device.digest_secret_sealed)}"
    proof = "Basic " + base64.b64encode(pair.encode()).decode()
    assert get("/p/phonebook.xml").status_code == 401
    assert names_in(get("/p/phonebook.xml", Authorization=proof)) == ["Anna"]


def test_a_book_takes_no_more_than_four_statements(session, get, own, acme):
    make_contact(session, acme, "Anna")
    url = own(profile=make_profile(session, parent=make_profile(session)))
    statements = []

    def note(conn, cursor, statement, *rest):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    for name in ("phonebook.xml", f"{MAC}.cfg"):
        statements.clear()
        assert get(url + name).status_code == 200
        assert len(statements) <= 4, name
    event.remove(db.engine, "before_cursor_execute", note)
