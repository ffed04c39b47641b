from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.config import Config
from portal.extensions import db
from portal.front.doors import host_name

NAMES = {"public_url": "https://phones.test", "admin_url": "https://admin.test"}
MISSING = "/p/s/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/001565aabbcc.cfg"


@contextmanager
def opened(config: Config, **changes: Any) -> Iterator[tuple[Flask, FlaskClient]]:
    app = create_app(dataclasses.replace(config, **changes))
    with app.app_context():
        yield app, app.test_client()
        db.session.remove()
        if "check_ins" in app.extensions:
            app.extensions["check_ins"].stop()
        db.engine.dispose()


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Every rule of `app` as a verb and a path that matches it."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:int|serial)[^>]*>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", "x", path)
        found += [(verb, path) for verb in sorted(rule.methods or {"GET"})]
    return found


def get(client: FlaskClient, path: str, host: str | None, verb: str = "GET") -> tuple[int, bytes]:
    headers = {} if host is None else {"Host": host}
    answer = client.open(path, method=verb, headers=headers)
    return answer.status_code, answer.data


GONE = (404, b"Not found\n")


def is_gone(answer: tuple[int, bytes]) -> bool:
    return answer[0] == 404 and answer[1] in {GONE[1], b""}


def test_every_address_of_the_app_is_behind_one_of_the_two_doors(config):
    with opened(config) as (whole, _):
        everything = addresses(whole)
    with opened(config, serve="admin") as (admin, _):
        pages = addresses(admin)
    with opened(config, serve="phones") as (phones, _):
        files = addresses(phones)
    assert len(pages) > 100
    assert len(files) > 20
    assert sorted(pages + files) == sorted(everything)
    assert all(path.startswith("/p/") for _, path in files)
    assert not any(path.startswith("/p/") for _, path in pages)


@pytest.mark.parametrize(("door", "other"), [("admin", "phones"), ("phones", "admin")])
def test_what_is_behind_the_other_door_does_not_exist(config, door, other):
    with opened(config, serve=other) as (app, _):
        elsewhere = addresses(app)
    with opened(config, serve=door) as (_, client):
        for verb, path in elsewhere:
            assert is_gone(get(client, path, "localhost", verb)), f"{verb} {path}"


def test_one_app_with_two_names_keeps_them_apart(config):
    with opened(config, **NAMES) as (app, client):
        for verb, path in addresses(app):
            own, other = "admin.test", "phones.test"
            if path.startswith("/p/"):
                own, other = other, own
            assert is_gone(get(client, path, other, verb)), f"{verb} {path} under {other}"
        assert get(client, "/sign-in", "admin.test")[0] == 200
        assert get(client, "/p/001565aabbcc.cfg", "phones.test")[0] == 401
        assert get(client, MISSING, "phones.test") == GONE


def test_old_phones_send_no_name_at_all_and_are_served(config):
    with opened(config, **NAMES) as (_, client):
        answer = client.get("/p/001565aabbcc.cfg", environ_overrides={"HTTP_HOST": ""})
        assert answer.status_code == 401


@pytest.mark.parametrize("host", ["192.0.2.9", "anything", "PORTAL.test:443", "[2001:db8::1]:8443"])
def test_phones_with_odd_names_are_served_where_there_is_one_name(config, host):
    with opened(config) as (_, client):
        assert get(client, "/p/001565aabbcc.cfg", host)[0] == 401


def test_a_door_for_phones_alone_has_any_name(config):
    with opened(config, serve="phones", **NAMES) as (_, client):
        assert get(client, "/p/001565aabbcc.cfg", "old.test")[0] == 401


@pytest.mark.parametrize(
    ("configured", "host", "is_let_in"),
    [
        ({"public_url": ""}, "localhost:8443", True),
        ({"public_url": ""}, "127.0.0.1:8443", True),
        ({"public_url": ""}, "[::1]:8443", True),
        ({"public_url": ""}, "192.168.1.5:8443", True),
        ({"public_url": ""}, "evil.example", False),
        ({}, "portal.test", True),
        ({}, "Portal.Test.:443", True),
        ({}, "localhost", True),
        ({}, "192.168.1.5", False),
        ({}, "portal.test.evil.example", False),
        ({}, "", False),
        (NAMES, "admin.test", True),
        (NAMES, "localhost", False),
        (NAMES, "evil.example", False),
        ({"serve": "admin", **NAMES}, "admin.test", True),
        ({"serve": "admin", **NAMES}, "phones.test", False),
    ],
)
def test_pages_are_served_under_the_configured_names_only(config, configured, host, is_let_in):
    with opened(config, **configured) as (_, client):
        answer = client.get("/sign-in", environ_overrides={"HTTP_HOST": host})
        if is_let_in:
            assert answer.status_code == 200
        else:
            assert answer.status_code == 400
            assert "PORTAL_ADMIN_URL" in answer.text
            assert "Go to the inventory" not in answer.text
            assert "Set-Cookie" not in answer.headers
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_name_on_the_error_page_is_escaped(config):
    with opened(config) as (_, client):
        page = client.get("/", environ_overrides={"HTTP_HOST": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.text


def test_no_redirect_and_no_link_comes_from_the_host_header(config):
    """All routes, anonymous, under a name that is let in but is not the configured one."""
    with opened(config) as (app, client):
        for verb, path in addresses(app):
            answer = client.open(path, method=verb, headers={"Host": "localhost:4711"})
            assert "localhost:4711" not in answer.headers.get("Location", ""), path
            assert b"localhost:4711" not in answer.data, path


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Admin.Example.NET", "admin.example.net"),
        ("admin.example.net:8443", "admin.example.net"),
        ("admin.example.net.", "admin.example.net"),
        ("[2001:DB8::1]:8443", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_name_is_read_without_port(header, name):
    assert host_name(header) == name
