"""How the API says no: one JSON shape for every error.

``{"error": {"code": …, "message": …, "field": …}}``: `code` is for programs and never changes,
`message` for the person who reads the program's log, `field` what of the request it is about.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, current_app, jsonify, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from portal.errors import CannotRender, RuleBroken, SheetUnreadable
from portal.extensions import db

_log = logging.getLogger(__name__)
_WORDS = {
    400: ("bad_request", "The request cannot be read; its body is not what its type says"),
    404: ("not_found", "There is nothing at this address"),
    405: ("method_not_allowed", "This address does not take this method"),
    413: ("too_large", "The request is larger than the portal takes"),
    415: ("wrong_type", "The body is JSON, and its Content-Type says so: application/json"),
    422: ("rule_broken", "Something in the request does not fit"),
    500: ("portal_failed", "Something went wrong in the portal, and nothing was stored half"),
}
_AT_ONCE = "Somebody else saved this at the same moment; read it again"


class ApiError(Exception):
    """The request is refused with `status`; see the module for the rest."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.headers = headers or {}


def missing(what: str, name: object) -> ApiError:
    """Return the refusal of an address that names nothing."""
    return ApiError(404, "not_found", f"There is no {what} “{name}”")


def check_version(version: int | str, given: int | str | None = None) -> None:
    """Raise ApiError 409 when the request was made from another version than the present one.

    It says so in the header If-Match or as `given`, of the body; else it takes any.
    """
    wanted = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    told = wanted or str(given or "")
    if told not in ("", "*", str(version)):
        raise ApiError(
            409,
            "stale",
            f"It was changed since version {told}; it has version {version} now: read it again",
            "version",
        )


def of_api_error(refused: ApiError) -> Response:
    """Answer ApiError."""
    db.session.rollback()
    return _answer(refused.status, refused.code, refused.message, refused.field, refused.headers)


def of_rule(broken: RuleBroken) -> Response:
    """Answer a broken rule, in the words of the service."""
    db.session.rollback()
    return _answer(422, "rule_broken", broken.message, broken.field)


def of_file(unreadable: SheetUnreadable | CannotRender) -> Response:
    """Answer a list that cannot be read, or a file that cannot be made."""
    db.session.rollback()
    return _answer(422, "unreadable", str(unreadable), "file")


def of_race(_error: StaleDataError | IntegrityError) -> Response:
    """Answer a write that another one overtook."""
    db.session.rollback()
    return _answer(409, "stale", _AT_ONCE)


def of_http(error: HTTPException) -> Response:
    """Answer what Flask and the parser of arguments refuse."""
    db.session.rollback()
    status = error.code if error.code in _WORDS else 500
    code, message = _WORDS[status or 500]
    field = None
    if status == 422 and (told := getattr(error, "data", {}).get("messages")):
        field, message = _first(told)
    if status == 413:
        most = current_app.config["PORTAL"].upload_max_bytes // 2**20
        message = f"{message}: files of up to {most} MB"
    return _answer(status or 500, code, message, field)


def of_bug(_error: Exception) -> Response:
    """Answer what should not happen; its details are in the log."""
    db.session.rollback()
    _log.exception("%s %s", request.method, request.path)
    return _answer(500, *_WORDS[500])


def _first(told: Any) -> tuple[str | None, str]:
    """Return the first of the messages about arguments, and its field: “ports.0.account”."""
    path: list[str] = []
    while isinstance(told, dict) and told:
        name, told = next(iter(told.items()))
        path.append(str(name))
    message = told[0] if isinstance(told, list) and told else str(told)
    names = [name for name in path[1:] if name != "_schema"]  # the first says where: json, query
    return ".".join(names) or None, str(message)


def _answer(
    status: int,
    code: str,
    message: str,
    field: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    response = jsonify({"error": {"code": code, "message": message, "field": field}})
    response.status_code = status
    response.headers.update(headers or {})
    return response
