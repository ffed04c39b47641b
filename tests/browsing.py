"""What a browser does that a plain test client does not: send the page's CSRF token along."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.models import User


def send(
    client: FlaskClient,
    url: str,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """Post a form as its page would; `data` may hold lists."""
    page = client.get("/password").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token, "nobody is signed in"
    return client.post(url, data={"csrf_token": token[1], **(data or {})}, headers=headers or {})


def hidden(page: TestResponse, name: str) -> str:
    """Return the value of a hidden input of a page."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.text)
    assert found, f"there is no input {name}"
    return found[1]


def text_of(page: TestResponse) -> str:
    """Return the words of a page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def signed_in(app: Flask, user: User) -> FlaskClient:
    """Return a client that `user` is signed in with."""
    client, now = app.test_client(), int(time.time())
    with client.session_transaction(base_url="https://localhost") as cookie:
        cookie.update(user_id=user.id, stamp=user.session_stamp, signed_in_at=now, seen_at=now)
    return client
