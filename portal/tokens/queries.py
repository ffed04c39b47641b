"""Reading API tokens."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from portal import crypto
from portal.models import ApiToken, User


def find_by_text(session: Session, text: str) -> ApiToken | None:
    """Return the token that a program shows, dead or alive, with its user. One statement.

    160 random bits are looked for by their hash, so the time of it tells nothing about others.
    """
    found = select(ApiToken).where(ApiToken.token_hash == crypto.digest_of(text))
    return session.scalar(found.options(joinedload(ApiToken.user)))


def find_token(session: Session, token_id: int) -> ApiToken | None:
    return session.get(ApiToken, token_id, options=[joinedload(ApiToken.user)])


def tokens_of(session: Session, user: User) -> list[ApiToken]:
    """Return the tokens of a user, newest first; dead ones too."""
    found = select(ApiToken).where(ApiToken.user_id == user.id)
    return list(session.scalars(found.order_by(ApiToken.id.desc())))


def all_tokens(session: Session) -> list[ApiToken]:
    """Return everybody's tokens, newest first."""
    found = select(ApiToken).options(joinedload(ApiToken.user)).order_by(ApiToken.id.desc())
    return list(session.scalars(found))


def page_of_tokens(session: Session, page: int, size: int) -> tuple[list[ApiToken], int]:
    """Return one page of everybody's tokens, newest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(ApiToken)) or 0
    found = select(ApiToken).options(joinedload(ApiToken.user)).order_by(ApiToken.id.desc())
    return list(session.scalars(found.limit(size).offset((page - 1) * size))), total
