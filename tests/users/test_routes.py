"""Signing in, second step, slowing: as a browser does it, over the whole app."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import g
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from portal import create_app
from portal.audit import Actor
from portal.extensions import db
from portal.models import AuditEntry, Guess, SignIn
from portal.models.base import utc_now
from portal.users import factor_service, service, sign_in_service
from tests.browsing import text_of
from tests.users.authenticator import Authenticator

PASSWORD = "four unrelated words"
HOST = "https://portal.test"


@pytest.fixture
def alex(session):
    user = service.create_user(session, Actor("tests"), "alex", PASSWORD, "operator")
    session.commit()
    return user


@pytest.fixture
def app_key(session, sealer, alex):
    """Set up an authenticator app for alex, and return it."""
    key = pyotp.TOTP(pyotp.random_base32())
    alex.totp_sealed = sealer.seal(key.secret)
    session.commit()
    return key


def forget_the_last_request():
    """The fixture's app context spans all requests of a test; in service each has its own."""
    for name in list(g):
        g.pop(name)


def stop_the_clock(session):
    """Let no wait run out while a slow machine tests."""
    session.rollback()
    for guess in session.scalars(select(Guess)):
        guess.last_at += timedelta(minutes=10)
    session.commit()


class Person:
    """A browser at an address."""

    def __init__(self, app, address="192.0.2.7"):
        self.client = app.test_client()
        self.where = {"base_url": HOST, "environ_base": {"REMOTE_ADDR": address}}

    def get(self, path):
        forget_the_last_request()
        return self.client.get(path, **self.where)

    def post(self, path, **data):
        page = self.get("/sign-in")
        if page.status_code == 303:
            page = self.get("/password")
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)[1]
        forget_the_last_request()
        return self.client.post(path, data={"csrf_token": token, **data}, **self.where)

    def sign_in(self, name="alex", password=PASSWORD, **more):
        return self.post("/sign-in", name=name, password=password, **more)

    def is_in(self):
        return self.get("/devices").status_code == 200

    def forget_the_browser(self):
        self.client.delete_cookie("__Host-portal-browser", domain="portal.test")


@pytest.fixture
def person(app):
    return Person(app)


def actions(session):
    session.rollback()
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [entry.action for entry in entries if entry.action.startswith("user.sign")]


def question_of(page):
    return html.unescape(re.search(r'data-passkey="([^"]+)"', page.text)[1])


def test_sign_in_says_where_from_how_and_in_what(session, person, alex):
    assert person.sign_in().status_code == 303
    assert person.is_in()
    session.rollback()
    sign_in = session.scalars(select(SignIn)).one()
    assert (sign_in.address, sign_in.how) == ("192.0.2.7", "password")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.sign_in")).one()
    assert (entry.actor, entry.address, entry.changes) == (
        "alex",
        "192.0.2.7",
        {"how": [None, "password"]},
    )


def test_cookie_holds_no_key_that_the_database_holds(session, person, alex):
    person.sign_in()
    with person.client.session_transaction(base_url=HOST) as cookie:
        key = cookie["key"]
    session.rollback()
    assert session.scalars(select(SignIn.key_hash)).one() != key


def test_code_of_the_app_is_asked_after_the_password(session, person, app_key):
    asked = person.sign_in()
    assert "One more step" in asked.text
    assert not person.is_in()
    assert person.post("/sign-in/code", code=app_key.now()).status_code == 303
    assert person.is_in()
    session.rollback()
    assert session.scalars(select(SignIn.how)).one() == "password and app code"


def test_page_of_the_second_step_can_be_loaded_again(person, app_key):
    person.sign_in()
    assert "One more step" in person.get("/sign-in/code").text
    person.post("/sign-in/code", code=app_key.now())
    assert person.get("/sign-in/code").location == "/sign-in"


def test_code_is_good_once(app, person, app_key):
    code = app_key.now()
    person.sign_in()
    person.post("/sign-in/code", code=code)
    other = Person(app)
    other.sign_in()
    assert other.post("/sign-in/code", code=code).status_code == 422
    assert not other.is_in()


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_clock_may_be_off_by_one_step(session, sealer, alex, app_key, steps, fits):
    now = utc_now()
    code = app_key.at(now + timedelta(seconds=30 * steps))
    taken = factor_service.take_code(session, sealer, alex, code, now)
    assert (taken == "app code") is fits


def test_second_step_without_the_first_leads_back(person, app_key):
    answer = person.post("/sign-in/code", code=app_key.now())
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not person.is_in()


def test_password_that_changed_meanwhile_voids_the_first_step(session, person, alex, app_key):
    person.sign_in()
    service.reset_password(session, Actor("t"), alex)
    session.commit()
    assert person.post("/sign-in/code", code=app_key.now()).location == "/sign-in"


def test_what_was_typed_survives_both_steps(person, app_key):
    kept = {"kept-target": "/customers", "kept-form": "1", "kept:name": "Typed Ltd"}
    asked = person.sign_in(**kept)
    assert '<input type="hidden" name="kept:name" value="Typed Ltd">' in asked.text
    wrong = person.post("/sign-in/code", code="000000", **kept)
    assert '<input type="hidden" name="kept:name" value="Typed Ltd">' in wrong.text
    done = person.post("/sign-in/code", code=app_key.now(), **kept)
    assert "You are signed in again" in done.text
    assert '<input type="hidden" name="name" value="Typed Ltd">' in done.text


