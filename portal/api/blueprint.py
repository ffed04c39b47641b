"""What the API's resources have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from flask import current_app, request, url_for
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug import Request
from werkzeug.datastructures import MultiDict

from portal.api import guard
from portal.config import Config
from portal.crypto import Sealer
from portal.errors import RuleBroken

PREFIX = "/api/v1"
NAMES = "api_"  # how the names of the API's blueprints begin

T = TypeVar("T")


class _Parser(FlaskParser):
    """Reads arguments. A name that nobody knows is refused, in a query too: a filter with a slip in
    its name would let everything through."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION)
    __location_map__ = {**FlaskParser.__location_map__, "upload": "load_upload"}  # noqa: RUF012

    def load_upload(self, req: Request, schema: Schema) -> Any:
        """Return the fields of a form together with its files."""
        sent = [*req.form.items(multi=True), *req.files.items(multi=True)]
        return self._makeproxy(MultiDict(sent), schema)


class Resource(Blueprint):
    """The blueprint of a noun."""

    ARGUMENTS_PARSER = _Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {  # noqa: RUF012
        **Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "upload": "multipart/form-data",
    }


def resource(name: str, description: str) -> Resource:
    """Return the blueprint of a noun, guarded; `description` is for the OpenAPI document."""
    bp = Resource(
        f"{NAMES}{name}",
        f"portal.api.{name}",
        url_prefix=f"{PREFIX}/{name}",
        description=description,
    )
    guard.guard(bp)
    return bp


def config() -> Config:
    return cast(Config, current_app.config["PORTAL"])


def sealer() -> Sealer:
    return cast(Sealer, current_app.extensions["sealer"])


def listed(items: Iterable[dict[str, Any]], total: int, page: int, size: int) -> dict[str, Any]:
    """Return one page of a list, with the address of the next."""
    following = None
    if page * size < total:
        args: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {})}
        following = url_for(request.endpoint or "", **(args | {"page": page + 1}))
    return {"items": list(items), "total": total, "next": following}


def named(what: str, name: str | None, find: Callable[[str], T | None]) -> T | None:
    """Return the thing of that name, None for no name. Raises RuleBroken on `what`."""
    if not name:
        return None
    found = find(name)
    if found is None:
        raise RuleBroken(f"There is no {what} “{name}”", what)
    return found
