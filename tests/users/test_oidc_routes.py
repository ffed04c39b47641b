"""Single sign-on against a real provider, a process of its own on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import select

from portal import create_app
from portal.audit import Actor
from portal.extensions import db
from portal.models import AuditEntry, SignIn, User
from portal.users import service
from tests.browsing import text_of
from tests.end_to_end.running import free_port, wait_for

HOST = "https://portal.test"
PEOPLE = [
    {"sub": "1001", "preferred_username": "alex", "groups": ["support", "everybody"]},
    {"sub": "1002", "preferred_username": "sam", "groups": ["cn=boss,dc=example", "support"]},
    {"sub": "1003", "preferred_username": "kim", "groups": ["canteen"]},
    {"sub": "1004"},
]


@pytest.fixture(scope="module")
def issuer():
    port = free_port()
    claims = [part for person in PEOPLE for part in ("--user-claims", json.dumps(person))]
    provider = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    wait_for("the provider answers", lambda: answers(address))
    yield address
    provider.terminate()
    provider.wait(timeout=10)


def answers(address):
    try:
        with urllib.request.urlopen(address + "/jwks", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


@pytest.fixture
def oidc(config, issuer, tmp_path):
    """Return a function that makes a client of a portal with this configuration."""
    apps = []

    def make(**more):
        secret = tmp_path / "client.secret"
        secret.write_text("between us\n")
        given = {
            "oidc_issuer": issuer,
            "oidc_client_id": "portal",
            "oidc_client_secret_file": secret,
            "oidc_name": "Example ID",
            **more,
        }
        app = create_app(replace(config, **given))
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def begin(client, path="/sign-in/oidc?next=/customers"):
    answer = client.get(path, base_url=HOST)
    assert answer.status_code == 303, text_of(answer)
    return answer.location


def agree(address, sub):
    """Sign in at the provider as `sub`; returns the path that it sends the browser back to."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == HOST + "/sign-in/oidc/callback"
    return f"{back.path}?{back.query}"


def come_back(client, path):
    return client.get(path, base_url=HOST)


def sign_in(client, sub):
    return come_back(client, agree(begin(client), sub))


def is_in(client):
    return client.get("/customers", base_url=HOST).status_code == 200


@pytest.fixture
def alex(session):
    user = service.create_user(session, Actor("t"), "alex", "four unrelated words", "admin")
    session.commit()
    return user


def test_user_comes_in_with_the_role_they_have_here(session, oidc, alex):
    client = oidc()
    page = client.get("/sign-in?next=/customers", base_url=HOST)
    assert "Sign in with Example ID" in text_of(page)
    answer = sign_in(client, "1001")
    assert (answer.status_code, answer.location) == (303, "/customers")
    assert is_in(client)  # the provider's second factor is enough for an administrator
    session.rollback()
    assert session.scalars(select(SignIn.how)).all() == ["single sign-on"]
    session.refresh(alex)
    assert alex.role == "admin"
    assert alex.oidc_subject.endswith(" 1001")
    actions = select(AuditEntry.action).where(AuditEntry.object_name == "alex")
    assert session.scalars(actions.order_by(AuditEntry.id)).all() == [
        "user.create",
        "user.link",
        "user.sign_in",
    ]


def test_who_is_no_user_stays_out(session, oidc):
    client = oidc()
    answer = sign_in(client, "1001")
    assert answer.status_code == 422
    assert "knows you as “alex”, but there is no such user here" in answer.text
    assert not is_in(client)
    session.rollback()
    assert session.scalars(select(User.name)).all() == ["root"]


def test_groups_make_users_and_decide_their_role_each_time(session, oidc):
    roles = "support=operator; cn=boss,dc=example = admin"
    client = oidc(oidc_roles=roles)
    sign_in(client, "1002")
    session.rollback()
    sam = session.scalars(select(User).where(User.name == "sam")).one()
    assert (sam.role, sam.password_hash) == ("admin", None)
    other = oidc(oidc_roles="support=viewer; other=admin")
    sign_in(other, "1002")
    session.rollback()
    session.refresh(sam)
    assert sam.role == "viewer"


