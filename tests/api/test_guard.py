"""Every route of the API: without token, with a dead one, with too small a scope or role."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.api import guard
from portal.audit import Actor
from portal.models import ApiToken, AuditEntry, User
from portal.security import PERMISSIONS
from portal.tokens import service
from portal.tokens.rights import SCOPES, scopes_with
from portal.users import limit_service
from portal.users import service as users
from tests.factories import make_customer, make_device, make_profile, make_sip_account

PUBLIC = {"api.openapi", "api.page", "api.nothing"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Return method, address and permission of every route under /api, with 1 for each variable."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api") or rule.endpoint in PUBLIC:
            continue
        view = app.view_functions[rule.endpoint]
        path = re.sub("<mac>", "805ec0aabbcc", rule.rule)
        path = re.sub(r"<[^>]+>", "1", path)
        methods = rule.methods - {"HEAD", "OPTIONS"}
        found += [(method, path, view._permission) for method in methods]
    return sorted(found)


@pytest.fixture
def world(session):
    """One of everything, so that no route refuses for want of a thing."""
    customer = make_customer(session)
    make_device(session, "805ec0aabbcc", customer=customer)
    make_sip_account(session, customer=customer)
    make_profile(session)
    session.commit()


def refusal(answer) -> dict:
    assert answer.mimetype == "application/json"
    assert list(answer.json) == ["error"]
    assert set(answer.json["error"]) == {"code", "message", "field"}
    return answer.json["error"]


def test_there_are_routes_for_every_resource(app):
    nouns = {path.split("/")[3] for _, path, _ in routes(app)}
    assert nouns == {"devices", "accounts", "customers", "profiles", "imports"}
    assert len(routes(app)) > 35


def test_no_route_is_open_without_a_token(app, world):
    client = app.test_client()
    for method, path, _ in routes(app):
        answer = client.open(path, method=method)
        assert answer.status_code == 401, (method, path)
        assert refusal(answer)["code"] == "unauthorized"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ["unknown", "expired", "revoked", "disabled"])
def test_no_route_is_open_to_a_dead_token(kind, app, session, program, world):
    began = datetime.now(UTC) - timedelta(days=3)
    call = program("admin", now=began, days=2 if kind == "expired" else 90)
    token = session.scalars(select(ApiToken)).one()
    if kind == "unknown":
        call.text = call.text[:-1] + ("a" if call.text[-1] != "a" else "b")
    elif kind == "revoked":
        service.revoke_token(session, Actor("t"), datetime.now(UTC), token)
    elif kind == "disabled":
        token.user.is_enabled = False
    session.commit()
    for method, path, _ in routes(app):
        answer = call(method, path)
        assert answer.status_code == 401, (method, path)
        assert refusal(answer)["code"] == "unauthorized"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_every_route_wants_its_scope(app, program, world):
    programs = {name: program("admin", name) for name in SCOPES}
    for method, path, permission in routes(app):
        for scope, call in programs.items():
            if scope in scopes_with(permission):
                continue
            answer = call(method, path)
            assert answer.status_code == 403, (method, path, scope)
            assert f"“{scopes_with(permission)[0]}”" in refusal(answer)["message"]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_no_scope_gives_more_than_the_role(role, app, session, program, world):
    """The user was an administrator when the token was made."""
    call = program("admin")
    session.scalars(select(User).where(User.name.startswith("admin-"))).one().role = role
    session.commit()
    refused = 0
    for method, path, permission in routes(app):
        if role in PERMISSIONS[permission]:
            continue
        answer = call(method, path)
        assert answer.status_code == 403, (method, path)
        assert f"is {role}" in refusal(answer)["message"]
        refused += 1
    assert refused > 10


def test_every_scope_opens_something(app):
    needed = {permission for _, _, permission in routes(app)}
    for name, scope in SCOPES.items():
        assert scope.permissions & needed, name
        assert scope.permissions <= PERMISSIONS.keys()
    opened = needed | {"customer.edit", "import.discard"}  # asked for inside of views
    assert frozenset().union(*(scope.permissions for scope in SCOPES.values())) == opened


def test_unknown_permission_is_an_error_at_start():
    with pytest.raises(ValueError, match=r"No scope of a token holds “user\.manage”"):
        guard.require("user.manage")


def test_session_cookie_counts_for_nothing_and_none_is_set(app, client_as, world):
    client = client_as("admin")
    assert client.get("/devices", base_url="https://localhost").status_code == 200
    answer = client.get("/api/v1/devices", base_url="https://localhost")
    assert answer.status_code == 401
    for path in ("/api/v1/devices", "/api/v1/openapi.json", "/api/v1/", "/api/nothing"):
        answer = client.get(path, base_url="https://localhost")
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_good_answers_set_no_cookie_either_and_are_not_kept(program, world):
    answer = program()("GET", "/devices")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_errors_of_the_api_are_json_and_those_of_pages_are_pages(app, program, client_as):
    call = program()
    for method, path, status, code in (
        ("GET", "/devices/805ec0ffffff", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("DELETE", "/devices", 405, "method_not_allowed"),
    ):
        answer = call(method, path)
        assert (answer.status_code, refusal(answer)["code"]) == (status, code)
    assert call("DELETE", "/devices").headers["Allow"] == "GET, POST"
    body = call("POST", "/devices", data="{", headers={"Content-Type": "application/json"})
    assert (body.status_code, refusal(body)["code"]) == (400, "bad_request")
    page = client_as("admin").get("/nothing-here", base_url="https://localhost")
    assert page.mimetype == "text/html"
    # What no route takes; tests/test_pages.py has who is answered so.
    assert set(handlers_of_the_app(app)) == {404, 405}


def handlers_of_the_app(app):
    """Return the handlers of errors that hold for all of the app, phones too."""
    return {code: held for code, held in app.error_handler_spec[None].items() if held}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"model": "T31G"}, "mac", "This is needed"),
        ({"mac": "805ec0000001", "model": 7}, "model", "This is a text, in quotation marks"),
        ({"mac": "805ec0000001", "model": None}, "model", "This may be left out, but not be null"),
        ({"mac": "x", "model": "T31G"}, "mac", "“x” is not a MAC address"),
        (
            {"mac": "805ec0000001", "model": "T31G", "colour": 1},
            "colour",
            "There is no field of this name here",
        ),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(body, field, message, program):
    answer = program()("POST", "/devices", json=body)
    assert answer.status_code == 422
    assert refusal(answer)["field"] == field
    assert message in refusal(answer)["message"]


def test_numbers_of_addresses_are_checked(program):
    for query, message in (("size=0", "from 1 to 500"), ("page=x", "This is a whole number")):
        answer = program()("GET", f"/devices?{query}")
        assert answer.status_code == 422
        assert message in refusal(answer)["message"]


def test_bug_is_told_without_details(app, program, monkeypatch):
    def fail(*_told):
        raise ValueError("a detail nobody should see")

    monkeypatch.setattr("portal.devices.lists.page_of_devices", fail)
    answer = program()("GET", "/devices")
    assert (answer.status_code, refusal(answer)["code"]) == (500, "portal_failed")
    assert "detail" not in answer.text


def test_use_is_noted_with_its_address_once_a_minute(program, session):
    call = program("viewer")
    token = session.scalars(select(ApiToken)).one()
    session.commit()
    with call("GET", "/devices", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        pass
    session.commit()
    session.refresh(token)
    first = token.last_used_at
    assert (token.last_used_from, first.date()) == ("192.0.2.7", datetime.now(UTC).date())
    with call("GET", "/devices", environ_base={"REMOTE_ADDR": "192.0.2.8"}):
        pass
    session.commit()
    session.refresh(token)
    assert (token.last_used_at, token.last_used_from) == (first, "192.0.2.7")
    token.last_used_at = first - timedelta(minutes=1)
    session.commit()
    with call("GET", "/devices", environ_base={"REMOTE_ADDR": "192.0.2.8"}):
        pass
    session.commit()
    session.refresh(token)
    assert token.last_used_from == "192.0.2.8"


def test_use_is_not_noted_while_a_list_is_being_stored_and_the_program_does_not_wait(
    program, session
):
    call = program("viewer")
    connection = session.connection(execution_options={"writes": True})
    with call("GET", "/devices") as answer:
        assert answer.status_code == 200
    connection.rollback()
    assert session.scalars(select(ApiToken.last_used_at)).one() is None


def test_audit_says_by_which_token(app, session):
    user = users.create_user(session, Actor("t"), "ann", "four unrelated words", "operator")
    now = datetime.now(UTC)
    _, text = service.create_token(session, Actor("t"), now, user, "scanner", ["devices"])
    session.commit()
    app.test_client().post(
        "/api/v1/devices",
        json={"mac": "805ec0000001", "model": "T31G"},
        headers={"Authorization": f"Bearer {text}"},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "device.create")).one()
    assert (entry.actor, entry.via, entry.address) == ("ann", "scanner", "192.0.2.7")


def test_user_limited_to_customers_sees_no_more_by_token(program, session):
    north, south = make_customer(session, "North"), make_customer(session, "South")
    make_device(session, "805ec0000001", customer=north)
    make_device(session, "805ec0000002", customer=south)
    call, others = program("operator"), program("operator")
    user = session.scalars(select(User).where(User.name.startswith("operator-"))).first()
    limit_service.limit_to_customers(session, Actor("t"), user, [north])
    session.commit()
    assert [device["mac"] for device in call.get("/devices")["items"]] == ["805ec0000001"]
    assert call("GET", "/devices/805ec0000002").status_code == 404
    refused = call("POST", "/devices", json={"mac": "805ec0000003", "model": "T31G"})
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "customer")
    assert others.get("/devices")["total"] == 2


def test_limited_administrator_has_an_operators_rights_by_token(program, session):
    call = program("admin")
    user = session.scalars(select(User).where(User.name.startswith("admin-"))).one()
    user.role = "operator"
    limit_service.limit_to_customers(session, Actor("t"), user, [make_customer(session)])
    user.role = "admin"
    session.commit()
    assert call("GET", "/devices").status_code == 200
    assert call("POST", "/customers", json={"name": "New"}).status_code == 403
