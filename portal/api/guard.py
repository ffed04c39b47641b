"""Who may use the API: bearer tokens (RFC 6750), hung on the API's blueprints by `guard`.

No session, no cookie, no CSRF token: a browser sends none of its own to these addresses, and what
it would send does not count.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from portal import customer_limits
from portal.api import answers
from portal.api.answers import ApiError
from portal.audit import Actor
from portal.errors import CannotRender, RuleBroken, SheetUnreadable
from portal.extensions import db
from portal.models import ApiToken
from portal.security import HEADERS, PERMISSIONS, PUBLIC, role_of
from portal.tokens import queries, service
from portal.tokens.rights import may, scopes_with, state_of

_SENTENCES = {
    "revoked": "This token is revoked; make a new one on the page “API tokens”",
    "expired": "This token has expired; make a new one on the page “API tokens”",
    "user disabled": "The user of this token is disabled",
}
_NONE_SENT = "Send a token: Authorization: Bearer pat_…; the page “API tokens” makes one"
_UNKNOWN = "The portal does not know this token; see whether all of it was copied"

P = ParamSpec("P")
R = TypeVar("R")


def require(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only tokens into a view that may do `permission`; stands directly under its route."""
    if permission not in PERMISSIONS or not scopes_with(permission):
        raise ValueError(f"No scope of a token holds “{permission}”")

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            check(permission)
            return view(*args, **kwargs)

        checked._permission = permission  # type: ignore[attr-defined]
        return checked

    return decorate


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody into a view, without token; stands directly under its route."""
    view._permission = PUBLIC  # type: ignore[attr-defined]
    return view


def check(permission: str) -> None:
    """Raise ApiError 403 unless the request's token may do this."""
    if not can(permission):
        token = _token()
        names = " or ".join(f"“{name}”" for name in scopes_with(permission))
        raise ApiError(
            403,
            "forbidden",
            f"This needs the scope {names} and a user who may do it; the token “{token.name}” has "
            f"{', '.join(token.scopes)}, and {token.user.name} is {role_of(token.user)}",
        )


def can(permission: str) -> bool:
    """May the request's token do this?"""
    return may(_token(), permission)


def current_actor() -> Actor:
    """Return who acts, as verbs and the audit want it: the user, and by which token."""
    token = _token()
    return Actor(token.user.name, request.remote_addr or "", token.name)


def _token() -> ApiToken:
    token = g.get("api_token")
    if not isinstance(token, ApiToken):
        raise ApiError(401, "unauthorized", _NONE_SENT)
    return token


def guard(bp: Blueprint) -> None:
    """Put `bp` behind tokens, with our errors and headers. No hook runs beyond `bp`."""
    bp.before_request(_admit)
    bp.after_request(_finish)
    for error, answer in (
        (ApiError, answers.of_api_error),
        (RuleBroken, answers.of_rule),
        (SheetUnreadable, answers.of_file),
        (CannotRender, answers.of_file),
        (StaleDataError, answers.of_race),
        (IntegrityError, answers.of_race),
        (HTTPException, answers.of_http),
        (Exception, answers.of_bug),
    ):
        bp.register_error_handler(error, answer)


def _admit() -> None:
    view = current_app.view_functions[request.endpoint or ""]
    permission = getattr(view, "_permission", None)
    if permission is None:
        raise RuntimeError(f"{request.endpoint} declares no permission: @require or @public")
    if permission != PUBLIC:
        g.api_token = _find_token()


def _find_token() -> ApiToken:
    """Return the token that the request shows. Raises ApiError 401 unless it is in force."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise _unauthorized(_NONE_SENT, "Bearer")
    token = queries.find_by_text(db.session(), text.strip())
    customer_limits.limit(db.session(), token.user if token else None)
    db.session.commit()  # ends the read, so that a view can begin_write()
    state = state_of(token, datetime.now(UTC)) if token else "unknown"
    if token is None or state != "in force":
        raise _unauthorized(_SENTENCES.get(state, _UNKNOWN), 'Bearer error="invalid_token"')
    return token


def _unauthorized(sentence: str, challenge: str) -> ApiError:
    return ApiError(401, "unauthorized", sentence, headers={"WWW-Authenticate": challenge})


def _finish(response: Response) -> Response:
    for name, text in HEADERS.items():
        response.headers[name] = text
    token, now = g.get("api_token"), datetime.now(UTC)
    if isinstance(token, ApiToken) and (
        token.last_used_at is None or token.last_used_at <= now - service.USE_NOTED_EVERY
    ):
        note = functools.partial(_note_use, db.engine, token.id, now, request.remote_addr or "")
        response.call_on_close(note)  # when the program has its answer
    return response


def _note_use(engine: Engine, token_id: int, now: datetime, address: str) -> None:
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            service.note_use(connection, token_id, now, address)
    except OperationalError:
        pass  # a long import is being stored; the next use is noted
