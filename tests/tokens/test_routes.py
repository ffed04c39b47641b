from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import select

from portal.audit import Actor
from portal.models import ApiToken
from portal.tokens import service
from portal.users import queries as users
from portal.users import service as people
from tests.browsing import send, text_of


def token_in(page):
    return re.search(r"Bearer (pat_[a-z2-7]{32})", page.text)[1]


def make_token(session, user_name, name="theirs"):
    user = users.find_user_named(session, user_name)
    token, _ = service.create_token(session, Actor("t"), datetime.now(UTC), user, name, ["read"])
    session.commit()
    return token


def test_token_is_shown_once_and_opens_the_api(client_as, app):
    client = client_as("operator")
    given = {"name": "scanner", "scopes": ["read", "devices"], "days": "30"}
    made = send(client, "/tokens", given)
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    text = token_in(made)
    page = client.get("/tokens")
    assert text not in page.text
    assert f"…{text[-4:]}" in page.text
    assert "Read, Devices" in text_of(page)
    answer = app.test_client().get("/api/v1/devices", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200


def test_form_that_does_not_fit_keeps_what_was_typed(client_as):
    client = client_as("operator")
    answer = send(client, "/tokens", {"name": "scanner", "days": "30"})
    assert answer.status_code == 422
    assert "Choose at least one scope" in answer.text
    assert 'value="scanner"' in answer.text
    assert 'aria-describedby="scopes-error"' in answer.text
    assert "Name the program" in send(client, "/tokens", {"days": "30"}).text


def test_scopes_beyond_the_role_are_neither_offered_nor_taken(client_as):
    client = client_as("viewer")
    assert 'value="profiles"' not in client.get("/tokens").text
    answer = send(client, "/tokens", {"name": "x", "scopes": ["profiles"], "days": "30"})
    assert answer.status_code == 422
    assert "may do nothing of the scope “profiles”" in answer.text


def test_own_token_is_revoked_after_a_question(client_as, session):
    client = client_as("viewer")
    token = make_token(session, "viewer-user")
    question = client.get(f"/tokens/{token.id}/revoke")
    assert "Revoke the token “theirs”?" in text_of(question)
    assert session.scalars(select(ApiToken.revoked_at)).one() is None
    session.commit()
    answer = send(client, f"/tokens/{token.id}/revoke")
    assert (answer.status_code, answer.location) == (303, "/tokens")
    session.commit()
    session.refresh(token)
    assert token.revoked_at is not None
    again = send(client, f"/tokens/{token.id}/revoke")
    assert again.status_code == 303
    assert "is revoked already" in client.get("/tokens").text


def make_other(session):
    made = people.create_user(session, Actor("t"), "bob", "four unrelated words", "operator")
    return make_token(session, made.name, "scanner")


def test_tokens_of_others_are_not_for_everybody(client_as, session):
    client, theirs = client_as("operator"), make_other(session)
    assert client.get("/tokens/all").status_code == 403
    assert ">scanner<" not in client.get("/tokens").text
    assert client.get(f"/tokens/{theirs.id}/revoke").status_code == 403
    assert send(client, f"/tokens/{theirs.id}/revoke").status_code == 403


def test_administrators_see_and_revoke_everybodys_tokens(client_as, session):
    client, theirs = client_as("admin"), make_other(session)
    assert "scanner bob operator" in text_of(client.get("/tokens/all"))
    assert "of bob?" in client.get(f"/tokens/{theirs.id}/revoke").text
    answer = send(client, f"/tokens/{theirs.id}/revoke")
    assert (answer.status_code, answer.location) == (303, "/tokens/all")


def test_stranger_is_sent_to_sign_in(client_as):
    assert client_as("").get("/tokens").status_code == 303


def test_menu_leads_to_the_tokens(client_as):
    assert 'href="/tokens"' in client_as("viewer").get("/devices").text
