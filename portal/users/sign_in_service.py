"""Writing sign-ins: they start, are proved again and end; what was tried in vain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.crypto import digest_of
from portal.models import AuditEntry, SignIn, User
from portal.users.slowing import Place

# Past sign-ins say which places are an owner's.
KEPT = timedelta(days=180)


def start(
    session: Session,
    actor: Actor,
    user: User,
    how: str,
    key: str,
    browser: str,
    user_agent: str,
    now: datetime,
) -> SignIn:
    """Start a sign-in that `key` opens. `how` is for people: “password and app code”."""
    session.execute(delete(SignIn).where(SignIn.user_id == user.id, SignIn.started_at < now - KEPT))
    sign_in = SignIn(
        user_id=user.id,
        key_hash=digest_of(key),
        browser_hash=digest_of(browser),
        how=how,
        address=actor.address,
        user_agent=user_agent[:300],
        started_at=now,
        seen_at=now,
        proved_at=now,
    )
    session.add(sign_in)
    user.last_sign_in_at = now
    audit.record(session, actor, "user.sign_in", user, {"how": (None, how)})
    return sign_in


def prove(sign_in: SignIn, now: datetime) -> None:
    """Note that the person showed a password or second factor once more."""
    sign_in.proved_at = now


def end(session: Session, actor: Actor, sign_in: SignIn, now: datetime) -> None:
    """End one by signing out."""
    sign_in.ended_at = now
    audit.record(session, actor, "user.sign_out", sign_in.user, {})


def end_all(
    session: Session,
    actor: Actor,
    user: User,
    now: datetime,
    but: SignIn | None = None,
    only: int | None = None,
) -> int:
    """End the sign-ins of `user`, but for one, or `only` one; returns how many."""
    wanted = select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    if but is not None:
        wanted = wanted.where(SignIn.id != but.id)
    if only is not None:
        wanted = wanted.where(SignIn.id == only)
    ended = _ended(session.scalars(wanted), now)
    if ended:
        audit.record(session, actor, "user.end_sign_ins", user, {"sign-ins": (len(ended), 0)})
    return len(ended)


def _ended(sign_ins: Iterable[SignIn], now: datetime) -> list[SignIn]:
    ended = list(sign_ins)
    for sign_in in ended:
        sign_in.ended_at = now
    return ended


def record_wrong_try(
    session: Session, address: str, user: User | None, what: str, slows: bool
) -> None:
    """Note a wrong password or code. For the first in a while and when waits begin: a flood of
    guesses must not fill the audit. Names that no user has are not kept: some are passwords.
    """
    actor = Actor("not signed in", address)
    action = "user.sign_in_slowed" if slows else "user.sign_in_failed"
    if user is not None:
        audit.record(session, actor, action, user, {"wrong": (None, what)})
        return
    session.add(
        AuditEntry(
            actor=actor.name,
            action=action,
            object_type="user",
            object_id=None,
            object_name="unknown name",
            changes={"wrong": [None, what]},
            address=address,
        )
    )


def place_of(session: Session, user: User | None, address: str, browser: str) -> Place:
    """Return what this place is to `user`; None, for a name nobody has, asks as much."""
    seen = session.execute(
        select(SignIn.browser_hash, SignIn.address).where(
            SignIn.user_id == (user.id if user else 0),
            (SignIn.browser_hash == digest_of(browser)) | (SignIn.address == address),
        )
    ).all()
    return Place(
        address,
        browser,
        knows_browser=bool(browser) and any(row[0] == digest_of(browser) for row in seen),
        knows_address=any(row[1] == address for row in seen),
    )
