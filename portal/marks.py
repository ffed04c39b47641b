"""Marks of what a person saw: a form carries one along, and is stale once another one is true.

A mark is made of what decides, and of nothing else: who edits a label does not care that the phone
called in meanwhile.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect

from portal.crypto import digest_of
from portal.extensions import Base

# What the portal writes by itself, by table: no question depends on it.
_MOVING = {
    "users": {"last_sign_in_at", "totp_step"},
    "passkeys": {"sign_count", "used_at"},
    "api_tokens": {"last_used_at", "last_used_from"},
}
# What the phones' road writes beside the version, and questions depend on.
_BESIDE = {"devices": ("token_hash", "locked_at", "reset_at", "reset_address")}


def mark_of(*told: Any) -> str:
    """Return a mark of rows and plain values: other ones have another mark.

    Of a row with a version that counts; of any other one all that it says.
    """
    return digest_of(repr([_said(one) for one in told]))[:16]


def version_of(*told: Any) -> str:
    """Return what a form that acts on `told` carries along: their mark, and when it was drawn."""
    if not told:
        raise ValueError("A form acts on something: say on what")
    return f"{mark_of(*told)} {int(time.time())}"


def drawn_at(version: str) -> datetime | None:
    """Return when the form was drawn that carried `version`; None where that does not tell."""
    seconds = version.partition(" ")[2]
    if not seconds.isdecimal() or len(seconds) > 11:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _said(one: Any) -> Any:
    if not isinstance(one, Base):
        return _plain(one)
    mapper = inspect(type(one))
    table = one.__tablename__
    if mapper.version_id_col is not None:
        names = [mapper.get_property_by_column(mapper.version_id_col).key, *_BESIDE.get(table, ())]
    else:
        moving = _MOVING.get(table, ())
        names = [p.key for p in mapper.column_attrs if not p.deferred and p.key not in moving]
    key = [getattr(one, mapper.get_property_by_column(c).key) for c in mapper.primary_key]
    return [table, *key, *(_plain(getattr(one, name)) for name in names)]


def _plain(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value
