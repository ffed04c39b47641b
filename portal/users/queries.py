"""Reading users."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import User


def find_user(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def find_user_named(session: Session, name: str) -> User | None:
    """Find by name, as people type it: case and blanks around do not matter."""
    return session.scalar(select(User).where(User.name == name.strip().lower()))


def all_users(session: Session) -> list[User]:
    return list(session.scalars(select(User).order_by(User.name)))
