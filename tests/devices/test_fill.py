"""Filling ports: the preview says every conflict, one act does it, one Undo takes it back."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select

from portal.devices import fill, fill_service, queries
from portal.extensions import db
from portal.models import SipAccount
from tests.browsing import hidden, send, text_of
from tests.factories import assign, make_customer, make_device, make_sip_account

MAC = "001565aabb01"
URL = f"/devices/{MAC}"


@pytest.fixture
def gateway(session):
    """A T46U of 16 ports: 201 on port 2; 101 to 104 are accounts, 104 is on port 1 of Lobby."""
    owner = make_customer(session, "Alder")
    gateway = make_device(session, MAC, "T46U", owner, description="Gateway")
    lobby = make_device(session, "001565aabb02", "T31G", owner, description="Lobby")
    made = {n: make_sip_account(session, n, customer=owner) for n in ("101", "102", "103", "104")}
    assign(session, gateway, 2, make_sip_account(session, "201", customer=owner))
    assign(session, lobby, 1, made["104"])
    session.commit()
    return gateway


def ports(session, mac=MAC):
    session.expire_all()
    device = queries.find_device(session, mac)
    return {p.number: p.account.user_name for p in device.ports if p.account}


def asked(**changed):
    return {"ports": "1-4", "accounts": "101-104", **changed}


def test_the_preview_says_every_conflict(client_as, gateway):
    words = text_of(client_as("operator").get(f"{URL}/fill", query_string=asked()))
    assert "2 ports change" in words
    assert "The port has 201, and keeps it" in words
    assert "104 is on port 1 of Lobby, and stays there" in words


def test_ports_are_filled_as_foreseen_and_taken_back_at_once(session, client_as, gateway):
    operator = client_as("operator")
    data = asked(occupied="replace", elsewhere="take")
    page = operator.get(f"{URL}/fill", query_string=data)
    words = text_of(page)
    assert "201 is free then" in words
    assert "It leaves port 1 of Lobby" in words
    answer = send(operator, f"{URL}/fill", {**data, "version": hidden(page, "version")})
    assert answer.location == f"{URL}#ports"
    assert ports(session) == {1: "101", 2: "102", 3: "103", 4: "104"}
    assert ports(session, "001565aabb02") == {}
    page = operator.get(URL)
    assert "4 ports have their accounts" in text_of(page)
    send(operator, re.search(r'action="([^"]+/undo)"', page.text)[1])
    assert ports(session) == {2: "201"}
    assert ports(session, "001565aabb02") == {1: "104"}


def test_accounts_change_places_among_the_ports_that_are_filled(
    session, actor, config, sealer, gateway
):
    now = datetime.now(UTC)
    for text in ("101-103", "103, 101, 102"):
        filling = fill.Filling("1", text, False, "replace", "take")
        rows = fill.plan(session, gateway, filling)
        fill_service.fill_ports(session, actor, config, sealer, now, gateway, rows)
        session.flush()
    assert ports(session) == {1: "103", 2: "101", 3: "102"}


def test_a_missing_account_stops_all_until_it_may_be_made(session, client_as, gateway):
    admin = client_as("admin")
    data = asked(ports="5-6", accounts="110-111")
    page = admin.get(f"{URL}/fill", query_string=data)
    assert "There is no account 110 of Alder" in text_of(page)
    assert 'method="post" action="/devices/001565aabb01/fill"' not in page.text
    data["creates"] = "y"
    page = admin.get(f"{URL}/fill", query_string=data)
    assert "Account 110 is made, with a random password" in text_of(page)
    send(admin, f"{URL}/fill", {**data, "version": hidden(page, "version")})
    assert ports(session) == {2: "201", 5: "110", 6: "111"}
    made = session.scalars(select(SipAccount).where(SipAccount.user_name == "110")).one()
    assert made.customer.name == "Alder"


def test_support_makes_no_accounts(session, client_as, gateway):
    operator = client_as("operator")
    data = asked(ports="5-6", accounts="110-111", creates="y")
    page = operator.get(f"{URL}/fill", query_string=data)
    assert "Make the accounts" not in page.text
    assert "There is no account 110" in text_of(page)
    answer = send(operator, f"{URL}/fill", data)
    assert answer.status_code in {409, 422}
    assert ports(session) == {2: "201"}


def test_a_preview_that_is_not_true_any_more_is_shown_again(session, client_as, gateway):
    operator = client_as("operator")
    page = operator.get(f"{URL}/fill", query_string=asked())
    assign(session, queries.find_device(session, MAC), 1, make_sip_account(session, "105"))
    session.commit()
    answer = send(operator, f"{URL}/fill", {**asked(), "version": hidden(page, "version")})
    assert answer.status_code == 409
    assert "Something changed meanwhile" in text_of(answer)
    assert ports(session) == {1: "105", 2: "201"}


@pytest.mark.parametrize(
    ("ports_typed", "accounts", "sentence"),
    [
        ("15-18", "101-104", "T46U has 16 ports, there is no port 17"),
        ("1-3", "101-104", "make them the same number"),
        ("1-4", "", "Write which accounts"),
    ],
)
def test_what_cannot_be_is_said(client_as, gateway, ports_typed, accounts, sentence):
    data = asked(ports=ports_typed, accounts=accounts)
    assert sentence in text_of(client_as("operator").get(f"{URL}/fill", query_string=data))


def test_a_plan_takes_as_many_statements_for_many_ports_as_for_few(session, gateway):
    def count(text):
        session.expire_all()
        device = queries.find_device(session, MAC)
        statements = []
        listen = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        fill.plan(session, device, fill.Filling("", text, True, "replace", "take"))
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(statements)

    for number in range(110, 117):
        make_sip_account(session, str(number), customer=gateway.customer)
    session.commit()
    assert count("101-102") == count("110-116")
