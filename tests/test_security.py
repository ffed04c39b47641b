from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from werkzeug.test import TestResponse

from portal import htmx, security, shell, static_files
from portal.audit import Actor
from portal.config import Config
from portal.crypto import digest_of
from portal.extensions import begin_write, db
from portal.models import SignIn, User
from portal.security import public, require, require_fresh
from portal.users import routes, service

PASSWORD = "four unrelated words"
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}

bp = Blueprint("things", __name__, url_prefix="/things")
security.guard(bp)


@bp.get("")
@require("device.view")
def index() -> str:
    return f"things of {security.current_user().name}"


@bp.post("")
@require("device.edit")
def create() -> str:
    begin_write()
    return f"made {request.form.get('label')} {request.form.getlist('key')}"


@bp.get("/secret")
@require("device.edit")
@require_fresh
def secret() -> str:
    return "hush"


@bp.post("/secret")
@require("device.edit")
@require_fresh
def show_secret() -> str:
    return f"hush of {request.form['label']}"


@bp.get("/missing")
@public
def missing() -> str:
    abort(404)


@bp.get("/boom")
@public
def boom() -> str:
    raise ValueError("a detail nobody should see")


@bp.get("/forgotten")
def forgotten() -> str:
    return "declares nothing"


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("portal", static_folder=None)
    app.config.update(security.FLASK_SETTINGS)
    app.config.update(
        SECRET_KEY="test",
        PORTAL=Config(),
        SQLALCHEMY_DATABASE_URI="sqlite://",
        SQLALCHEMY_ENGINE_OPTIONS={"poolclass": StaticPool},
    )
    db.init_app(app)
    shell.init_app(app)
    for blueprint in (routes.bp, static_files.bp, bp):
        app.register_blueprint(blueprint)
    with app.app_context():
        db.create_all()
        for role in security.ROLES:
            service.create_user(db.session(), Actor("test"), role, PASSWORD, role)
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def memory_session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def _token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found
    return found[1]


def _sign_in(client: FlaskClient, name: str = "operator", **more: Any) -> TestResponse:
    token = _token(client.get("/sign-in"))
    data = {"csrf_token": token, "name": name, "password": PASSWORD, **more}
    return client.post("/sign-in", data=data)


def _post(client: FlaskClient, headers: dict[str, str] | None = None, **data: Any) -> TestResponse:
    token = _token(client.get("/password"))
    return client.post("/things", data={"csrf_token": token, **data}, headers=headers)


def _sign_in_of(app: Flask, client: FlaskClient) -> tuple[Session, SignIn]:
    with client.session_transaction() as cookie:
        key_hash = digest_of(cookie["key"])
    return db.session(), db.session.query(SignIn).filter_by(key_hash=key_hash).one()


def _age(client: FlaskClient, **minutes: int) -> None:
    """Make the sign-in of `client` older, by the names of its columns without “_at”."""
    with client.application.app_context():
        session, sign_in = _sign_in_of(client.application, client)
        for name, by in minutes.items():
            at = getattr(sign_in, f"{name}_at")
            setattr(sign_in, f"{name}_at", at - timedelta(minutes=by))
        session.commit()


def _end_sign_in(client: FlaskClient) -> None:
    _age(client, seen=31)


def test_stranger_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/things?q=aa:bb&page=2")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/things?q%3Daa:bb%26page%3D2"
    page = client.get(answer.location)
    assert 'value="/things?q=aa:bb&amp;page=2"' in page.text
    answer = _sign_in(client, **{"kept-target": "/things?q=aa:bb&page=2"})
    assert (answer.status_code, answer.location) == (303, "/things?q=aa:bb&page=2")
    assert client.get("/things").text == "things of operator"


@pytest.mark.parametrize(("name", "password"), [("operator", "wrong"), ("nobody", PASSWORD)])
def test_wrong_name_and_wrong_password_are_told_alike(
    client: FlaskClient, name: str, password: str
) -> None:
    token = _token(client.get("/sign-in"))
    data = {"csrf_token": token, "name": name, "password": password}
    answer = client.post("/sign-in", data=data)
    assert answer.status_code == 422
    assert "Name or password is wrong" in answer.text
    assert client.get("/things").status_code == 303