def test_who_is_in_none_of_the_groups_stays_out(session, oidc):
    client = oidc(oidc_roles="support=operator")
    answer = sign_in(client, "1003")
    assert answer.status_code == 422
    assert "None of your groups at Example ID may use this portal" in answer.text
    session.rollback()
    assert session.scalars(select(User.name)).all() == ["root"]


def test_name_that_another_account_got_opens_nothing(session, oidc, alex):
    alex.oidc_subject = "https://elsewhere.example 77"
    session.commit()
    answer = sign_in(oidc(), "1001")
    assert answer.status_code == 422
    assert "given the name “alex” to somebody else" in answer.text


def test_disabled_user_stays_out(session, oidc, alex):
    alex.is_enabled = False
    session.commit()
    answer = sign_in(oidc(), "1001")
    assert "is disabled here" in answer.text


def test_account_without_a_name_is_told_what_lacks(oidc, alex):
    answer = sign_in(oidc(), "1004")
    assert answer.status_code == 422
    assert "lacks “preferred_username”" in answer.text


def test_email_that_nobody_verified_is_no_name(oidc, alex):
    answer = sign_in(oidc(oidc_user_claim="sub"), "1001")
    assert "there is no such user" in answer.text
    client = oidc(oidc_user_claim="email")
    path = agree(begin(client), "alex@example.net")  # the provider makes who is new
    assert "does not say that your email address is really yours" in come_back(client, path).text


@pytest.mark.parametrize(("bend", "why"), [("state", "another sign-in"), ("nonce", "not prove")])
def test_answer_to_another_question_is_refused(oidc, alex, bend, why):
    client = oidc()
    path = agree(begin(client), "1001")
    with client.session_transaction(base_url=HOST) as cookie:
        told = cookie["oidc"]
        told["question"][bend] = "of somebody else"
        cookie["oidc"] = told
    answer = come_back(client, path)
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert not is_in(client)


def test_answer_is_good_once(oidc, alex):
    client, thief = oidc(), oidc()
    path = agree(begin(client), "1001")
    with client.session_transaction(base_url=HOST) as cookie:
        before = dict(cookie)
    assert come_back(client, path).status_code == 303
    assert "finished or given up already" in come_back(client, path).text
    with thief.session_transaction(base_url=HOST) as cookie:
        cookie.update(before)
    assert come_back(thief, path).status_code == 422
    assert not is_in(thief)


def test_answer_that_comes_too_late_is_refused(oidc, alex):
    client = oidc()
    path = agree(begin(client), "1001")
    with client.session_transaction(base_url=HOST) as cookie:
        cookie["oidc"] = {**cookie["oidc"], "at": cookie["oidc"]["at"] - 601}
    assert come_back(client, path).status_code == 422
    assert not is_in(client)


def test_person_who_refuses_there_is_told_so(oidc, alex):
    client = oidc()
    address = begin(client)
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = come_back(client, f"/sign-in/oidc/callback?error=access_denied&state={state}")
    assert "Example ID did not sign you in" in answer.text


def test_provider_that_is_down_gets_one_sentence(oidc, alex):
    client = oidc(oidc_issuer=f"http://127.0.0.1:{free_port()}")
    answer = client.get("/sign-in/oidc", base_url=HOST)
    assert answer.status_code == 422
    assert "Example ID does not answer as it should" in answer.text
    assert 'name="password"' in answer.text


def test_secret_is_shown_to_who_proved_themselves_there_again(session, oidc, alex):
    client = oidc()
    sign_in(client, "1001")
    session.rollback()
    sign_in_row = session.scalars(select(SignIn)).one()
    sign_in_row.proved_at = sign_in_row.proved_at.replace(year=2020)
    session.commit()
    assert client.get("/me/app", base_url=HOST).location == "/proof?next=/me/app"
    page = client.get("/proof?next=/me/app", base_url=HOST)
    assert "Sign in again with Example ID" in text_of(page)
    address = begin(client, "/sign-in/oidc?next=/me/app")
    asked = parse_qs(urlsplit(address).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])


@pytest.mark.parametrize("path", ["/sign-in/oidc", "/sign-in/oidc/callback"])
def test_without_configuration_there_is_no_single_sign_on(client_as, path):
    client = client_as("")
    assert "oidc" not in client.get("/sign-in").text
    answer = client.get(path)
    assert answer.status_code == 422
    assert "This portal has no single sign-on" in answer.text
