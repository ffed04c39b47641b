"""Serve a portal whose pages come in pieces, as over a slow line: `make races`.

A browser shows the beginning of a page before its end is there. A test that looks at once what is
on a page passes on a quiet machine and fails on a busy one; with this server it fails each time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask

from portal import serving_app
from portal.cli.listening import gunicorn_options
from portal.config import Config

WANTED = "PORTAL_TESTS_IN_PIECES"  # set: end-to-end tests start their portals with this module
COMMAND = [sys.executable, "-m", "tests.end_to_end.in_pieces"]
# What there is of a page after each pause. The first piece ends within its head.
_SHARES = (0.05, 0.25, 0.5, 0.75, 1)
_PAUSE_S = 0.12
_SMALL_BYTES = 200


def app() -> Flask:
    """Return the app that gunicorn serves, pages in pieces and all else as ever."""
    app = serving_app()
    whole = app.wsgi_app

    def in_pieces(environ: Any, start: Any) -> Iterable[bytes]:
        kinds: list[str] = []

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            kinds.extend(value for name, value in headers if name.lower() == "content-type")
            return start(status, headers, *more)

        answer = whole(environ, begin)
        return _pieces(answer) if kinds and kinds[0].startswith("text/html") else answer

    app.wsgi_app = in_pieces  # type: ignore[method-assign, assignment]
    return app


def _pieces(answer: Iterable[bytes]) -> Iterator[bytes]:
    text = b"".join(answer)
    if (close := getattr(answer, "close", None)) is not None:
        close()
    if len(text) < _SMALL_BYTES:
        yield text
        return
    begin = 0
    for share in _SHARES:
        time.sleep(_PAUSE_S)
        end = int(len(text) * share)
        yield text[begin:end]
        begin = end


if __name__ == "__main__":
    options = gunicorn_options(Config.load())
    options[-1] = f"{COMMAND[-1]}:app()"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options])
