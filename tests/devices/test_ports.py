"""Accounts in use: the conflict shown, swap, take over, add, move; and undo."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from portal.devices import queries
from portal.models import AuditEntry
from tests.browsing import hidden, send, text_of
from tests.factories import assign, make_customer, make_device, make_sip_account

HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
LOBBY, HALL = "001565aabb01", "001565aabb02"
URL = f"/devices/{HALL}"


@pytest.fixture
def operator(client_as):
    return client_as("operator")


@pytest.fixture
def accounts(session):
    """Lobby: 204 “Desk” on port 1. Hall: 205 on port 1, port 2 is free. 206 is free."""
    owner = make_customer(session, "Alder")
    made = {n: make_sip_account(session, n, customer=owner) for n in ("204", "205", "206")}
    lobby = make_device(session, LOBBY, "T31G", owner, description="Lobby")
    hall = make_device(session, HALL, "T31G", owner, description="Hall")
    assign(session, lobby, 1, made["204"])
    assign(session, hall, 1, made["205"])
    lobby.port(1).label = "Desk"
    session.commit()
    return {name: str(account.id) for name, account in made.items()}


def on_ports(session):
    """What stands where: {(description, port): (account, label)}."""
    session.expire_all()
    return {
        (device.description, port.number): (port.account and port.account.user_name, port.label)
        for device in (queries.find_device(session, LOBBY), queries.find_device(session, HALL))
        for port in device.ports
        if port.account or port.label
    }


def told(answer):
    return json.loads(answer.headers["HX-Trigger"])["portal:toast"]["toasts"]


def choose(operator, account, way, number=1):
    """Choose an account as the picker's page offers it, with what it says about it."""
    page = operator.get(f"{URL}/ports/{number}?q={account}")
    data = {"version": hidden(page, "version"), "places": hidden(page, "places"), "way": way}
    data["account"] = re.search(r'name="account" value="(\d+)"', page.text.split("<details")[1])[1]
    return send(operator, f"{URL}/ports/{number}", data, HX)


def test_an_account_in_use_shows_what_can_become_of_that(operator, accounts):
    words = text_of(operator.get(f"{URL}/ports/1?q=204"))
    assert "204 is on Lobby 00:15:65:AA:BB:01 , port 1. What becomes of that?" in words
    assert "Swap 204 comes here, 205 goes there" in words
    assert "Take over" in words
    assert "both ring" in words
    assert "Swap" not in text_of(operator.get(f"{URL}/ports/2?q=204"))  # a free port swaps nothing


def test_without_an_answer_nothing_is_saved(session, operator, accounts):
    page = operator.get(f"{URL}/ports/1")
    data = {"version": hidden(page, "version"), "account": accounts["204"]}
    answer = send(operator, f"{URL}/ports/1", data)
    assert answer.status_code == 422
    assert "204 is on Lobby, port 1. Choose what becomes of that." in text_of(answer)
    assert on_ports(session)["Lobby", 1] == ("204", "Desk")


@pytest.mark.parametrize(
    ("way", "after"),
    [
        ("swap", {("Lobby", 1): ("205", ""), ("Hall", 1): ("204", "Desk")}),
        ("take", {("Hall", 1): ("204", "Desk")}),
        ("add", {("Lobby", 1): ("204", "Desk"), ("Hall", 1): ("204", "")}),
    ],
)
def test_each_choice_does_exactly_what_it_says_and_undo_takes_it_back(
    session, operator, accounts, way, after
):
    before = on_ports(session)
    answer = choose(operator, "204", way)
    assert answer.status_code == 200
    assert on_ports(session) == after
    undo = told(answer)[0]["undo"]
    assert send(operator, undo).location == URL
    assert on_ports(session) == before


def test_an_answer_says_for_both_phones_when_they_have_it(operator, accounts):
    messages = [toast["message"] for toast in told(choose(operator, "204", "swap"))]
    assert messages[0].startswith("Port 1 is 204. Waiting for the phone to set itself up: it may")
    assert any(text.startswith("Lobby: Waiting for the phone") for text in messages)


def test_a_choice_made_from_an_old_page_is_asked_again(session, operator, accounts):
    page = operator.get(f"{URL}/ports/1?q=204")
    data = {"version": hidden(page, "version"), "places": hidden(page, "places"), "way": "take"}
    lobby = queries.find_device(session, LOBBY)
    lobby.port(1).label = "Reception"
    session.commit()
    answer = send(operator, f"{URL}/ports/1", {**data, "account": accounts["204"]})
    assert answer.status_code == 409
    assert "204 was moved meanwhile" in text_of(answer)
    assert on_ports(session)["Lobby", 1] == ("204", "Reception")


def test_two_ports_of_one_device_are_swapped_and_both_rows_shown(session, operator, accounts):
    assign(session, queries.find_device(session, HALL), 2, make_sip_account(session, "207"))
    session.commit()
    answer = choose(operator, "207", "swap")
    assert '<tr id="port-1">' in answer.text
    assert '<tr id="port-2" hx-swap-oob="true">' in answer.text
    ports = on_ports(session)
    assert (ports["Hall", 1][0], ports["Hall", 2][0]) == ("207", "205")


