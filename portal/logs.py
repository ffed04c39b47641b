"""What is logged, without phones' tokens: an address in a message or traceback may hold one."""

from __future__ import annotations

import logging
import re

# /p/t/mjqxgzjt…/001565aabbcc.cfg, /p/s/…, and a token by its shape (crypto.new_token) anywhere.
_IN_ADDRESS = re.compile(r"(/p/+[ts]/+)[^/\s?\"'”]+", re.IGNORECASE)
_BY_SHAPE = re.compile(r"(?<![a-z0-9])[a-z2-7]{32}(?![a-z0-9])", re.IGNORECASE)


def redact(text: str) -> str:
    """Return `text` with a dash for each token."""
    return _BY_SHAPE.sub("-", _IN_ADDRESS.sub(r"\1-", text))


class Redacting(logging.Formatter):
    """Formats with `inner`, tracebacks included, and takes the tokens out of what comes."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record))


def set_up(level: str) -> None:
    """Log to standard error from `level` on; a second call changes nothing."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    redact_all(logging.getLogger())
    # Names each of its plugins whenever it is imported, and each step of a migration.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def redact_all(logger: logging.Logger) -> None:
    """Let each handler of `logger` redact."""
    for handler in logger.handlers:
        if not isinstance(handler.formatter, Redacting):
            handler.setFormatter(Redacting(handler.formatter or logging.Formatter()))
