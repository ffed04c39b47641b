from __future__ import annotations

import re

import pytest
from sqlalchemy import event, select

from portal.audit import Actor
from portal.extensions import db
from portal.models import AuditEntry, SignIn
from portal.models.base import utc_now
from portal.passwords import check_password
from portal.users import factor_service, queries, service, sign_in_service
from tests.browsing import hidden, send, text_of

GOOD = "four unrelated words"


@pytest.fixture
def alex(session):
    user = service.create_user(session, Actor("tests"), "alex", GOOD, "operator")
    session.commit()
    return user


def stored(session, name):
    session.rollback()
    return queries.find_user_named(session, name)


def signed_in(session, user):
    actor = Actor(user.name, "192.0.2.7")
    sign_in = sign_in_service.start(session, actor, user, "password", "k", "b", "Lynx", utc_now())
    session.commit()
    return sign_in


def test_list_says_of_each_user_what_matters(client_as, session, alex):
    signed_in(session, alex)
    page = text_of(client_as("admin").get("/users"))
    assert re.search(r"alex operator May sign in none 1 \d{4}-\d\d-\d\d", page)
    assert "admin-user admin May sign in app 1" in page
    assert "root admin One-time password At next sign-in –" in page


def test_list_takes_the_same_statements_for_more_users(client_as, session):
    client, counts, seen = client_as("admin"), [], []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    for number in (1, 5):
        for n in range(number):
            service.create_user(session, Actor("t"), f"u{number}-{n}", GOOD, "viewer")
        session.commit()
        seen.clear()
        client.get("/users")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_new_user_is_shown_a_one_time_password(client_as, session):
    answer = send(client_as("admin"), "/users", {"name": "Sam", "role": "viewer"})
    password = re.search(r'data-copy="(\w{20})"', answer.text)[1]
    assert answer.headers["Cache-Control"] == "no-store"
    user = stored(session, "sam")
    assert user.role == "viewer"
    assert user.must_change_password is True
    assert check_password(user.password_hash, password)


def test_name_that_is_taken_is_told_at_its_field(client_as, alex):
    answer = send(client_as("admin"), "/users", {"name": "alex", "role": "viewer"})
    assert answer.status_code == 422
    assert "There is a user “alex” already" in answer.text


def test_role_is_changed(client_as, session, alex):
    client = client_as("admin")
    page = client.get(f"/users/{alex.id}")
    data = {"version": hidden(page, "version"), "role": "viewer", "is_enabled": "y"}
    assert send(client, f"/users/{alex.id}", data).status_code == 303
    assert stored(session, "alex").role == "viewer"


def test_form_that_somebody_overtook_shows_both_values(client_as, session, alex):
    client = client_as("admin")
    version = hidden(client.get(f"/users/{alex.id}"), "version")
    service.update_user(session, Actor("t"), alex, "viewer", is_enabled=True)
    session.commit()
    data = {"version": version, "role": "operator"}
    answer = send(client, f"/users/{alex.id}", data)
    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.text
    assert stored(session, "alex").role == "viewer"


def test_nobody_locks_out_themselves(client_as, session):
    client = client_as("admin")
    me = stored(session, "admin-user")
    version = hidden(client.get(f"/users/{me.id}"), "version")
    answer = send(client, f"/users/{me.id}", {"version": version, "role": "admin"})
    assert answer.status_code == 422
    assert "You cannot take away your own access" in answer.text
    assert stored(session, "admin-user").is_enabled


def test_reset_password_ends_the_sign_ins_and_is_shown_once(client_as, session, alex):
    sign_in = signed_in(session, alex)
    client = client_as("admin")
    assert "Give alex a new password?" in client.get(f"/users/{alex.id}/reset-password").text
    answer = send(client, f"/users/{alex.id}/reset-password")
    password = re.search(r'data-copy="(\w{20})"', answer.text)[1]
    assert check_password(stored(session, "alex").password_hash, password)
    assert session.get(SignIn, sign_in.id).ended_at is not None


def test_second_factors_of_who_lost_them_are_removed(client_as, session, sealer, alex):
    alex.totp_sealed = sealer.seal("JBSWY3DPEHPK3PXP")
    factor_service.renew_recovery_codes(session, Actor("t"), alex)
    sign_in = signed_in(session, alex)
    client = client_as("admin")
    assert send(client, f"/users/{alex.id}/remove-second-factors").status_code == 303
    user = stored(session, "alex")
    assert (user.totp_sealed, user.recovery_codes) == (None, [])
    assert session.get(SignIn, sign_in.id).ended_at is not None
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "user.remove_second_factors")
    ).one()
    assert entry.changes == {"authenticator app": [True, False], "passkeys": [0, 0]}


def test_user_is_signed_out_everywhere(client_as, session, alex):
    sign_in = signed_in(session, alex)
    client = client_as("admin")
    assert "Lynx from 192.0.2.7" in text_of(client.get(f"/users/{alex.id}"))
    send(client, f"/users/{alex.id}/end-sign-ins")
    assert stored(session, "alex") is not None
    assert session.get(SignIn, sign_in.id).ended_at is not None


@pytest.mark.parametrize("act", ["reset-password", "remove-second-factors", "end-sign-ins"])
def test_own_things_are_on_ones_own_page(client_as, session, act):
    client = client_as("admin")
    me = stored(session, "admin-user")
    assert client.get(f"/users/{me.id}/{act}").status_code == 404
    assert send(client, f"/users/{me.id}/{act}").status_code == 404


@pytest.mark.parametrize("path", ["", "/new", "/1", "/1/reset-password", "/1/end-sign-ins"])
def test_operators_see_nothing_of_it(client_as, path):
    assert client_as("operator").get(f"/users{path}").status_code == 403


def test_what_does_not_exist_is_not_found(client_as):
    assert client_as("admin").get("/users/99999").status_code == 404
