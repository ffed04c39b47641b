"""Reading users, their second factors and sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from portal.config import Config
from portal.models import Passkey, RecoveryCode, SignIn, User


@dataclass(frozen=True)
class ListedUser:
    """A row of the list: `passkeys` and `sign_ins` are numbers."""

    user: User
    passkeys: int
    sign_ins: int


def find_user(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def find_user_named(session: Session, name: str) -> User | None:
    """Find by name, as people type it: case and blanks around do not matter."""
    return session.scalar(select(User).where(User.name == name.strip().lower()))


def find_user_of_provider(session: Session, subject: str) -> User | None:
    return session.scalar(select(User).where(User.oidc_subject == subject))


def all_users(session: Session) -> list[User]:
    return list(session.scalars(select(User).order_by(User.name)))


def listed_users(session: Session, config: Config, now: datetime) -> list[ListedUser]:
    """Return all users by name, with what the list says of each; two statements."""
    passkeys = (
        select(func.count()).where(Passkey.user_id == User.id).correlate(User).scalar_subquery()
    )
    open_ones = _open(select(func.count(SignIn.id)), config, now)
    sign_ins = open_ones.where(SignIn.user_id == User.id).correlate(User).scalar_subquery()
    wanted = select(User, passkeys, sign_ins).options(selectinload(User.customers))
    rows = session.execute(wanted.order_by(User.name))
    return [ListedUser(user, keys, open_) for user, keys, open_ in rows]


def has_other_admins(session: Session, user: User) -> bool:
    """Can another administrator than `user` sign in?"""
    others = select(User.id).where(
        User.role == "admin", User.is_enabled, ~User.is_limited, User.id != user.id
    )
    return session.scalar(others.limit(1).with_for_update()) is not None


def open_sign_ins(session: Session, user: User, config: Config, now: datetime) -> list[SignIn]:
    """Return the sign-ins of `user` that are going on, the one seen last first."""
    wanted = _open(select(SignIn), config, now).where(SignIn.user_id == user.id)
    return list(session.scalars(wanted.order_by(SignIn.seen_at.desc(), SignIn.id.desc())))


def find_passkey(session: Session, credential_id: str) -> Passkey | None:
    return session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))


def passkeys_of(session: Session, user: User) -> list[Passkey]:
    return list(
        session.scalars(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id))
    )


def count_recovery_codes(session: Session, user: User) -> int:
    """Return how many codes are left."""
    left = select(func.count()).where(
        RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(left) or 0


def _open(wanted: Select[tuple[object]], config: Config, now: datetime) -> Select[tuple[object]]:
    return wanted.where(
        SignIn.ended_at.is_(None),
        SignIn.seen_at >= now - timedelta(seconds=config.session_idle_s),
        SignIn.started_at >= now - timedelta(seconds=config.session_lifetime_s),
    )