def test_disabled_user_cannot_enter_nor_stay(client: FlaskClient, memory_session: Session) -> None:
    _sign_in(client)
    user = memory_session.query(User).filter_by(name="operator").one()
    user.is_enabled = False
    memory_session.commit()
    assert client.get("/things").status_code == 303
    assert _sign_in(client).status_code == 422


def test_sign_in_does_not_lead_to_another_site(client: FlaskClient) -> None:
    answer = _sign_in(client, **{"kept-target": "//evil.example"})
    assert answer.location == "/"


def test_signing_out_ends_the_session(client: FlaskClient) -> None:
    _sign_in(client)
    answer = client.post("/sign-out", data={"csrf_token": _token(client.get("/password"))})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert client.get("/things").status_code == 303


def test_idle_session_ends(client: FlaskClient) -> None:
    _sign_in(client)
    _end_sign_in(client)
    assert client.get("/things").status_code == 303


def test_session_ends_after_its_lifetime_however_busy(client: FlaskClient) -> None:
    _sign_in(client)
    _age(client, started=12 * 60 + 1)
    assert client.get("/things").status_code == 303


def test_activity_keeps_the_session(client: FlaskClient) -> None:
    _sign_in(client)
    _age(client, seen=29)
    assert client.get("/things").status_code == 200
    _age(client, seen=29)
    assert client.get("/things").status_code == 200


def test_being_seen_is_not_written_with_every_request(app: Flask, client: FlaskClient) -> None:
    _sign_in(client)
    written: list[str] = []
    with app.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda _c, _u, statement, *_: written.append(statement),
        )
    client.get("/things")
    assert not [statement for statement in written if statement.startswith("UPDATE")]
    _age(client, seen=2)
    written.clear()
    client.get("/things")
    assert len([statement for statement in written if statement.startswith("UPDATE")]) == 1


def test_a_copied_cookie_is_no_use_after_signing_out(app: Flask, client: FlaskClient) -> None:
    _sign_in(client)
    thief = app.test_client()
    with client.session_transaction() as cookie, thief.session_transaction() as copy:
        copy.update(cookie)
    assert thief.get("/things").status_code == 200
    client.post("/sign-out", data={"csrf_token": _token(client.get("/password"))})
    assert thief.get("/things").status_code == 303


def test_new_password_ends_other_sessions_but_not_this_one(app: Flask) -> None:
    here, elsewhere = app.test_client(), app.test_client()
    _sign_in(here)
    _sign_in(elsewhere)
    data = {
        "csrf_token": _token(here.get("/password")),
        "present": PASSWORD,
        "password": "quite another sentence",
        "again": "quite another sentence",
    }
    assert here.post("/password", data=data).status_code == 303
    assert here.get("/things").status_code == 200
    assert elsewhere.get("/things").status_code == 303


def test_new_password_that_breaks_a_rule_is_told_at_its_field(client: FlaskClient) -> None:
    _sign_in(client)
    data = {
        "csrf_token": _token(client.get("/password")),
        "present": PASSWORD,
        "password": "short",
        "again": "short",
    }
    answer = client.post("/password", data=data)
    assert answer.status_code == 422
    assert "at least 12 characters" in answer.text
    assert 'aria-describedby="password-help password-error" aria-invalid="true"' in answer.text


