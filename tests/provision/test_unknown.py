"""Phones that nobody knows: by MAC, or by the placeholder that they ask for literally."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.models import CheckIn, CheckInHour, UnknownPhone
from portal.provision import unknown
from portal.provision.identify import placeholder_in
from tests.factories import make_customer, make_device

FANVIL = "Fanvil X4U 2.6.0.1234 0c383e112233"
CISCO = "Cisco/SPA504G-7.6.2f"


@pytest.mark.parametrize(
    ("path", "placeholder"),
    [
        ("{mac}.cfg", "{mac}"),
        ("Config{MAC}.cfg", "{MAC}"),
        ("spa$MA.cfg", "$MA"),
        ("$MAU.xml", "$MAU"),
        ("a/b/%24mac.xml", "$mac"),
        ("${mac}.xml", "${mac}"),
        ("$(MA).xml", "$(MA)"),
        ("[MAC].cfg", "[MAC]"),
        ("805ec0d57d72.cfg", ""),
        ("$macro.cfg", ""),
        ("machine.cfg", ""),
    ],
)
def test_a_literal_placeholder_is_recognised(path, placeholder):
    assert placeholder_in(path) == placeholder


@pytest.fixture
def phone(app):
    def ask(path, agent="", address="192.0.2.7"):
        client = app.test_client()
        answer = client.get(
            path,
            base_url="https://portal.test",
            headers={"User-Agent": agent},
            environ_base={"REMOTE_ADDR": address},
        )
        app.extensions["check_ins"].flush()
        return answer

    return ask


def all_of(session):
    session.expire_all()
    return list(session.scalars(select(UnknownPhone).order_by(UnknownPhone.id)))


@pytest.mark.parametrize("written", ["{mac}.cfg", "%7Bmac%7D.cfg", "$MA.cfg", "%24mac.cfg"])
def test_a_literal_placeholder_is_noted_without_a_mac(phone, session, written):
    assert phone("/p/s/not-a-token/" + written, CISCO).status_code == 404
    (one,) = all_of(session)
    assert one.mac is None
    assert one.placeholder in {"{mac}", "$MA", "$mac"}
    assert one.model == "SPA504G"
    assert (one.address, one.door, one.count) == ("192.0.2.7", "site", 1)


def test_calls_with_a_placeholder_are_counted_per_address(phone, session):
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
        phone("/p/{mac}.cfg", CISCO, address)
    assert [(one.address, one.count) for one in all_of(session)] == [
        ("192.0.2.7", 2),
        ("192.0.2.8", 1),
    ]


def test_a_user_agent_tells_the_mac_that_the_path_does_not(phone, session):
    phone("/p/$MA.cfg", FANVIL)
    (one,) = all_of(session)
    assert (one.mac, one.caller, one.placeholder) == ("0c383e112233", "0c383e112233", "$MA")


def test_a_device_that_asks_for_a_placeholder_is_not_unknown(phone, session):
    make_device(session, "0c383e112233", "X4U")
    session.commit()
    phone("/p/$MA.cfg", FANVIL)
    assert all_of(session) == []


def test_an_ignored_phone_stays_ignored_and_is_counted_on(phone, session):
    phone("/p/805ec0000099.cfg")
    (one,) = all_of(session)
    one.is_ignored = True
    session.commit()
    phone("/p/805ec0000099.cfg")
    (one,) = all_of(session)
    assert (one.is_ignored, one.count) == (True, 2)


def test_the_flush_counts_each_hour_once_more(app, phone, session):
    for _ in range(2):
        phone("/p/805ec0000099.cfg")
    phone("/p/s/wrong/805ec0000099.cfg")
    hours = {(h.outcome, h.reason): h.count for h in session.scalars(select(CheckInHour))}
    assert hours == {("asked", "no proof"): 2, ("refused", "wrong site token"): 1}
    assert len(session.scalars(select(CheckIn)).all()) == 3


def kept(session):
    session.rollback()  # what was read before is what is read again in one transaction
    return {one.caller[-2:] for one in all_of(session)}


def test_who_called_longest_ago_gives_way_over_one_address(phone, session, monkeypatch):
    monkeypatch.setattr(unknown, "MOST_OF_ONE", 3)
    for number in range(5):
        phone(f"/p/805ec00000{number:02x}.cfg", address=f"192.0.2.{number}")
    assert kept(session) == {"02", "03", "04"}
    phone("/p/805ec0000002.cfg", address="192.0.2.2")  # again, so that 03 is the oldest
    phone("/p/805ec0000009.cfg", address="192.0.2.9")
    assert kept(session) == {"02", "04", "09"}


def test_a_flood_over_one_site_address_takes_no_place_of_others(app, phone, session, monkeypatch):
    monkeypatch.setattr(unknown, "MOST_OF_ONE", 3)
    sealer = app.extensions["sealer"]
    tokens = [sealer.open(make_customer(session).site_token_sealed) for _ in range(2)]
    session.commit()
    for number in range(2):
        phone(f"/p/s/{tokens[0]}/805ec00000a{number}.cfg")
    for number in range(5):
        phone(f"/p/s/{tokens[1]}/805ec00000b{number}.cfg", address="192.0.2.8")
    assert kept(session) == {"a0", "a1", "b2", "b3", "b4"}


def test_there_is_an_end_to_all_of_them_together(app, phone, session, monkeypatch):
    monkeypatch.setattr(unknown, "MOST", 2)
    token = app.extensions["sealer"].open(make_customer(session).site_token_sealed)
    session.commit()
    phone("/p/805ec0000001.cfg")
    phone(f"/p/s/{token}/805ec0000002.cfg")
    phone("/p/805ec0000003.cfg")
    assert kept(session) == {"02", "03"}


def test_ignored_phones_stay_and_take_no_place(phone, session, monkeypatch):
    monkeypatch.setattr(unknown, "MOST_OF_ONE", 1)
    phone("/p/805ec0000001.cfg")
    all_of(session)[0].is_ignored = True
    session.commit()
    phone("/p/805ec0000002.cfg")
    assert kept(session) == {"01", "02"}
