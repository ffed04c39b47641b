"""Replacing a phone: what goes along, what does not fit, and what becomes of the old one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import current_app
from sqlalchemy import select

from portal.devices import (
    queries,
    replace,
    replace_service,
    service,
    setup_service,
    undo_service,
)
from portal.devices.told import all_of
from portal.errors import RuleBroken
from portal.models import Note, UnknownPhone
from tests.browsing import hidden, send, text_of
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

OLD, NEW = "001565aabb01", "001565aabb02"
URL = f"/devices/{OLD}/replace"


@pytest.fixture
def old(session, actor, sealer):
    """A T46U with three accounts, labels, own settings, a key and a raw parameter; set up."""
    owner = make_customer(session, "Alder")
    facts = {"description": "Reception", "inventory_id": "CPE-7"}
    old = make_device(session, OLD, "T46U", owner, make_profile(session, "Retail"), **facts)
    for number in (1, 2, 3):
        assign(session, old, number, make_sip_account(session, f"10{number}", customer=owner))
    old.port(1).label = "Anna"
    old.port(2).settings = {"sip.registrar_host": "two.example.net"}
    keys = [{"number": 7, "type": "blf", "value": "102"}]
    raw = {"phone_setting.ring_type": "Ring1.wav"}
    own = {"net.vlan_id": 7}
    service.override(session, actor, sealer, datetime.now(UTC), old, own, raw, keys)
    session.add(Note(device_id=old.id, author="tester", text="Behind the plant"))
    setup_service.ensure_proofs(old, sealer)
    session.commit()
    return old


@pytest.fixture
def put(session, actor, config, sealer):
    def put(old, mac=NEW, model="", keeps_inventory_id=True):
        made = replace.plan(session, old, mac, model, keeps_inventory_id)
        now = datetime.now(UTC)
        replace_service.replace_device(session, actor, config, sealer, now, made)
        session.commit()
        session.expire_all()
        return queries.find_device(session, mac), made

    return put


def test_an_unknown_mac_takes_over_everything(session, old, put):
    token = old.token_hash
    new, made = put(old)
    assert made.lost == ()
    assert (new.model, new.customer.name, new.profile.name) == ("T46U", "Alder", "Retail")
    assert (new.description, new.inventory_id) == ("Reception", "CPE-7")
    assert {p.number: p.account.user_name for p in new.ports} == {1: "101", 2: "102", 3: "103"}
    assert new.port(1).label == "Anna"
    assert new.port(2).settings == {"sip.registrar_host": "two.example.net"}
    assert (new.settings, new.parameters) == (
        {"net.vlan_id": 7},
        {"phone_setting.ring_type": "Ring1.wav"},
    )
    assert [key["number"] for key in new.line_keys] == [7]
    assert new.window_until > datetime.now(UTC)
    gone = queries.find_device(session, OLD)
    assert (gone.state, gone.token_hash, gone.inventory_id) == ("retired", None, None)
    assert token is not None
    assert not any(port.account for port in gone.ports)
    assert session.scalars(select(Note)).one().device_id == new.id


def test_what_a_smaller_phone_of_another_maker_cannot_hold_is_listed_before(session, old, put):
    lost = replace.plan(session, old, "c074ad000001", "HT801", True).lost
    words = " | ".join(lost)
    assert "Port 2: HT801 has 1 port; 102 is free then" in words
    assert "Port 3: HT801 has 1 port; 103 is free then" in words
    assert "Raw parameters of Yealink: phone_setting.ring_type" in words
    assert "Key 7: HT801 has 0 keys" in words
    new, _ = put(old, "c074ad000001", "HT801")
    assert [p.account.user_name for p in new.ports if p.account] == ["101"]
    assert (new.parameters, new.line_keys) == ({}, [])


def test_a_profile_of_another_family_stays_behind_and_is_listed(session, old, put):
    old.profile = make_profile(session, "Only Yealink", family="yealink")
    session.commit()
    new, made = put(old, "c074ad000001", "GRP2614")
    assert any("Profile Only Yealink is for Yealink" in text for text in made.lost)
    assert new.profile is None


def test_a_stock_device_keeps_its_own_serial_and_may_keep_its_inventory_id(session, old, put):
    make_device(session, NEW, "T46U", serial="SN9", inventory_id="CPE-9")
    session.commit()
    new, _ = put(old, keeps_inventory_id=False)
    assert (new.serial, new.inventory_id) == ("SN9", "CPE-9")
    assert queries.find_device(session, OLD).inventory_id == "CPE-7"


def test_replacing_the_other_way_round_brings_it_back(session, old, put):
    new, _ = put(old)
    back, made = put(new, OLD)
    assert made.lost == ()
    assert {p.number: p.account.user_name for p in back.ports if p.account} == {
        1: "101",
        2: "102",
        3: "103",
    }
    assert (back.state, back.inventory_id, back.port(1).label) == ("assigned", "CPE-7", "Anna")


@pytest.fixture
def take_back(session, actor, config, sealer):
    def take_back(device):
        change = undo_service.last_change(session, device)
        undo_service.take_back(session, actor, config, sealer, datetime.now(UTC), change)
        session.commit()
        session.expire_all()

    return take_back


@pytest.mark.parametrize("side", [OLD, NEW])
def test_undoing_brings_back_what_did_not_fit_and_the_phone_goes_on(
    session, old, put, take_back, side
):
    before, token = all_of(old), old.token_hash
    new, made = put(old, model="T31G")
    assert made.lost
    take_back(queries.find_device(session, side))
    assert all_of(old) == before
    assert (old.old_token_hash, old.old_proofs) == (token, "valid")
    assert old.token_hash not in {None, token}
    assert [note.text for note in session.scalars(select(Note).where(Note.device_id == old.id))]
    assert (new.state, new.customer, new.inventory_id) == ("stock", None, None)
    assert not any(port.account or port.label for port in new.ports)


def test_undone_after_the_new_phone_fetched_it_is_retired_and_wiped(session, old, put, take_back):
    new, _ = put(old)
    new.last_fetched_at = datetime.now(UTC)
    session.commit()
    take_back(new)
    assert (old.state, new.state, new.old_proofs) == ("assigned", "retired", "")
    assert old.port(1).account.user_name == "101"


def test_a_phone_that_wiped_itself_sets_itself_up_anew_after_undoing(session, old, put, take_back):
    put(old)
    old.wiped_at = datetime.now(UTC)
    session.commit()
    take_back(old)
    assert (old.state, old.token_hash, old.old_token_hash) == ("assigned", None, None)
    assert old.window_until > datetime.now(UTC)


def test_a_stock_device_and_a_retired_one_are_again_what_they_were(session, old, put, take_back):
    shelf = make_device(session, NEW, "T54W", serial="SN2", inventory_id="CPE-9")
    session.commit()
    before = all_of(shelf)
    put(old)
    take_back(shelf)
    assert {
        name: value for name, value in all_of(shelf).items() if value or name in before
    } == before
    service.retire_device(session, ACTOR, datetime.now(UTC), shelf)
    session.commit()
    put(old)
    take_back(old)
    assert (shelf.state, old.state) == ("retired", "assigned")


def test_undoing_is_undone_too(session, old, put, take_back):
    new, _ = put(old)
    for device in (new, old):
        take_back(device)
    assert (old.state, new.state, new.inventory_id) == ("retired", "assigned", "CPE-7")
    assert {p.number: p.account.user_name for p in new.ports} == {1: "101", 2: "102", 3: "103"}


def test_a_port_that_has_another_account_since_stops_the_undoing(session, old, put, take_back):
    new, _ = put(old)
    change = undo_service.last_change(session, new)
    assign(session, new, 1, make_sip_account(session, "109"))
    session.commit()
    with pytest.raises(RuleBroken, match="Port 1 of Reception was changed since"):
        undo_service.take_back(
            session, ACTOR, *(current_app.config["PORTAL"], current_app.extensions["sealer"]),
            datetime.now(UTC), change,
        )  # fmt: skip


def test_the_model_that_called_in_is_taken(session, old):
    now = datetime.now(UTC)
    told = {"caller": NEW, "address": "192.0.2.1", "user_agent": "", "filename": ""}
    seen = UnknownPhone(mac=NEW, first_at=now, last_at=now, family="yealink", model="T54W", **told)
    session.add(seen)
    session.commit()
    assert replace.plan(session, old, NEW, "", True).model.name == "T54W"


@pytest.mark.parametrize(
    ("mac", "sentence"),
    [
        ("00:15:65", "is not a MAC address"),
        (OLD, "That is this very device"),
        ("001565aabb09", "is in service at Birch, “Gate”; retire it first"),
        ("001565aabb08", "has accounts on it: release 108 first"),
    ],
)
def test_a_mac_that_cannot_come_says_why(session, old, mac, sentence):
    make_device(
        session, "001565aabb09", "T31G", make_customer(session, "Birch"), description="Gate"
    )
    taken = make_device(session, "001565aabb08", "T31G")
    assign(session, taken, 1, make_sip_account(session, "108"))
    session.commit()
    with pytest.raises(RuleBroken, match=sentence):
        replace.plan(session, old, mac, "", True)


def test_the_page_previews_and_then_does_it(session, client_as, old):
    operator = client_as("operator")
    assert "Replace" in text_of(operator.get(f"/devices/{OLD}"))
    assert "checked" in operator.get(URL).text  # the inventory id goes along, unless told not to
    data = {"new": "00:15:65:AA:BB:02", "model": "T31G", "keeps_inventory_id": "y"}
    page = operator.get(URL, query_string=data)
    words = text_of(page)
    assert "This does not go along: Port 3: T31G has 2 ports; 103 is free then" in words
    assert "port 1: 101, “Anna”" in words
    answer = send(operator, URL, {**data, "version": hidden(page, "version")})
    assert answer.location == f"/devices/{NEW}"
    toasts = operator.get(f"/devices/{NEW}")
    words = text_of(toasts)
    assert "00:15:65:AA:BB:02 stands in for 00:15:65:AA:BB:01, which is retired" in words
    assert "replaces: 00:15:65:AA:BB:01" in words
    undo = re.search(r'<form method="post" action="([^"]+/undo)">', toasts.text)[1]
    assert send(operator, undo).location == f"/devices/{NEW}"
    words = text_of(operator.get(f"/devices/{OLD}"))
    assert "103" in words


def test_a_preview_that_is_not_true_any_more_is_shown_again(session, client_as, old):
    operator = client_as("operator")
    data = {"new": NEW, "keeps_inventory_id": "y"}
    page = operator.get(URL, query_string=data)
    assign(session, queries.find_device(session, OLD), 4, make_sip_account(session, "109"))
    session.commit()
    answer = send(operator, URL, {**data, "version": hidden(page, "version")})
    assert answer.status_code == 409
    assert "Something changed meanwhile" in text_of(answer)
    assert queries.find_device(session, NEW) is None
