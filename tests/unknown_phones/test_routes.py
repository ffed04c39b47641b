"""Unknown phones: who called, what is wrong, adopting and ignoring them."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from portal.models import AuditEntry, CheckIn, Device, UnknownPhone
from portal.models.base import utc_now
from portal.unknown_phones import queries, service
from tests.browsing import hidden, send, text_of
from tests.factories import make_customer, make_device


def make_unknown(session, mac="805ec0000099", **facts):
    now = utc_now()
    given = {
        "caller": mac or f"literal {facts.get('address', '')}",
        "mac": mac,
        "first_at": now - timedelta(hours=1),
        "last_at": now,
        "count": 3,
        "address": "192.0.2.7",
        "user_agent": "Yealink SIP-T46U 108.86.0.90",
        "filename": f"{mac}.cfg",
        "family": "yealink",
        "model": "T46U",
        "door": "site",
        "reason": "not in the inventory",
        **facts,
    }
    phone = UnknownPhone(**given)
    session.add(phone)
    session.commit()
    return phone


def literal(session, placeholder="{mac}", family="cisco_spa", **facts):
    name = f"{placeholder}.cfg"
    facts = {"placeholder": placeholder, "family": family, "filename": name, "model": "", **facts}
    return make_unknown(session, None, **facts)


def test_the_list_says_who_called_from_where_and_how_often(client_as, session):
    customer = make_customer(session, "Alder & Co.")
    make_unknown(session, customer_id=customer.id, count=1234)
    page = text_of(client_as("viewer").get("/unknown-phones"))
    for told in ("80:5E:C0:00:00:99", "T46U Yealink", "Alder &amp; Co.", "192.0.2.7", "1,234"):
        assert told in page
    assert "Adopt" not in page


@pytest.mark.parametrize(
    ("family", "placeholder", "remedy"),
    [
        ("cisco_spa", "{mac}", "Cisco phones replace $MA: write that in its place."),
        ("cisco_mpp", "$mac", "Cisco phones replace $MA"),
        ("fanvil", "$MA", "Fanvil phones replace $mac"),
        ("grandstream", "{mac}", "Grandstream phones add their file's name by themselves"),
        ("snom", "{mac}", "Snom phones replace {mac} in some firmware only"),
        ("", "{mac}", "End the address in the phone with the slash"),
    ],
)
def test_what_to_correct_is_said_for_each_make(client_as, session, family, placeholder, remedy):
    literal(session, placeholder, family)
    page = text_of(client_as("viewer").get("/unknown-phones")).replace("&#39;", "'")
    assert f"The phone asks for “{placeholder}.cfg” word for word" in page
    assert remedy in page


def test_a_wrong_site_address_and_a_missing_one_are_told_apart(client_as, session):
    make_unknown(session, "805ec0000001", reason="wrong site token")
    make_unknown(session, "805ec0000002", door="open", reason="no proof")
    page = text_of(client_as("viewer").get("/unknown-phones"))
    assert "Its site address is wrong, or was replaced." in page
    assert "It calls without a site address" in page


def test_a_phone_that_came_into_the_inventory_is_not_listed_any_more(client_as, session):
    make_unknown(session)
    make_device(session, "805ec0000099", "T46U")
    session.commit()
    assert "No unknown phones" in client_as("viewer").get("/unknown-phones").text


def adopt(client, form):
    """Press the button of the page that asks for what `form` has in common."""
    page = f"/unknown-phones/adopt?{urlencode(form, doseq=True)}"
    return send(client, "/unknown-phones/adopt", form, page=page)


def test_adopting_makes_a_device_whose_window_is_open(client_as, session):
    customer = make_customer(session)
    phone = make_unknown(session, customer_id=customer.id)
    now = utc_now()
    session.add(
        CheckIn(
            at=now, mac=phone.mac, filename="x.cfg", protocol="https", address="192.0.2.7",
            user_agent="", proof="", status=200, reason="not in the inventory", tag="",
        )
    )  # fmt: skip
    session.commit()
    operator = client_as("operator")
    page = operator.get(f"/unknown-phones/adopt?id={phone.id}")
    assert 'value="Yealink T46U"' in page.text
    assert f'selected value="{customer.id}"' in page.text
    form = {"id": hidden(page, "id"), "model": "Yealink T46U", "owner": customer.id, "profile": ""}
    answer = adopt(operator, form)
    assert answer.location == "/devices/805ec0000099"
    device = session.scalars(select(Device)).one()
    assert (device.model, device.customer_id, device.state) == ("T46U", customer.id, "assigned")
    assert device.window_until > now
    session.expire_all()
    assert session.scalars(select(UnknownPhone)).all() == []
    assert session.scalars(select(CheckIn.device_id)).one() == device.id
    assert "device.create" in session.scalars(select(AuditEntry.action)).all()


def test_many_are_adopted_with_the_models_they_tell(client_as, session):
    ids = [
        make_unknown(session, f"805ec000000{n}", model=m).id for n, m in enumerate(["T46U", "T31G"])
    ]
    ids.append(literal(session).id)
    operator = client_as("operator")
    chosen = send(operator, "/unknown-phones/act", {"id": ids, "act": "adopt"})
    page = operator.get(chosen.location)
    assert "Adopt 2 phones" in page.text
    form = {"id": ids[:2], "model": "", "owner": "", "profile": ""}
    assert adopt(operator, form).location == "/unknown-phones"
    session.expire_all()
    assert sorted(session.scalars(select(Device.model))) == ["T31G", "T46U"]
    assert [one.mac for one in session.scalars(select(UnknownPhone))] == [None]


def test_all_that_match_are_adopted_over_pages(client_as, session, config):
    for number in range(60):
        make_unknown(session, f"805ec00001{number:02x}", address="192.0.2.8")
    make_unknown(session, "805ec0000001", address="192.0.2.9")
    operator = client_as("operator")
    page = operator.get("/unknown-phones?q=192.0.2.8")
    assert "All 60 that match" in page.text
    form = {"scope": "all", "q": "192.0.2.8", "act": "adopt"}
    page = operator.get(send(operator, "/unknown-phones/act", form).location)
    assert "Adopt 60 phones" in page.text
    form = {"scope": "all", "q": "192.0.2.8", "model": "", "owner": "", "profile": ""}
    adopt(operator, form)
    assert len(session.scalars(select(Device.id)).all()) == 60


def test_one_that_cannot_be_adopted_stops_all_and_is_named(client_as, session):
    ids = [make_unknown(session, "805ec0000001").id]
    ids.append(make_unknown(session, "0004f2000001", family="", model="").id)
    operator = client_as("operator")
    answer = adopt(operator, {"id": ids, "owner": "", "profile": ""})
    assert answer.status_code == 422
    assert "00:04:F2:00:00:01: It does not say its model; type it from the label" in answer.text
    assert session.scalars(select(Device)).all() == []


def test_a_model_that_nobody_knows_is_refused_at_its_field(client_as, session):
    phone = make_unknown(session)
    form = {"id": phone.id, "model": "T99Z", "owner": "", "profile": ""}
    answer = adopt(client_as("operator"), form)
    assert answer.status_code == 422
    assert "No family knows the model “T99Z”" in answer.text
    assert 'value="T99Z"' in answer.text


def test_ignored_phones_leave_the_list_and_come_back(client_as, session):
    ids = [make_unknown(session, f"805ec000000{n}").id for n in range(3)]
    operator = client_as("operator")
    send(operator, "/unknown-phones/act", {"id": ids[:2], "act": "ignore"})
    assert "1 phone" in text_of(operator.get("/unknown-phones"))
    assert "2 phones" in text_of(operator.get("/unknown-phones?show=ignored"))
    send(operator, "/unknown-phones/act?act=notice", {"one": ids[0], "show": "ignored"})
    assert "2 phones" in text_of(operator.get("/unknown-phones"))
    actions = session.scalars(select(AuditEntry.action)).all()
    assert actions.count("unknown_phone.ignore") == 2
    assert actions.count("unknown_phone.notice") == 1


def test_ignoring_is_undone_by_the_toast(client_as, session):
    ids = [make_unknown(session, f"805ec000000{n}").id for n in range(2)]
    operator = client_as("operator")
    send(operator, "/unknown-phones/act", {"id": ids, "act": "ignore"})
    page = operator.get("/unknown-phones")
    assert "2 phones are ignored" in text_of(page)
    undo = re.search(r'action="(/unknown-phones/act\?act=notice[^"]*)"', page.text)[1]
    send(operator, undo.replace("&amp;", "&"))
    assert "2 phones are listed again" in text_of(operator.get("/unknown-phones"))


def test_all_that_match_are_ignored_however_many(client_as, session, monkeypatch):
    monkeypatch.setattr(service, "AT_ONCE", 2)
    for number in range(4):
        make_unknown(session, f"805ec000000{number}")
    operator = client_as("operator")
    send(operator, "/unknown-phones/act", {"scope": "all", "act": "ignore"})
    assert "4 phones are ignored" in text_of(operator.get("/unknown-phones"))


def test_a_full_list_says_so_and_over_whose_address(client_as, session, monkeypatch):
    monkeypatch.setattr(queries, "MOST_OF_ONE", 2)
    alder = make_customer(session, "Alder")
    for number in range(2):
        make_unknown(session, f"805ec000000{number}", customer_id=alder.id)
    viewer = client_as("viewer")
    told = text_of(viewer.get("/unknown-phones"))
    assert "2 phones wait over the site address of Alder, as many as are kept" in told
    session.delete(session.scalars(select(UnknownPhone)).first())
    session.commit()
    assert "as many as are kept" not in text_of(viewer.get("/unknown-phones"))


def test_nothing_ticked_is_said(client_as, session):
    make_unknown(session)
    operator = client_as("operator")
    answer = send(operator, "/unknown-phones/act", {"act": "ignore"})
    assert "Tick the phones first" in operator.get(answer.location).text


def test_the_list_is_exported_as_filtered(client_as, session):
    make_unknown(session)
    literal(session, address="198.51.100.1")
    text = client_as("viewer").get("/unknown-phones/export.csv?show=literal", buffered=True).text
    lines = text.strip().splitlines()
    assert (
        lines[0].lstrip("\ufeff").startswith("MAC,Model,Vendor,Customer,Address,Asked for,Problem")
    )
    assert len(lines) == 2
    assert "198.51.100.1" in lines[1]
    assert "write that in its place" in lines[1]


@pytest.mark.parametrize("path", ["/unknown-phones/adopt", "/unknown-phones/act"])
def test_viewers_may_not_act(client_as, session, path):
    assert send(client_as("viewer"), path, {}).status_code == 403
