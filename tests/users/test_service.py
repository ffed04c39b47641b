from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from portal import security
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.extensions import Base
from portal.models import AuditEntry, User
from portal.users import service

ROOT = Actor("command line")
GOOD = "four unrelated words"


@pytest.fixture
def memory_session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def _alex(session: Session, must_change: bool = False) -> User:
    return service.create_user(session, ROOT, "alex", GOOD, "operator", must_change)


def test_user_is_created_with_a_hash_and_an_audit_entry(memory_session: Session) -> None:
    user = service.create_user(memory_session, ROOT, " Alex ", GOOD, "operator")
    assert user.name == "alex"
    assert user.password_hash.startswith("$argon2id$")
    entry = memory_session.scalars(select(AuditEntry)).one()
    assert entry.action == "user.create"
    assert entry.changes == {"name": [None, "alex"], "role": [None, "operator"]}


def test_name_is_taken_in_any_case(memory_session: Session) -> None:
    _alex(memory_session)
    with pytest.raises(RuleBroken, match="There is a user “alex” already") as broken:
        service.create_user(memory_session, ROOT, "ALEX", GOOD, "viewer")
    assert broken.value.field == "name"


@pytest.mark.parametrize("name", ["", "two words", "a\nb", "x" * 101])
def test_odd_name_is_refused(memory_session: Session, name: str) -> None:
    with pytest.raises(RuleBroken, match="A name is") as broken:
        service.create_user(memory_session, ROOT, name, GOOD, "viewer")
    assert broken.value.field == "name"


def test_unknown_role_is_refused(memory_session: Session) -> None:
    with pytest.raises(RuleBroken, match="“boss” is no role") as broken:
        service.create_user(memory_session, ROOT, "alex", GOOD, "boss")
    assert broken.value.field == "role"


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("elevenchars", "at least 12 characters"),
        ("x" * 257, "at most 256 characters"),
        ("Password1234!", "one of the first to be guessed"),
        ("123456789012", "one of the first to be guessed"),
        ("aaaaaaaaaaaaaa", "one of the first to be guessed"),
        ("alexandra2026", "more than the name"),
    ],
)
def test_weak_password_is_refused(password: str, sentence: str) -> None:
    with pytest.raises(RuleBroken, match=sentence) as broken:
        service.check_rules(password, "alexandra")
    assert broken.value.field == "password"


def test_password_that_holds_a_short_name_by_chance_is_fine() -> None:
    service.check_rules("bobsleigh on dry snow", "bob")


def test_changing_the_password_ends_other_sign_ins(memory_session: Session) -> None:
    user = _alex(memory_session, must_change=True)
    stamp = user.session_stamp
    service.change_own_password(memory_session, Actor("alex"), user, GOOD, "quite another sentence")
    assert user.session_stamp != stamp
    assert user.must_change_password is False
    assert security.check_password(user.password_hash, "quite another sentence")
    entry = memory_session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.action == "user.change_password"
    assert entry.changes == {"password": [None, "changed"]}


def test_own_password_is_changed_only_by_who_knows_the_present_one(memory_session: Session) -> None:
    user = _alex(memory_session)
    with pytest.raises(RuleBroken, match="not your present password") as broken:
        service.change_own_password(memory_session, ROOT, user, "wrong", "quite another sentence")
    assert broken.value.field == "present"


def test_same_password_again_is_refused(memory_session: Session) -> None:
    user = _alex(memory_session)
    with pytest.raises(RuleBroken, match="This is the present password"):
        service.change_password(memory_session, ROOT, user, GOOD)


def test_password_of_somebody_else_must_be_changed_at_once(memory_session: Session) -> None:
    user = _alex(memory_session)
    service.change_password(memory_session, ROOT, user, "quite another sentence", must_change=True)
    assert user.must_change_password is True


def test_sign_in_is_recorded(memory_session: Session) -> None:
    user = _alex(memory_session)
    service.record_sign_in(memory_session, Actor("alex", "192.0.2.7"), user)
    memory_session.flush()
    assert user.last_sign_in_at is not None
    entry = memory_session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.address) == ("user.sign_in", "192.0.2.7")
