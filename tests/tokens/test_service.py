from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import crypto
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import ApiToken, AuditEntry
from portal.tokens import queries, service
from portal.tokens.rights import may, offered_to, state_of
from portal.users import service as users

NOW = datetime(2026, 2, 14, 12, 0, tzinfo=UTC)


def make_user(session, role="admin", name="ann"):
    return users.create_user(session, Actor("t"), name, "four unrelated words", role)


def make_token(session, user, *scopes, name="billing", days=90, now=NOW):
    return service.create_token(session, Actor("ann"), now, user, name, scopes or ["read"], days)


def test_token_has_a_known_beginning_and_160_bits_and_only_its_hash_is_stored(session):
    token, text = make_token(session, make_user(session))
    assert re.fullmatch(r"pat_[a-z2-7]{32}", text)
    assert token.token_hash == crypto.digest_of(text)
    assert token.ending == text[-4:]
    columns = ApiToken.__table__.columns
    assert text not in repr([getattr(token, column.name) for column in columns])
    assert queries.find_by_text(session, text) is token
    assert queries.find_by_text(session, text[:-1]) is None


def test_two_tokens_differ(session):
    user = make_user(session)
    assert make_token(session, user)[1] != make_token(session, user, name="other")[1]


def test_making_and_revoking_are_audited_without_the_token(session):
    token, text = make_token(session, make_user(session), "read", "devices")
    service.revoke_token(session, Actor("ann"), NOW, token)
    session.flush()
    made, revoked = session.scalars(
        select(AuditEntry).where(AuditEntry.action.startswith("token.")).order_by(AuditEntry.id)
    )
    assert (made.action, revoked.action) == ("token.create", "token.revoke")
    assert made.object_name == "billing"
    assert made.changes == {
        "user": [None, "ann"],
        "scopes": [None, ["read", "devices"]],
        "expires": [None, "2026-05-15T12:00:00+00:00"],
    }
    assert text not in str(made.changes)
    assert token.token_hash not in str(made.changes)


@pytest.mark.parametrize("days", [0, -1, 366, 100_000])
def test_token_holds_for_a_year_at_most(session, days):
    with pytest.raises(RuleBroken, match="1 to 365 days") as caught:
        make_token(session, make_user(session), days=days)
    assert caught.value.field == "days"


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("viewer", ["read"]),
        ("operator", ["read", "devices", "imports"]),
        (
            "admin",
            ["read", "devices", "accounts", "customers", "profiles", "imports", "secrets"],
        ),
    ],
)
def test_role_is_offered_the_scopes_that_it_can_use(role, scopes):
    assert offered_to(role) == scopes


@pytest.mark.parametrize(
    ("scopes", "sentence"),
    [
        ([], "Choose at least one scope"),
        (["everything"], "“everything” is no scope: choose read, devices"),
        (["read", "profiles"], "ann is operator and may do nothing of the scope “profiles”"),
    ],
)
def test_scopes_that_cannot_be_had_are_refused(session, scopes, sentence):
    user = make_user(session, "operator")
    with pytest.raises(RuleBroken, match=sentence) as caught:
        service.create_token(session, Actor("t"), NOW, user, "x", scopes)
    assert caught.value.field == "scopes"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\nb"])
def test_token_has_a_name_of_one_line(session, name):
    with pytest.raises(RuleBroken) as caught:
        make_token(session, make_user(session), name=name)
    assert caught.value.field == "name"


def test_name_is_free_again_once_its_token_is_dead(session):
    user = make_user(session)
    first, _ = make_token(session, user)
    with pytest.raises(RuleBroken, match="has a token “Billing” already"):
        make_token(session, user, name="Billing")
    service.revoke_token(session, Actor("t"), NOW, first)
    second, _ = make_token(session, user, days=1)
    make_token(session, user, now=NOW + timedelta(days=2))
    assert state_of(second, NOW + timedelta(days=2)) == "expired"


def test_revoking_twice_is_said(session):
    token, _ = make_token(session, make_user(session))
    service.revoke_token(session, Actor("t"), NOW, token)
    with pytest.raises(RuleBroken, match="is revoked already"):
        service.revoke_token(session, Actor("t"), NOW, token)


def test_state_says_why_a_token_is_dead(session):
    user = make_user(session)
    token, _ = make_token(session, user, days=2)
    assert state_of(token, NOW) == "in force"
    assert state_of(token, NOW + timedelta(days=2)) == "expired"
    user.is_enabled = False
    assert state_of(token, NOW) == "user disabled"
    user.is_enabled = True
    assert state_of(token, NOW) == "in force"
    service.revoke_token(session, Actor("t"), NOW, token)
    assert state_of(token, NOW) == "revoked"


def test_rights_are_those_of_scope_and_present_role(session):
    user = make_user(session)
    token, _ = make_token(session, user, "devices")
    assert may(token, "device.delete")
    assert not may(token, "account.edit")
    user.role = "operator"
    assert may(token, "device.edit")
    assert not may(token, "device.delete")
    user.role = "viewer"
    assert may(token, "device.view")
    assert not may(token, "device.edit")


def test_scope_that_exists_no_more_gives_nothing(session):
    token, _ = make_token(session, make_user(session))
    token.scopes = ["everything"]
    assert not may(token, "device.view")


def test_tokens_go_with_their_user(session):
    user = make_user(session)
    make_token(session, user)
    session.commit()
    session.expunge_all()
    session.delete(session.get(type(user), user.id))
    session.commit()
    assert session.scalars(select(ApiToken)).all() == []
