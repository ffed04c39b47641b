"""How a person comes in: tries are counted, sign-ins begun, questions to passkeys kept; then on."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Response, g, make_response, render_template, request, session
from flask.typing import ResponseReturnValue

from portal import crypto, htmx, security, signed_in
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import Form
from portal.kept import Kept
from portal.models import User
from portal.models.base import utc_now
from portal.users import guess_service, queries, sign_in_service
from portal.users.blueprint import HOME
from portal.users.forms import PasswordForm
from portal.users.slowing import Counter, counters

# How long one may take between password and second factor, and to touch a passkey.
HALFWAY = timedelta(minutes=10)
QUESTION = timedelta(minutes=5)


@dataclass(frozen=True)
class Try:
    """A try at a password or code, counted as wrong until `was_right`. It may have to wait."""

    what: str
    user: User | None
    counters: tuple[Counter, ...] = field(repr=False)
    counted: guess_service.Counted

    @property
    def wait_s(self) -> int:
        return self.counted.wait_s

    def was_wrong(self) -> None:
        """Note it, where it is worth a note."""
        begin_write()
        if self.counted.is_first or self.counted.slows:
            sign_in_service.record_wrong_try(
                db.session(), _address(), self.user, self.what, self.counted.slows
            )
        db.session.commit()

    def was_right(self) -> None:
        """Take it back; in the transaction of what follows from it."""
        guess_service.take_back(db.session(), self.counters)


def begin_try(what: str, who: str, user: User | None) -> Try:
    """Count a try at the “password” or “code” of `who`; `user` is None if nobody goes by it."""
    database, now = db.session(), utc_now()
    place = sign_in_service.place_of(database, user, _address(), signed_in.browser_mark())
    counted_for = counters(what, who, place)
    wait_s = guess_service.wait_s(database, counted_for, now)
    database.commit()
    if wait_s:
        return Try(what, user, counted_for, guess_service.Counted(wait_s))
    begin_write()
    counted = guess_service.count_try(database, counted_for, now)
    database.commit()
    return Try(what, user, counted_for, counted)


def ask_to_wait(form: Form, wait_s: int, page: Callable[[], str]) -> Response:
    """Answer a try that came too early: `page` says how long to wait, and keeps what was typed."""
    long = f"{-(-wait_s // 60)} minutes" if wait_s > 90 else f"{wait_s} seconds"
    form.reject(RuleBroken(f"Something wrong was typed too often. Wait {long}, then try again"))
    response = make_response(page(), 429)
    response.headers["Retry-After"] = str(wait_s)
    return response


def enter(user: User, how: str) -> None:
    """Sign `user` in, in the transaction that has begun, and commit."""
    database, key = db.session(), crypto.new_token()
    actor, agent = Actor(user.name, _address()), request.user_agent.string
    if old := security.present():  # who signs in anew has no use for the old one
        left = Actor(old.user.name, _address())
        sign_in_service.end(database, left, old.sign_in, utc_now())
    started = sign_in_service.start(
        database, actor, user, how, key, signed_in.mark_browser(), agent, utc_now()
    )
    database.commit()
    signed_in.begin(user, key)
    has_factor = user.totp_sealed is not None or bool(queries.passkeys_of(database, user))
    database.commit()
    g.present = signed_in.Present(started, user, has_factor)


def go_on(kept: Kept) -> ResponseReturnValue:
    """Go where the person wanted to go, by way of what stands in between."""
    found = security.present()
    if found and found.must_change_password:
        return render_template("users/password.html", form=PasswordForm(formdata=None), kept=kept)
    if security.lacks_second_factor():
        session["go_on"] = kept.target
        return htmx.see_other("users.own")
    if kept.is_form and kept.target:
        return render_template("users/signed_in_again.html", kept=kept)
    return htmx.go_to(kept.target or HOME)


def remember_halfway(user: User) -> None:
    """Keep in the cookie that the password of `user` was right."""
    session["halfway"] = {
        "user": user.id,
        "password": _mark_of(user),
        "at": int(utc_now().timestamp()),
    }


def find_halfway() -> User | None:
    """Return whose password was right a moment ago, and is still theirs."""
    told = session.get("halfway")
    if not isinstance(told, dict) or since(told["at"]) > HALFWAY:
        return None
    user = queries.find_user(db.session(), told["user"])
    if user is None or not user.is_enabled or not crypto.same(_mark_of(user), told["password"]):
        return None
    return user


def new_challenge() -> bytes:
    """Make the random question that a passkey signs; the cookie keeps the last one."""
    challenge = secrets.token_bytes(32)
    text = base64.b64encode(challenge).decode()
    session["challenge"] = {"text": text, "at": utc_now().timestamp()}
    return challenge


def take_challenge() -> tuple[bytes, datetime]:
    """Return the question and when it was asked. Raises RuleBroken when it is gone or too old."""
    told = session.pop("challenge", None)
    if not isinstance(told, dict) or since(told["at"]) > QUESTION:
        raise RuleBroken("The page was open for too long; try once more")
    return base64.b64decode(told["text"]), datetime.fromtimestamp(told["at"], UTC)


def since(at: float) -> timedelta:
    """Return how long ago the time `at` was, as a cookie keeps it: seconds since 1970."""
    return utc_now() - datetime.fromtimestamp(at, UTC)


def _mark_of(user: User) -> str:
    return crypto.digest_of(user.password_hash or "")[:16]


def _address() -> str:
    return request.remote_addr or ""
