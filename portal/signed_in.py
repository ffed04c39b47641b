"""Who is signed in: the cookie holds a key, the database the sign-in that it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import after_this_request, current_app, g, request, session
from flask.wrappers import Response
from sqlalchemy import exists, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from portal import crypto
from portal.config import Config
from portal.extensions import db
from portal.models import Passkey, SignIn, User
from portal.models.base import utc_now

BY_PROVIDER = "single sign-on"
FRESH_S = 10 * 60

# When a sign-in was last seen is written at most this often, not with every request.
_SEEN_STEP_S = 60
_BROWSER_COOKIE = "__Host-portal-browser"
_BROWSER_S = 180 * 24 * 3600


@dataclass(frozen=True)
class Present:
    """Who makes this request, and how far that is proved."""

    sign_in: SignIn
    user: User
    has_second_factor: bool

    @property
    def is_fresh(self) -> bool:
        """Was a password or second factor shown just now?"""
        return utc_now() - self.sign_in.proved_at < timedelta(seconds=FRESH_S)

    @property
    def must_change_password(self) -> bool:
        """Was the password for once? Whoever came in without it need not change it."""
        return self.user.must_change_password and self.sign_in.how.startswith("password")

    def lacks_second_factor(self, config: Config) -> bool:
        """Must one be set up before anything else? What a provider did, it did for us."""
        is_asked = config.asks_second_factor(self.user.role)
        return is_asked and not self.has_second_factor and self.sign_in.how != BY_PROVIDER


def find() -> Present | None:
    """Return who is signed in, unless the sign-in is too old or was ended."""
    key = session.get("key")
    if not isinstance(key, str):
        return None
    with_passkey = exists().where(Passkey.user_id == SignIn.user_id)
    row = db.session.execute(
        select(SignIn, with_passkey)
        .options(joinedload(SignIn.user))
        .where(SignIn.key_hash == crypto.digest_of(key))
    ).first()
    db.session.commit()  # ends the read, so that a view can begin_write()
    if row is None:
        return None
    sign_in, has_passkey = row
    config, now = current_app.config["PORTAL"], utc_now()
    if not is_alive(sign_in, config, now) or not sign_in.user.is_enabled:
        return None
    if _age_s(sign_in.seen_at, now) >= min(_SEEN_STEP_S, config.session_idle_s // 2):
        _note_seen(sign_in, now)
    return Present(sign_in, sign_in.user, has_passkey or sign_in.user.totp_sealed is not None)


def is_alive(sign_in: SignIn, config: Config, now: datetime) -> bool:
    """Is it neither ended nor older than the limits?"""
    return (
        sign_in.ended_at is None
        and _age_s(sign_in.seen_at, now) <= config.session_idle_s
        and _age_s(sign_in.started_at, now) <= config.session_lifetime_s
    )


def _age_s(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds()


def _note_seen(sign_in: SignIn, now: datetime) -> None:
    """Write on a connection of its own: where the database is busy, the page is not."""
    statement = update(SignIn).where(SignIn.id == sign_in.id).values(seen_at=now)
    try:
        with db.engine.connect().execution_options(writes=True) as connection:
            connection.execute(statement)
            connection.commit()
    except OperationalError:
        current_app.logger.info("A sign-in was seen, which could not be noted: database busy")


def begin(user: User, key: str) -> None:
    """Give the browser `key`, and nothing of what its cookie held before.

    Who signs in again keeps the CSRF token, so that forms open in other tabs stay good.
    """
    token = session.get("csrf_token") if session.get("user_id") == user.id else None
    session.clear()
    g.pop("csrf_token", None)
    session.update(user_id=user.id, key=key)
    if token:
        session["csrf_token"] = token


def end() -> None:
    session.clear()
    g.pop("csrf_token", None)


def browser_mark() -> str:
    """Return what this browser is known by, or “”; it says nothing about who sits at it."""
    return request.cookies.get(_BROWSER_COOKIE, "")


def mark_browser() -> str:
    """Return the browser's mark; one without gets it with the answer, for half a year."""
    mark = browser_mark() or crypto.new_token()

    def remember(response: Response) -> Response:
        response.set_cookie(
            _BROWSER_COOKIE, mark, _BROWSER_S, secure=True, httponly=True, samesite="Lax"
        )
        return response

    after_this_request(remember)
    return mark
