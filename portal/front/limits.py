"""Requests that no honest client sends are made harmless before anything reads them.

gunicorn bounds lines and headers (see `worker.py`), the guard of the pages and the road bound
bodies; here is what neither of them sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from portal.front import answers

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPED_NUL = re.compile(r"%00")


class Limits:
    """WSGI middleware: no control characters, no unheard-of verbs, no errors from broken bodies."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if _CONTROL.search(path):
            # Databases and file systems stop at NUL. A question mark is in no name either, so the
            # road refuses it, and counts it, like any other name that nobody asks for.
            environ["PATH_INFO"] = _CONTROL.sub("?", path)
        if _ESCAPED_NUL.search(environ.get("QUERY_STRING", "")):
            return answers.not_found(start_response)
        if environ["REQUEST_METHOD"] not in VERBS:
            if not answers.is_phones(path):
                return answers.not_found(start_response)
            environ["REQUEST_METHOD"] = "TRACE"  # refused by the road, and each unknown verb alike
        environ["wsgi.input"] = Body(environ["wsgi.input"])
        return self._inner(environ, start_response)


class Body:
    """What a client sends. A bent chunk is the end of the connection, not a fault of ours.

    gunicorn raises errors of its own while the app reads; as OSError they become a plain refusal.
    """

    def __init__(self, stream: InputStream) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._guarded(self._stream.read, size)

    def readline(self, size: int = -1) -> bytes:
        return self._guarded(self._stream.readline, size)

    def __iter__(self) -> Any:
        return iter(self.readline, b"")

    def _guarded(self, read: Any, size: int) -> bytes:
        try:
            return bytes(read(size))
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"unreadable body: {type(error).__name__}") from None
