"""Writing users: one function a verb; rules and audit."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy.orm import Session

from portal import audit, crypto, security
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import User
from portal.models.base import utc_now
from portal.users import queries

LEAST_LENGTH = 12
MOST_LENGTH = 256

# Such as alex, alex.meyer@example.com
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
# What lists of leaked passwords begin with, without the digits and signs that people append.
_COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())
_DIGIT_RUNS = "01234567890123456789", "98765432109876543210"


def create_user(
    session: Session,
    actor: Actor,
    name: str,
    password: str,
    role: str,
    must_change: bool = False,
) -> User:
    """Add a user. Names are stored in lower case.

    Raises RuleBroken on "name", "password" or "role".
    """
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise RuleBroken("A name is up to 100 letters, digits and . _ @ + -", "name")
    if queries.find_user_named(session, name):
        raise RuleBroken(f"There is a user “{name}” already", "name")
    if role not in security.ROLES:
        raise RuleBroken(f"“{role}” is no role: choose {', '.join(security.ROLES)}", "role")
    check_rules(password, name)
    user = User(
        name=name,
        password_hash=security.hash_password(password),
        role=role,
        must_change_password=must_change,
        session_stamp=crypto.new_token(),
    )
    session.add(user)
    session.flush()
    audit.record(session, actor, "user.create", user, {"name": (None, name), "role": (None, role)})
    return user


def change_password(
    session: Session, actor: Actor, user: User, password: str, must_change: bool = False
) -> None:
    """Give `user` another password and end all sign-ins. Raises RuleBroken on "password".

    `must_change`: somebody else chose it, so the user is asked for an own one after signing in.
    """
    check_rules(password, user.name)
    if security.check_password(user.password_hash, password):
        raise RuleBroken("This is the present password; choose another one", "password")
    user.password_hash = security.hash_password(password)
    user.session_stamp = crypto.new_token()
    user.must_change_password = must_change
    changes = {"password": (None, audit.CHANGED)}
    audit.record(session, actor, "user.change_password", user, changes)


def change_own_password(
    session: Session, actor: Actor, user: User, present: str, password: str
) -> None:
    """As `change_password`, by the user. Raises RuleBroken also on "present"."""
    if not security.check_password(user.password_hash, present):
        raise RuleBroken("This is not your present password", "present")
    change_password(session, actor, user, password)


def record_sign_in(session: Session, actor: Actor, user: User) -> None:
    """Note that `user` signed in."""
    user.last_sign_in_at = utc_now()
    audit.record(session, actor, "user.sign_in", user, {})


def check_rules(password: str, name: str) -> None:
    """Raise RuleBroken on "password" unless it is one that the user `name` may have."""
    if len(password) < LEAST_LENGTH:
        raise RuleBroken(
            f"A password has at least {LEAST_LENGTH} characters; four unrelated words are good",
            "password",
        )
    if len(password) > MOST_LENGTH:
        raise RuleBroken(f"A password has at most {MOST_LENGTH} characters", "password")
    plain = password.lower()
    if len(plain.replace(name.lower(), "")) < LEAST_LENGTH // 2:
        raise RuleBroken("A password is more than the name; choose another one", "password")
    if _is_common(plain):
        raise RuleBroken("This password is one of the first to be guessed", "password")


def _is_common(plain: str) -> bool:
    digits = re.sub(r"\D", "", plain)
    is_run = digits == plain and any(digits in run for run in _DIGIT_RUNS)
    word = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", plain)
    return len(set(plain)) < 5 or is_run or word in _COMMON or plain in _COMMON
