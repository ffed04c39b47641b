"""Writing API tokens: one function a verb; rules and audit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update
from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.errors import RuleBroken, parsed
from portal.models import ApiToken, User
from portal.security import role_of
from portal.tokens import queries
from portal.tokens.rights import SCOPES, offered_to, state_of

PREFIX = "pat_"  # by which people, and programs that look for leaked secrets, know one
DAYS = 90
MOST_DAYS = 365
USE_NOTED_EVERY = timedelta(minutes=1)
_NAME_LENGTH = 60


def create_token(
    session: Session,
    actor: Actor,
    now: datetime,
    user: User,
    name: str,
    scopes: Iterable[str],
    days: int = DAYS,
) -> tuple[ApiToken, str]:
    """Make a token of `user`. Returns it and its text, which is known at this moment only.

    Raises RuleBroken on "name", "scopes" or "days".
    """
    chosen = _checked_scopes(user, scopes)
    if not 1 <= days <= MOST_DAYS:
        raise RuleBroken(f"A token holds for 1 to {MOST_DAYS} days; make a new one then", "days")
    text = PREFIX + crypto.new_token()
    token = ApiToken(
        user=user,
        name=_free_name(session, user, name, now),
        token_hash=crypto.digest_of(text),
        ending=text[-4:],
        scopes=chosen,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    changes = {
        "user": (None, user.name),
        "scopes": (None, chosen),
        "expires": (None, token.expires_at),
    }
    audit.record(session, actor, "token.create", token, changes)
    return token, text


def revoke_token(session: Session, actor: Actor, now: datetime, token: ApiToken) -> None:
    """End a token at once. Raises RuleBroken when it is revoked already."""
    if token.revoked_at is not None:
        raise RuleBroken(f"The token “{token.name}” is revoked already")
    token.revoked_at = now
    audit.record(session, actor, "token.revoke", token, {"user": (token.user.name, None)})


def note_use(connection: Connection, token_id: int, now: datetime, address: str) -> None:
    """Note when a token was last used and from where, once a minute at most. No audit."""
    due = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - USE_NOTED_EVERY)
    connection.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, due)
        .values(last_used_at=now, last_used_from=address[:45])
    )


def _checked_scopes(user: User, scopes: Iterable[str]) -> list[str]:
    given = set(scopes)
    if unknown := sorted(given - SCOPES.keys()):
        raise RuleBroken(f"“{unknown[0]}” is no scope: choose {', '.join(SCOPES)}", "scopes")
    if not given:
        raise RuleBroken("Choose at least one scope: what the program may do", "scopes")
    role = role_of(user)
    offered = offered_to(role)
    if beyond := [name for name in SCOPES if name in given and name not in offered]:
        raise RuleBroken(
            f"{user.name} is {role} and may do nothing of the scope “{beyond[0]}”; "
            f"choose from {', '.join(offered)}",
            "scopes",
        )
    return [name for name in SCOPES if name in given]


def _free_name(session: Session, user: User, name: str, now: datetime) -> str:
    name = parsed("name", values.parse_line, name)
    if not name or len(name) > _NAME_LENGTH:
        raise RuleBroken(
            f"Name the program that will use it, in up to {_NAME_LENGTH} characters", "name"
        )
    for token in queries.tokens_of(session, user):
        if token.name.casefold() == name.casefold() and state_of(token, now) == "in force":
            raise RuleBroken(
                f"{user.name} has a token “{name}” already; revoke that, or choose another name",
                "name",
            )
    return name