def test_recovery_code_is_good_once_in_any_spelling(app, session, person, alex, app_key):
    codes = factor_service.renew_recovery_codes(session, Actor("t"), alex)
    session.commit()
    person.sign_in()
    typed = codes[3].replace("-", " ").upper()
    assert person.post("/sign-in/code", code=typed).status_code == 303
    assert "9 recovery codes are left" in person.get("/devices").text
    other = Person(app)
    other.sign_in()
    assert other.post("/sign-in/code", code=codes[3]).status_code == 422


def test_guessing_slows_says_how_long_and_keeps_the_name(session, person, alex):
    for _ in range(5):
        assert person.sign_in(password="wrong").status_code == 422
    stop_the_clock(session)
    answer = person.sign_in(password="wrong")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert "Wait 2 seconds, then try again" in answer.text
    assert 'value="alex"' in answer.text
    assert person.sign_in().status_code == 429  # the right one waits as well, or it would be told
    assert actions(session) == ["user.sign_in_failed", "user.sign_in_slowed"]


def test_right_password_after_the_wait_lets_in(session, person, alex):
    for _ in range(5):
        person.sign_in(password="wrong")
    for guess in session.scalars(select(Guess)):
        guess.last_at -= timedelta(seconds=60)
    session.commit()
    assert person.sign_in().status_code == 303
    assert person.is_in()


def test_unknown_names_are_slowed_alike_and_not_kept(session, person, alex):
    for _ in range(5):
        assert person.sign_in(name="hunter2hunter2", password="x").status_code == 422
    stop_the_clock(session)
    assert person.sign_in(name="hunter2hunter2", password="x").status_code == 429
    session.rollback()
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("user.sign_in%")))
    assert {entry.object_name for entry in entries} == {"unknown name"}
    assert "hunter2" not in " ".join(session.scalars(select(Guess.key)))


def test_flood_over_many_names_leaves_few_audit_entries(session, app, alex):
    person = Person(app)
    for number in range(30):
        person.sign_in(name=f"name{number}", password="x")
    assert actions(session) == ["user.sign_in_failed", "user.sign_in_slowed"]


def test_owner_gets_in_where_they_did_before_whoever_guesses(app, session, alex):
    owner, colleague = Person(app), Person(app)
    owner.sign_in()
    owner.post("/sign-out")
    for _ in range(5):
        colleague.sign_in(password="wrong")  # behind the same address
    stop_the_clock(session)
    assert colleague.sign_in().status_code == 429
    assert owner.sign_in().status_code == 303
    assert owner.is_in()


def test_owner_at_a_known_address_minds_no_guesses_from_elsewhere(app, session, alex):
    owner = Person(app)
    owner.sign_in()
    owner.post("/sign-out")
    owner.forget_the_browser()
    for number in range(12):
        Person(app, f"198.51.100.{number}").sign_in(password="wrong")
    stop_the_clock(session)
    assert Person(app, "203.0.113.9").sign_in().status_code == 429
    assert owner.sign_in().status_code == 303


def test_codes_are_slowed_too(session, person, app_key):
    person.sign_in()
    for _ in range(5):
        assert person.post("/sign-in/code", code="000000").status_code == 422
    stop_the_clock(session)
    answer = person.post("/sign-in/code", code=app_key.now())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert not person.is_in()


def test_present_password_cannot_be_guessed_at_an_open_desk(session, person, alex):
    person.sign_in()
    typed = {"present": "wrong", "password": "quite another sentence"}
    typed["again"] = typed["password"]
    for _ in range(5):
        assert person.post("/password", **typed).status_code == 422
    stop_the_clock(session)
    assert person.post("/password", **typed).status_code == 429


def test_signing_out_ends_the_sign_in_and_is_noted(session, person, alex):
    person.sign_in()
    person.post("/sign-out")
    assert not person.is_in()
    assert actions(session) == ["user.sign_in", "user.sign_out"]
    assert session.scalars(select(SignIn.ended_at)).one() is not None


@pytest.fixture
def key(person, alex):
    """Add a passkey for alex, and sign out."""
    key = Authenticator()
    person.sign_in()
    made = key.make(question_of(person.get("/me/passkeys/new")))
    shown = person.post("/me/passkeys", answer=made, name="Laptop")
    assert "Your recovery codes" in shown.text
    person.post("/sign-out")
    return key


def give(person, path, answer):
    """Send a passkey's answer, without asking for another page, which would ask it anew."""
    with person.client.session_transaction(base_url=HOST) as cookie:
        raw = cookie["csrf_token"]
    signer = URLSafeTimedSerializer(person.client.application.secret_key, "wtf-csrf-token")
    forget_the_last_request()
    data = {"answer": answer, "csrf_token": signer.dumps(raw)}
    return person.client.post(path, data=data, **person.where)


