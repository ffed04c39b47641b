"""The few plain answers that are given before the app is asked. Knows no Flask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

NOT_FOUND = b"Not found\n"  # as on the phones' road


def is_phones(path: str) -> bool:
    """Is `path` on the phones' road?"""
    return path == "/p" or path.startswith("/p/")


def not_found(start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(NOT_FOUND))),
        ("Cache-Control", "no-store"),
    ]
    start_response("404 NOT FOUND", headers)
    return [NOT_FOUND]