def test_one_time_password_must_be_changed_first(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        service.create_user(db.session(), Actor("t"), "fresh", PASSWORD, "admin", must_change=True)
        db.session.commit()
    answer = _sign_in(client, "fresh", **{"kept-target": "/things"})
    assert "Choose your own password" in answer.text
    blocked = client.get("/things")
    assert (blocked.status_code, blocked.location) == (303, "/password")
    data = {
        "csrf_token": _token(answer),
        "kept-target": "/things",
        "present": PASSWORD,
        "password": "quite another sentence",
        "again": "quite another sentence",
    }
    assert client.post("/password", data=data).location == "/things"
    assert client.get("/things").status_code == 200


def test_role_without_the_permission_is_refused(client: FlaskClient) -> None:
    _sign_in(client, "viewer")
    assert client.get("/things").status_code == 200
    answer = _post(client)
    assert answer.status_code == 403
    assert "You may not do this" in answer.text


def test_view_without_guard_refuses_everybody(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(Exception, match="403"):
        require("device.view")(lambda: "secret")()


def test_unknown_permission_is_an_error_at_start() -> None:
    with pytest.raises(ValueError, match="has no “device"):
        require("device.explode")


def test_view_that_declares_nothing_is_an_error(client: FlaskClient) -> None:
    _sign_in(client, "admin")
    assert client.get("/things/forgotten").status_code == 500


def test_every_role_of_the_table_exists() -> None:
    for roles in security.PERMISSIONS.values():
        assert "admin" in roles
        assert roles <= set(security.ROLES)


def test_secret_asks_for_the_password_once_the_sign_in_is_older(client: FlaskClient) -> None:
    _sign_in(client)
    assert client.get("/things/secret").text == "hush"
    _age(client, proved=11)
    asked = client.get("/things/secret?a=1")
    assert (asked.status_code, asked.location) == (303, "/proof?next=/things/secret?a%3D1")
    page = client.get(asked.location)
    assert "Is it you, operator?" in page.text
    data = {"csrf_token": _token(page), "proof": PASSWORD, "kept-target": "/things/secret?a=1"}
    went_on = client.post("/proof", data=data)
    assert went_on.location == "/things/secret?a=1"
    assert client.get("/things/secret").text == "hush"


def test_form_sent_for_a_secret_is_kept_while_the_password_is_asked(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    _age(client, proved=11)
    asked = client.post("/things/secret", data={"csrf_token": token, "label": "Door"})
    assert asked.status_code == 401
    assert "hush" not in asked.text
    assert '<input type="hidden" name="kept:label" value="Door">' in asked.text
    data = {
        "csrf_token": token,
        "proof": PASSWORD,
        "kept-target": "/things/secret",
        "kept-form": "1",
        "kept:label": "Door",
    }
    assert 'action="/things/secret"' in client.post("/proof", data=data).text
    sent = client.post("/things/secret", data={"csrf_token": token, "label": "Door"})
    assert sent.text == "hush of Door"


def test_wrong_proof_leads_nowhere(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    _age(client, proved=11)
    answer = client.post("/proof", data={"csrf_token": token, "proof": "wrong"})
    assert answer.status_code == 422
    assert client.get("/things/secret").status_code == 303


def test_who_may_not_see_a_secret_is_not_asked_for_a_password(client: FlaskClient) -> None:
    _sign_in(client, "viewer")
    _age(client, proved=11)
    assert client.get("/things/secret").status_code == 403


@pytest.mark.parametrize("token", ["", "forged"])
def test_write_without_csrf_token_is_refused(client: FlaskClient, token: str) -> None:
    _sign_in(client)
    answer = client.post("/things", data={"csrf_token": token, "label": "x"})
    assert answer.status_code == 400
    assert "This page is too old" in answer.text


def test_csrf_token_may_come_in_the_header(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    answer = client.post("/things", data={"label": "x"}, headers={"X-CSRFToken": token})
    assert answer.text == "made x []"


def test_token_of_another_session_is_refused(app: Flask, client: FlaskClient) -> None:
    _sign_in(client)
    other = _token(app.test_client().get("/sign-in"))
    assert client.post("/things", data={"csrf_token": other}).status_code == 400


def test_form_sent_after_the_sign_in_ended_loses_nothing(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    _end_sign_in(client)
    typed = {"label": 'Door "1" <&>', "key": ["1", "2"], "password": "hush"}
    lost = client.post("/things?tab=a", data={"csrf_token": token, **typed})
    assert lost.status_code == 401
    assert "hush" not in lost.text
    carried = re.findall(r'type="hidden" name="(kept[^"]*)" value="([^"]*)"', lost.text)
    assert ("kept:label", "Door &#34;1&#34; &lt;&amp;&gt;") in carried
    again = _sign_in(
        client,
        **{
            "kept-target": "/things?tab=a",
            "kept-form": "1",
            "kept-secret": "password",
            "kept:label": 'Door "1" <&>',
            "kept:key": ["1", "2"],
        },
    )
    assert again.status_code == 200
    assert "You are signed in again" in again.text
    assert '<form method="post" action="/things?tab=a">' in again.text
    assert 'type="password" id="kept-1" name="password"' in again.text
    resent = client.post("/things?tab=a", data={"csrf_token": _token(again), **typed})
    assert resent.text == "made Door \"1\" <&> ['1', '2']"


def test_wrong_password_on_the_way_loses_nothing_either(client: FlaskClient) -> None:
    token = _token(client.get("/sign-in"))
    data = {
        "csrf_token": token,
        "name": "operator",
        "password": "wrong",
        "kept-target": "/things",
        "kept-form": "1",
        "kept:label": "Door",
    }
    answer = client.post("/sign-in", data=data)
    assert '<input type="hidden" name="kept:label" value="Door">' in answer.text


def test_form_sent_by_htmx_gets_the_sign_in_page_in_place_of_the_body(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    _end_sign_in(client)
    answer = client.post("/things", data={"label": "x"}, headers={**HX, "X-CSRFToken": token})
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "body"
    assert 'name="kept:label" value="x"' in answer.text


def test_fragment_without_sign_in_says_so_and_leaves_the_page(client: FlaskClient) -> None:
    answer = client.get("/things", headers=HX)
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#notice"
    assert "HX-Redirect" not in answer.headers
    assert "<html" not in answer.text


def test_signing_in_again_keeps_forms_of_other_tabs_good(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    _end_sign_in(client)
    _sign_in(client)
    assert client.post("/things", data={"csrf_token": token}).status_code == 200


def test_signing_in_as_another_takes_a_new_token(client: FlaskClient) -> None:
    _sign_in(client)
    token = _token(client.get("/password"))
    _end_sign_in(client)
    _sign_in(client, "admin")
    assert client.post("/things", data={"csrf_token": token}).status_code == 400


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/sign-in", "/things", "/things/missing", "/things/boom"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Strict-Transport-Security"]
        assert headers["Cache-Control"] == "no-store"


def test_cookie_is_locked_to_this_host(client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Host-portal=")
    for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_error_page_says_what_to_do_and_no_detail(client: FlaskClient) -> None:
    missing = client.get("/things/missing")
    assert missing.status_code == 404
    assert "There is nothing here" in missing.text
    boom = client.get("/things/boom")
    assert boom.status_code == 500
    assert "a detail nobody should see" not in boom.text


def test_error_in_a_fragment_becomes_a_notice(client: FlaskClient) -> None:
    answer = client.get("/things/missing", headers=HX)
    assert answer.status_code == 404
    assert answer.headers["HX-Retarget"] == "#notice"
    assert "<html" not in answer.text


def test_pages_hold_no_inline_script_or_style(client: FlaskClient) -> None:
    _sign_in(client)
    page = client.get("/password").text
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page)


def test_hooks_run_for_the_blueprint_only(app: Flask, client: FlaskClient) -> None:
    @app.get("/p/file.cfg")
    def phone() -> str:
        return "config"

    answer = client.get("/p/file.cfg")
    assert "Set-Cookie" not in answer.headers
    assert "Content-Security-Policy" not in answer.headers


def test_toast_of_a_fragment_is_sent_by_the_guard(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context(headers=HX):
        htmx.toast("Saved")
        assert "Saved" in security.finish(app.make_response("x")).headers["HX-Trigger"]
