from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.errors import RuleBroken
from portal.extensions import Base
from portal.models import AuditEntry, SignIn, User
from portal.models.base import utc_now
from portal.passwords import check_password
from portal.users import service, sign_in_service

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


def _signed_in(session: Session, user: User, key: str) -> SignIn:
    actor = Actor(user.name, "192.0.2.7")
    return sign_in_service.start(session, actor, user, "password", key, "", "", utc_now())


def test_changing_the_password_ends_other_sign_ins(memory_session: Session) -> None:
    user = _alex(memory_session, must_change=True)
    here, there = _signed_in(memory_session, user, "a"), _signed_in(memory_session, user, "b")
    service.change_own_password(
        memory_session, Actor("alex"), user, GOOD, "quite another sentence", but=here
    )
    assert here.ended_at is None
    assert there.ended_at is not None
    assert user.must_change_password is False
    assert check_password(user.password_hash, "quite another sentence")
    newest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)
    ended, changed = memory_session.scalars(newest)
    assert (ended.action, ended.changes) == ("user.end_sign_ins", {"sign-ins": [1, 0]})
    assert (changed.action, changed.changes) == (
        "user.change_password",
        {"password": [None, "changed"]},
    )


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


def test_user_without_password_cannot_be_guessed(memory_session: Session) -> None:
    user = service.create_user(memory_session, ROOT, "alex", None, "viewer")
    assert not check_password(user.password_hash, "")


def test_last_administrator_stays_one(memory_session: Session) -> None:
    root = service.create_user(memory_session, ROOT, "root", GOOD, "admin")
    away = service.create_user(memory_session, ROOT, "away", GOOD, "admin")
    service.update_user(memory_session, ROOT, away, "admin", is_enabled=False)
    with pytest.raises(RuleBroken, match="root is the only administrator") as broken:
        service.update_user(memory_session, ROOT, root, "operator", is_enabled=True)
    assert broken.value.field == "role"
    with pytest.raises(RuleBroken, match="root is the only administrator") as broken:
        service.update_user(memory_session, ROOT, root, "admin", is_enabled=False)
    assert broken.value.field == "is_enabled"
    service.update_user(memory_session, ROOT, away, "admin", is_enabled=True)
    service.update_user(memory_session, ROOT, root, "operator", is_enabled=True)
    assert root.role == "operator"


def test_nobody_takes_away_their_own_access(memory_session: Session) -> None:
    service.create_user(memory_session, ROOT, "root", GOOD, "admin")
    alex = service.create_user(memory_session, ROOT, "alex", GOOD, "admin")
    with pytest.raises(RuleBroken, match="ask another administrator"):
        service.update_user(memory_session, Actor("alex"), alex, "viewer", is_enabled=True)


def test_who_is_disabled_is_signed_out(memory_session: Session) -> None:
    user = _alex(memory_session)
    sign_in = _signed_in(memory_session, user, "a")
    service.update_user(memory_session, ROOT, user, "viewer", is_enabled=False)
    assert sign_in.ended_at is not None
    entries = memory_session.scalars(select(AuditEntry).where(AuditEntry.action == "user.update"))
    assert entries.one().changes == {"role": ["operator", "viewer"], "enabled": [True, False]}


def test_reset_password_is_good_for_once(memory_session: Session) -> None:
    user = _alex(memory_session)
    sign_in = _signed_in(memory_session, user, "a")
    password = service.reset_password(memory_session, ROOT, user)
    assert check_password(user.password_hash, password)
    assert user.must_change_password is True
    assert sign_in.ended_at is not None