def test_passkey_alone_signs_in(session, person, key):
    answer = key.sign(question_of(person.get("/sign-in")))
    assert give(person, "/sign-in/passkey", answer).location == "/"
    assert person.is_in()
    session.rollback()
    assert session.scalars(select(SignIn.how)).all()[-1] == "passkey"


def test_passkey_alone_must_be_unlocked(person, key):
    answer = key.sign(question_of(person.get("/sign-in")), unlocked=False)
    refused = give(person, "/sign-in/passkey", answer)
    assert refused.status_code == 422
    assert "The passkey was not recognised" in refused.text


def test_passkey_after_the_password_need_not_be_unlocked(person, key):
    asked = person.sign_in()
    answer = key.sign(question_of(asked), unlocked=False)
    assert give(person, "/sign-in/code/passkey", answer).status_code == 303
    assert person.is_in()


def test_recorded_answer_is_no_use(app, session, person, key):
    page = person.get("/sign-in")
    with person.client.session_transaction(base_url=HOST) as cookie:
        before = dict(cookie)
    answer = key.sign(question_of(page))
    give(person, "/sign-in/passkey", answer)
    thief = Person(app)
    with thief.client.session_transaction(base_url=HOST) as cookie:
        cookie.update(before)  # even with the cookie that the question was asked with
    assert give(thief, "/sign-in/passkey", answer).status_code == 422
    assert not thief.is_in()


def test_answer_to_another_question_is_refused(person, key):
    old = key.sign(question_of(person.get("/sign-in")))
    person.get("/sign-in")
    assert give(person, "/sign-in/passkey", old).status_code == 422


def test_answer_that_comes_too_late_is_refused(person, key):
    answer = key.sign(question_of(person.get("/sign-in")))
    with person.client.session_transaction(base_url=HOST) as cookie:
        cookie["challenge"] = {**cookie["challenge"], "at": cookie["challenge"]["at"] - 301}
    refused = give(person, "/sign-in/passkey", answer)
    assert "The page was open for too long" in refused.text


def test_answer_made_for_another_site_is_refused(person, key):
    key.origin = "https://portal.test.evil.example"
    answer = key.sign(question_of(person.get("/sign-in")))
    assert give(person, "/sign-in/passkey", answer).status_code == 422


@pytest.mark.parametrize("answer", ["", "{}", "[]", "nonsense", '{"id": 7}'])
def test_nonsense_in_place_of_an_answer_is_refused(person, key, answer):
    person.get("/sign-in")
    refused = give(person, "/sign-in/passkey", answer)
    assert refused.status_code == 422
    assert "does not know this passkey" in refused.text


def test_passkey_of_somebody_else_is_no_second_step(session, person, key, sealer):
    sam = service.create_user(session, Actor("tests"), "sam", PASSWORD, "admin")
    sam.totp_sealed = sealer.seal(pyotp.random_base32())
    session.commit()
    person.sign_in("sam")
    answer = key.sign(question_of(person.get("/sign-in")))
    refused = give(person, "/sign-in/code/passkey", answer)
    assert refused.status_code == 422
    assert "not one of yours" in refused.text


def test_disabled_user_has_no_way_in(session, person, alex, key):
    service.update_user(session, Actor("t"), alex, "operator", is_enabled=False)
    session.commit()
    answer = key.sign(question_of(person.get("/sign-in")))
    assert give(person, "/sign-in/passkey", answer).status_code == 422
    assert person.sign_in().status_code == 422


def test_ended_sign_ins_do_not_make_a_browser_unknown(session, alex):
    started = sign_in_service.start(
        session, Actor("alex", "192.0.2.7"), alex, "password", "k", "mark", "", utc_now()
    )
    started.ended_at = utc_now()
    place = sign_in_service.place_of(session, alex, "198.51.100.1", "mark")
    assert (place.knows_browser, place.knows_address) == (True, False)
    assert not sign_in_service.place_of(session, None, "192.0.2.7", "mark").knows_address


def test_mark_of_the_browser_is_locked_to_this_host(person, alex):
    cookies = person.sign_in().headers.getlist("Set-Cookie")
    mark = next(text for text in cookies if text.startswith("__Host-portal-browser="))
    for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=15552000"):
        assert attribute in mark
    assert "Domain" not in mark


def test_page_under_another_name_says_where_passkeys_work(client_as):
    elsewhere = client_as("").get("/sign-in", base_url="https://127.0.0.1:8443").text
    assert 'href="https://portal.test/sign-in"' in elsewhere
    assert "Use a passkey" not in elsewhere


def test_banner_says_that_nobody_is_asked_for_a_second_factor(config):
    for given, sentence in (
        ({}, None),
        ({"second_factor": "off"}, "Remove PORTAL_SECOND_FACTOR from the configuration"),
        ({"public_url": ""}, "Trial on this machine"),
    ):
        app = create_app(replace(config, **given))
        page = text_of(app.test_client().get("/sign-in"))
        assert ("Nobody is asked" in page or "nobody is asked" in page) is (sentence is not None)
        assert (sentence or "") in page
        with app.app_context():
            db.engine.dispose()
