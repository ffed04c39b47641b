from __future__ import annotations

import re

import pyotp
import pytest
from sqlalchemy import select

from portal.audit import Actor
from portal.models import AuditEntry, SignIn, User
from portal.models.base import utc_now
from portal.users import factor_service, service, sign_in_service
from tests.browsing import send, text_of


@pytest.fixture
def client(client_as):
    return client_as("operator")


@pytest.fixture
def me(session, client):
    return session.scalars(select(User).where(User.name == "operator-user")).one()


def shown_key(page):
    return pyotp.TOTP(re.search(r'data-copy="([A-Z2-7]{32})"', page.text)[1])


def set_up(client):
    code = shown_key(client.get("/me/app")).now()
    return send(client, "/me/app", {"code": code})


def make_older(session):
    for sign_in in session.scalars(select(SignIn)):
        sign_in.proved_at = sign_in.proved_at.replace(year=sign_in.proved_at.year - 1)
    session.commit()


def test_app_is_set_up_with_the_code_that_it_shows(session, client, me):
    page = client.get("/me/app")
    key = shown_key(page)
    assert "<svg" in page.text
    assert " ".join(re.findall("....", key.secret)) in page.text
    done = send(client, "/me/app", {"code": key.now()})
    codes = re.findall(r"<li><code>([a-z2-7-]{19})</code>", done.text)
    assert len(set(codes)) == 10
    session.refresh(me)
    assert key.secret not in me.totp_sealed
    assert not {code.code_hash for code in me.recovery_codes} & set(codes)
    actions = select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(2)
    assert set(session.scalars(actions)) == {"user.enable_app", "user.renew_recovery_codes"}


def test_wrong_code_shows_the_same_key_again(session, client, me):
    key = shown_key(client.get("/me/app"))
    answer = send(client, "/me/app", {"code": "000000"})
    assert answer.status_code == 422
    assert "This is not the code" in answer.text
    assert shown_key(answer).secret == key.secret
    session.refresh(me)
    assert me.totp_sealed is None


def test_code_that_set_the_app_up_does_not_sign_in(session, sealer, client, me):
    code = shown_key(client.get("/me/app")).now()
    send(client, "/me/app", {"code": code})
    session.refresh(me)
    assert factor_service.take_code(session, sealer, me, code, utc_now()) is None


def test_second_factors_are_changed_by_who_signed_in_just_now(session, client, me):
    set_up(client)
    make_older(session)
    for path in ("/me/app", "/me/app/remove", "/me/passkeys/new", "/me/recovery-codes"):
        asked = client.get(path)
        assert (asked.status_code, asked.location) == (303, f"/proof?next={path}")
    assert send(client, "/me/app/remove").status_code == 401
    session.refresh(me)
    assert me.totp_sealed is not None


def test_removing_the_last_second_factor_takes_the_recovery_codes_along(session, client, me):
    set_up(client)
    assert send(client, "/me/app/remove").status_code == 303
    session.refresh(me)
    assert (me.totp_sealed, me.recovery_codes) == (None, [])


def test_administrator_keeps_a_second_factor(session, client_as):
    client = client_as("admin")
    answer = send(client, "/me/app/remove")
    assert answer.status_code == 422
    assert "Add another one first" in answer.text


def test_new_recovery_codes_end_the_old_ones(session, sealer, client, me):
    old = re.findall(r"<li><code>([a-z2-7-]{19})</code>", set_up(client).text)
    new = re.findall(r"<li><code>([a-z2-7-]{19})</code>", send(client, "/me/recovery-codes").text)
    session.refresh(me)
    take = factor_service.take_code
    assert take(session, sealer, me, old[0], utc_now()) is None
    assert take(session, sealer, me, new[0], utc_now()) == "recovery code"


def test_few_codes_left_are_told(session, sealer, client, me):
    codes = re.findall(r"<li><code>([a-z2-7-]{19})</code>", set_up(client).text)
    assert "10 of 10 left" in text_of(client.get("/me"))
    session.refresh(me)
    for code in codes[:8]:
        factor_service.take_code(session, sealer, me, code, utc_now())
    session.commit()
    assert "Only 2 recovery codes are left" in text_of(client.get("/me"))


def test_who_has_no_second_factor_makes_no_recovery_codes(client):
    assert send(client, "/me/recovery-codes").status_code == 303
    assert "Set up an app or a passkey first" in text_of(client.get("/me"))


def test_administrator_without_second_factor_sets_one_up_first(session, client_as):
    client = client_as("admin")
    admin = session.scalars(select(User).where(User.name == "admin-user")).one()
    admin.totp_sealed = None
    session.commit()
    blocked = client.get("/customers")
    assert (blocked.status_code, blocked.location) == (303, "/me")
    assert "Set up a second factor to go on" in client.get("/me").text
    set_up(client)
    assert client.get("/customers").status_code == 200


def test_who_comes_by_single_sign_on_is_asked_for_nothing_more(session, client_as):
    client = client_as("admin")
    admin = session.scalars(select(User).where(User.name == "admin-user")).one()
    admin.totp_sealed = None
    session.scalars(select(SignIn)).one().how = "single sign-on"
    session.commit()
    assert client.get("/customers").status_code == 200


def test_own_sign_ins_are_listed_and_ended(session, client, me):
    elsewhere = [
        sign_in_service.start(
            session, Actor(me.name, f"192.0.2.{n}"), me, "password", f"k{n}", "", agent, utc_now()
        )
        for n, agent in ((1, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"), (2, ""))
    ]
    session.commit()
    page = text_of(client.get("/me"))
    assert "Firefox on Linux password 192.0.2.1" in page
    assert page.count("This one") == 1
    assert send(client, f"/me/sign-ins/{elsewhere[0].id}/end").status_code == 303
    session.expire_all()
    assert [sign_in.ended_at is None for sign_in in elsewhere] == [False, True]
    send(client, "/me/sign-ins/end-others")
    session.expire_all()
    assert [sign_in.ended_at is None for sign_in in elsewhere] == [False, False]
    assert client.get("/me").status_code == 200


def test_sign_ins_of_others_are_not_ones_own(session, client):
    other = service.create_user(session, Actor("t"), "other", "four unrelated words", "admin")
    theirs = sign_in_service.start(
        session, Actor("other"), other, "password", "k", "", "", utc_now()
    )
    session.commit()
    send(client, f"/me/sign-ins/{theirs.id}/end")
    assert "That sign-in had ended already" in text_of(client.get("/me"))
    session.refresh(theirs)
    assert theirs.ended_at is None
