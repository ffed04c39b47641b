"""The OpenAPI document of the API, made from its code, and the same as a page."""

from __future__ import annotations

import re
from typing import Any, cast

import flask_smorest
from flask import Blueprint, Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal.api import accounts, customers, devices, guard, imports, profiles, shapes
from portal.api import import_results as _more_of_imports  # noqa: F401 - routes of its blueprint
from portal.api import ports as _more_of_devices  # noqa: F401
from portal.api.answers import ApiError
from portal.api.blueprint import NAMES, PREFIX
from portal.api.guard import public
from portal.tokens.rights import scopes_with

RESOURCES = (devices.bp, accounts.bp, customers.bp, profiles.bp, imports.bp)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CHANGES = ("post", "put", "patch", "delete")
_ABOUT = (
    "What the portal's pages do, for programs. Send a token with each request, as "
    "`Authorization: Bearer pat_…`; it is made on the page “API tokens” and may do what its scopes "
    "and the role of its user allow. Every error has the same form. A change can be made to depend "
    "on the version that it was made from, by the header If-Match: another version is refused with "
    "409. There is no limit to the rate of requests."
)
# <int:account_id>, <mac>
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_DOCUMENT = "api-document"

bp = Blueprint("api", __name__, url_prefix="/api")
guard.guard(bp)


class _Api(flask_smorest.Api):
    """Writes the document; handlers of errors hang on the blueprints, and on nothing else."""

    ERROR_SCHEMA = shapes.Error

    def _register_error_handlers(self) -> None:
        pass


def init_app(app: Flask) -> None:
    """Put the API into the app; none of it runs for phones."""
    for blueprint in (*RESOURCES, bp):
        app.register_blueprint(blueprint)


@bp.get("/v1/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    return jsonify(document())


@bp.get("/v1/")
@public
def page() -> ResponseReturnValue:
    return render_template("api/description.html", told=document())


@bp.route("/", methods=_METHODS, defaults={"rest": ""})
@bp.route("/<path:rest>", methods=_METHODS)
@public
def nothing(rest: str) -> ResponseReturnValue:
    """Refuse what no other route takes, in the API's words and not by a page."""
    allowed = [method for method in _METHODS if _is_taken(method)]
    if allowed:
        sentence = f"This address takes {' and '.join(allowed)}, not {request.method}"
        raise ApiError(405, "method_not_allowed", sentence, headers={"Allow": ", ".join(allowed)})
    raise ApiError(404, "not_found", f"There is nothing at {request.path}; see {PREFIX}/")


def _is_taken(method: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, _ = adapter.match(method=method) if adapter else ("", {})
    except HTTPException:
        return False
    return endpoint not in ("", "api.nothing")


def document() -> dict[str, Any]:
    """Return the OpenAPI document; it is made when it is asked for first."""
    made = current_app.extensions.get(_DOCUMENT)
    if made is None:
        made = current_app.extensions[_DOCUMENT] = _document(current_app)
    return cast(dict[str, Any], made)


def _document(app: Flask) -> dict[str, Any]:
    about = {
        "title": "Provisioning portal",
        "version": "1",
        "openapi_version": "3.0.3",
        "info": {"description": _ABOUT},
        "security": [{"token": []}],
    }
    api = _Api(app, spec_kwargs=about)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for blueprint in RESOURCES:
        blueprint.register_views_in_doc(api, app, api.spec, name=blueprint.name, parameters=None)
        tag = {"name": _plain(blueprint.name), "description": blueprint.description}
        api.spec.tag(tag)
    told: dict[str, Any] = api.spec.to_dict()
    for rule in app.url_map.iter_rules():
        path = _VARIABLE.sub(r"{\1}", rule.rule)
        operations = told["paths"].get(path, {})
        if rule.endpoint.startswith(NAMES):
            for method in rule.methods or ():
                if operation := operations.get(method.lower()):
                    view: Any = app.view_functions[rule.endpoint]
                    _complete(operation, path, method.lower(), rule.endpoint, view._permission)
    return told


def _complete(
    operation: dict[str, Any], path: str, method: str, endpoint: str, permission: str
) -> None:
    """Add what holds for every operation: name, scopes, refusals."""
    operation["operationId"] = _plain(endpoint).replace(".", "_")
    operation["tags"] = [_plain(tag) for tag in operation.get("tags", [])]
    scopes = " or ".join(f"“{name}”" for name in scopes_with(permission))
    text = operation.get("description", "")
    operation["description"] = f"{text} Needs the scope {scopes}.".strip()
    refused = {"401": "No token that is in force", "403": "The token may not do this"}
    if "{" in path:
        refused["404"] = "There is no such thing"
    if method in _CHANGES:
        refused["409"] = "It was changed since"
    if method in _CHANGES or "422" in operation["responses"]:
        refused["422"] = "Something does not fit, or a rule forbids it, in a sentence"
    schema = {"$ref": "#/components/schemas/Error"}
    for status, meaning in refused.items():
        operation["responses"][status] = {
            "description": meaning,
            "content": {"application/json": {"schema": schema}},
        }


def _plain(name: str) -> str:
    return name.removeprefix(NAMES)
