"""Columns that lie sealed in the database: what is in them may hold a password."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

# Fernet's version byte, as base64 begins with it.
MARK = "gAAAAA"


class SealedBytes(TypeDecorator[bytes]):
    """Bytes, sealed with the key outside the database. Needs an app context.

    What was stored before there were seals is read as it lies.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else current_app.extensions["sealer"].seal_bytes(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        if value is None or not value.startswith(MARK.encode()):
            return value
        opened: bytes = current_app.extensions["sealer"].open_bytes(value)
        return opened


class SealedDict(TypeDecorator[dict[str, Any]]):
    """A JSON object, sealed unless it is empty. Needs an app context where there is something."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        if not value:
            return None if value is None else "{}"
        text = json.dumps(value, ensure_ascii=False)
        sealed: str = current_app.extensions["sealer"].seal(text)
        return sealed

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        if value is None or value == "{}":
            return None if value is None else {}
        if value.startswith(MARK):
            value = current_app.extensions["sealer"].open(value)
        told: dict[str, Any] = json.loads(value)
        return told