def test_undo_is_a_button_on_the_page_too_and_can_be_undone(session, operator, accounts):
    choose(operator, "204", "take")
    page = operator.get(URL)
    assert "Undo the last change" in page.text
    button = re.search(r'action="([^"]+/undo)"', page.text.split('id="facts"')[1])[1]
    assert send(operator, button).location == URL
    assert on_ports(session)["Lobby", 1] == ("204", "Desk")
    words = text_of(operator.get(URL))
    assert "The change is taken back" in words
    again = re.search(r'action="([^"]+/undo)"', operator.get(URL).text)[1]
    send(operator, again)
    assert on_ports(session)["Hall", 1] == ("204", "Desk")


def test_what_changed_nothing_offers_no_undo_of_what_was_before(operator, accounts):
    saved = []
    for _ in range(2):
        version = hidden(operator.get(f"{URL}/ports/1"), "version")
        data = {"label": "Front", "version": version}
        saved.append(told(send(operator, f"{URL}/ports/1/label", data, HX))[0])
    assert "undo" in saved[0]
    assert "undo" not in saved[1]


def test_an_edit_is_undone_from_its_toast(session, operator, accounts):
    version = hidden(operator.get(f"{URL}/edit"), "version")
    data = {"model": "T31G", "description": "Corridor", "version": version}
    data["customer"] = str(queries.find_device(session, HALL).customer_id)
    send(operator, f"{URL}/edit", data)
    toasts = operator.get(URL).text.split('id="toasts"')[1]
    send(operator, re.search(r'action="([^"]+/undo)"', toasts)[1])
    session.expire_all()
    assert queries.find_device(session, HALL).description == "Hall"


def test_undo_refuses_when_somebody_changed_it_since(session, operator, accounts):
    undo = told(choose(operator, "204", "take"))[0]["undo"]
    assign(session, queries.find_device(session, LOBBY), 1, make_sip_account(session, "208"))
    session.commit()
    send(operator, undo)
    words = text_of(operator.get(URL))
    assert "Port 1 of Lobby was changed since, it is 208 now. Nothing is taken back." in words
    assert on_ports(session)["Hall", 1] == ("204", "Desk")


def test_undo_of_a_change_of_another_device_is_not_there(session, operator, accounts):
    undo = told(choose(operator, "204", "add"))[0]
    other = undo["undo"].replace(HALL, LOBBY)
    assert send(operator, other).status_code == 404


def test_a_viewer_cannot_take_anything_back(session, client_as, accounts):
    entry = session.scalars(select(AuditEntry.id).where(AuditEntry.action == "port.assign")).first()
    viewer = client_as("viewer")
    assert send(viewer, f"{URL}/changes/{entry}/undo").status_code == 403
    assert "Undo the last change" not in viewer.get(URL).text


# Moving to another device


def move(operator, **data):
    page = operator.get(f"{URL}/ports/1/move")
    return send(operator, f"{URL}/ports/1/move", {"version": hidden(page, "version"), **data})


def test_the_new_device_is_found_by_its_last_digits(operator, accounts):
    words = text_of(operator.get(f"{URL}/ports/1/move?q=bb01"))
    assert "Lobby 00:15:65:AA:BB:01" in words
    assert "1: 204 2: free" in words
    assert "No device matches" in text_of(operator.get(f"{URL}/ports/1/move?q=bb77"))


def test_an_account_is_moved_to_a_free_port_with_its_label(session, operator, accounts):
    queries.find_device(session, HALL).port(1).label = "Ben"
    session.commit()
    assert move(operator, to=LOBBY, port="2").location == f"{URL}#port-1"
    assert on_ports(session) == {("Lobby", 1): ("204", "Desk"), ("Lobby", 2): ("205", "Ben")}
    words = text_of(operator.get(URL))
    assert "205 is on port 2 of Lobby" in words
    assert "Lobby: Waiting for the phone" in words


def test_an_occupied_port_is_asked_about_before(session, operator, accounts):
    asked = move(operator, to=LOBBY, port="1")
    assert asked.status_code == 409
    assert "Port 1 of Lobby has 204" in text_of(asked)
    data = {name: hidden(asked, name) for name in ("to", "port", "to_version")}
    assert move(operator, way="swap", **data).status_code == 303
    assert on_ports(session) == {("Lobby", 1): ("205", ""), ("Hall", 1): ("204", "Desk")}


def test_a_device_of_another_customer_takes_no_account(session, operator, accounts):
    make_device(session, "001565aabb03", "T31G", make_customer(session, "Birch"), description="X")
    session.commit()
    assert "001565aabb03" not in operator.get(f"{URL}/ports/1/move").text
    answer = move(operator, to="001565aabb03", port="1")
    assert answer.status_code == 422
    assert "Account 205 belongs to Alder, the device to Birch" in text_of(answer)
    assert on_ports(session)["Hall", 1] == ("205", "")
