"""Writing users: one function a verb; rules and audit."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy.orm import Session

from portal import audit, crypto, security
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import SignIn, User
from portal.models.base import utc_now
from portal.passwords import check_password, hash_password
from portal.users import queries, sign_in_service

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
    password: str | None,
    role: str,
    must_change: bool = False,
) -> User:
    """Add a user. Names are stored in lower case; who has no password comes by single sign-on.

    Raises RuleBroken on "name", "password" or "role".
    """
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise RuleBroken("A name is up to 100 letters, digits and . _ @ + -", "name")
    if queries.find_user_named(session, name):
        raise RuleBroken(f"There is a user “{name}” already", "name")
    _check_role(role)
    if password is not None:
        check_rules(password, name)
    user = User(
        name=name,
        password_hash=None if password is None else hash_password(password),
        role=role,
        must_change_password=must_change,
    )
    session.add(user)
    session.flush()
    audit.record(session, actor, "user.create", user, {"name": (None, name), "role": (None, role)})
    return user


def update_user(session: Session, actor: Actor, user: User, role: str, is_enabled: bool) -> None:
    """Give `user` a role, let in or keep out. Who is kept out is signed out everywhere.

    Raises RuleBroken on "role" or "is_enabled": nobody locks out themselves, or all administrators.
    """
    _check_role(role)
    before = {"role": user.role, "enabled": user.is_enabled}
    loses_admin = user.role == security.ADMIN and user.is_enabled and not is_enabled
    is_lowered = user.role == security.ADMIN and role != security.ADMIN
    field = "is_enabled" if not is_enabled else "role"
    if role == security.ADMIN and user.is_limited:
        raise RuleBroken(
            f"{user.name} is limited to some customers, which an administrator cannot be; choose "
            f"all customers as well, or first: portal user limit {user.name} --none",
            "role",
        )
    if actor.name == user.name and (is_lowered or not is_enabled):
        raise RuleBroken(
            "You cannot take away your own access; ask another administrator to do it", field
        )
    if (loses_admin or (is_lowered and user.is_enabled)) and not queries.has_other_admins(
        session, user
    ):
        raise RuleBroken(
            f"{user.name} is the only administrator who can sign in; make another one first", field
        )
    user.role, user.is_enabled = role, is_enabled
    if changes := audit.diff(before, {"role": role, "enabled": is_enabled}):
        audit.record(session, actor, "user.update", user, changes)
    if not is_enabled:
        sign_in_service.end_all(session, actor, user, utc_now())


def change_password(
    session: Session,
    actor: Actor,
    user: User,
    password: str,
    must_change: bool = False,
    but: SignIn | None = None,
) -> None:
    """Give `user` another password and end all sign-ins `but` one. Raises RuleBroken on "password".

    `must_change`: somebody else chose it, so the user is asked for an own one after signing in.
    """
    check_rules(password, user.name)
    if check_password(user.password_hash, password):
        raise RuleBroken("This is the present password; choose another one", "password")
    user.password_hash = hash_password(password)
    user.must_change_password = must_change
    changes = {"password": (None, audit.CHANGED)}
    audit.record(session, actor, "user.change_password", user, changes)
    sign_in_service.end_all(session, actor, user, utc_now(), but)


def change_own_password(
    session: Session,
    actor: Actor,
    user: User,
    present: str,
    password: str,
    but: SignIn | None = None,
) -> None:
    """As `change_password`, by the user. Raises RuleBroken also on "present"."""
    if not check_password(user.password_hash, present):
        raise RuleBroken("This is not your present password", "present")
    change_password(session, actor, user, password, but=but)


def reset_password(session: Session, actor: Actor, user: User) -> str:
    """Give `user` a password that is good for one sign-in, and return it."""
    password = crypto.new_password()
    change_password(session, actor, user, password, must_change=True)
    return password


def _check_role(role: str) -> None:
    if role not in security.ROLES:
        raise RuleBroken(f"“{role}” is no role: choose {', '.join(security.ROLES)}", "role")


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
