"""Walking through the pages of a list, for tests; plain functions."""

from __future__ import annotations

import io

from flask.testing import FlaskClient

from tests.browsing import send


def upload(client: FlaskClient, kind: str, content: str | bytes, name: str = "list.csv", **more):
    """Upload a list and return the address of its page."""
    data = content.encode() if isinstance(content, str) else content
    answer = send(client, f"/{kind}/import", {"file": (io.BytesIO(data), name), **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def apply(client: FlaskClient, url: str, digest: str = ""):
    """Import what the page shows, or showed when it had `digest`."""
    seen = {"version": digest} if digest else {}
    return send(client, f"{url}/apply", seen, page=url)


def imported(client: FlaskClient, kind: str, content: str | bytes, **more) -> str:
    """Upload and import a list; returns its address."""
    url = upload(client, kind, content, **more)
    assert apply(client, url).status_code == 303
    return url
