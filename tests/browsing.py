"""What a browser does that a plain test client does not: send the page's CSRF token along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import pyotp
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.crypto import digest_of, new_token
from portal.extensions import db
from portal.models import SignIn, User
from tests.page_forms import forms_in


def send(
    client: FlaskClient,
    url: str,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    page: str = "",
) -> TestResponse:
    """Post a form as its page would; `data` may hold lists.

    A version that it lacks is that of the form on `page`; where nothing is typed, of the question
    at `url`.
    """
    text = client.get("/password").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', text)
    assert token, "nobody is signed in"
    shown = page or ("" if data else url)
    version = _version_on(client, shown, url) if shown else {}
    sent = {"csrf_token": token[1], **version, **(data or {})}
    return client.post(url, data=sent, headers=headers or {})


def _version_on(client: FlaskClient, page: str, url: str) -> dict[str, str]:
    shown = client.get(page)
    if shown.status_code != 200 or 'name="version"' not in shown.text:
        return {}
    found = [form.data() for form in forms_in(shown) if form.address == url]
    return {"version": found[0]["version"]} if found and "version" in found[0] else {}


def hidden(page: TestResponse, name: str) -> str:
    """Return the value of a hidden input of a page.

    Of several versions that of the form: those of questions in dialogs tell a time as well.
    """
    found = re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page.text)
    assert found, f"there is no input {name}"
    return next((value for value in found if name != "version" or " " not in value), found[0])


def text_of(page: TestResponse) -> str:
    """Return the words of a page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def signed_in(app: Flask, user: User) -> FlaskClient:
    """Return a client that `user` is signed in with, after a second factor if one is asked for."""
    key = new_token()
    with nullcontext() if has_app_context() else app.app_context():
        if app.config["PORTAL"].asks_second_factor(user.role) and user.totp_sealed is None:
            user.totp_sealed = app.extensions["sealer"].seal(pyotp.random_base32())
        db.session.add(sign_in_of(user, key))
        db.session.commit()
    return client_with(app, user, key)


def sign_in_of(user: User, key: str, **times: datetime) -> SignIn:
    """Return a sign-in that `key` opens."""
    told = {"how": "password and app code", "address": "127.0.0.1", "user_agent": ""}
    return SignIn(user_id=user.id, key_hash=digest_of(key), browser_hash="", **told, **times)


def client_with(app: Flask, user: User, key: str) -> FlaskClient:
    """Return a client with the key of a sign-in of `user`."""
    client = app.test_client()
    with client.session_transaction(base_url="https://localhost") as cookie:
        cookie.update(user_id=user.id, key=key)
    return client
