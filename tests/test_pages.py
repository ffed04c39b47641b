"""Addresses and verbs that no route takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    ("verb", "path", "status", "words"),
    [
        ("GET", "/nothing/of/this", 404, "There is nothing here"),
        ("GET", "/users/sign-out", 404, "There is nothing here"),
        ("DELETE", "/devices", 405, "This address takes forms only"),
    ],
)
def test_who_is_signed_in_reads_words_where_no_route_is(
    app: Flask,
    client_as: Callable[[str], FlaskClient],
    verb: str,
    path: str,
    status: int,
    words: str,
) -> None:
    page = client_as("viewer").open(path, method=verb)
    assert page.status_code == status
    assert words in page.text
    assert 'href="/devices"' in page.text
    assert "Content-Security-Policy" in page.headers
    stranger = app.test_client().open(path, method=verb)
    assert stranger.status_code == status
    assert words not in stranger.text
