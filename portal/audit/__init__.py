"""Who did what to what: `record` writes an audit entry, `diff` says what changed.

A secret never reaches an entry: it appears as “changed”, by the name it has or where the caller
says so.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect, update
from sqlalchemy.orm import Session

from portal.customer_limits import beyond
from portal.extensions import Base
from portal.models import AuditEntry

CHANGED = "changed"
# A setting that is sent empty; None says that there is no value of its own.
EMPTY = "(empty)"

# Such as admin.password, digest_secret_sealed, site_token, password_hash.
_SECRET_NAME = re.compile(r"password|passphrase|secret|token|sealed", re.IGNORECASE)
# What people call an object, in the order tried.
_NAMES = ("name", "mac", "user_name", "filename")

Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Actor:
    """Who acts: a user's name, or “command line”; `address` is where from, if over the network,
    and `via` the name of the API token, if it is a program.

    `batch` marks all entries of one act that changes several things.
    """

    name: str
    address: str = ""
    via: str = ""
    batch: str | None = None

    def in_one_act(self) -> Actor:
        """Return the actor for an act whose entries belong together, and are undone together."""
        return self if self.batch else replace(self, batch=uuid.uuid4().hex)


def record(
    session: Session,
    actor: Actor,
    action: str,
    obj: Base,
    changes: Changes,
    import_id: int | None = None,
) -> AuditEntry:
    """Add an entry that `actor` did `action` ("port.assign") to `obj`.

    `changes` maps a name to (before, after). A new object must have been flushed, to have its id.
    """
    entry = AuditEntry(
        actor=actor.name,
        action=action,
        object_type=type_of(obj),
        object_id=getattr(obj, "id", None),
        object_name=name_of(obj)[:200],
        changes={
            name: [None, CHANGED] if is_secret(name) else [json_safe(before), json_safe(after)]
            for name, (before, after) in changes.items()
        },
        address=actor.address,
        via=actor.via,
        import_id=import_id,
        batch=actor.batch,
    )
    session.add(entry)
    return entry


def record_export(
    session: Session, actor: Actor, action: str, name: str, rows: int, filters: Mapping[str, Any]
) -> AuditEntry:
    """Add an entry that `actor` took `rows` rows of a list, all that `filters` let through."""
    used = {key: json_safe(value) for key, value in filters.items() if value}
    entry = AuditEntry(
        actor=actor.name,
        action=action,
        object_type=action.partition(".")[0],
        object_id=None,
        object_name=name[:200],
        changes={"rows": [None, rows], **({"filter": [None, used]} if used else {})},
        address=actor.address,
        via=actor.via,
    )
    session.add(entry)
    return entry


def mark_since(
    session: Session,
    actor: Actor,
    newest: int,
    *,
    import_id: int | None = None,
    bulk_id: int | None = None,
) -> None:
    """Tie the entries that verbs wrote after entry `newest`, in this transaction, to a batch."""
    session.flush()
    own = (
        update(AuditEntry)
        .where(AuditEntry.id > newest, AuditEntry.actor == actor.name)
        .where(AuditEntry.import_id.is_(None), AuditEntry.bulk_id.is_(None))
        .values(import_id=import_id, bulk_id=bulk_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(beyond(own))  # those of what was deleted too


def diff(
    before: Mapping[str, Any], after: Mapping[str, Any], secret_keys: Iterable[str] = frozenset()
) -> dict[str, tuple[Any, Any]]:
    """Return what differs, as (before, after) by name; a name that one side lacks counts as None.

    What is secret, by `secret_keys` or by its name, is only said to have changed.
    """
    secret = frozenset(secret_keys)
    changes: dict[str, tuple[Any, Any]] = {}
    for name in dict.fromkeys([*before, *after]):
        pair = before.get(name), after.get(name)
        if pair[0] != pair[1]:
            changes[name] = (None, CHANGED) if name in secret or is_secret(name) else pair
    return changes


def is_secret(name: str) -> bool:
    """Does a field, column or setting of this name hold a secret?"""
    return bool(_SECRET_NAME.search(name))


def name_of(obj: Base) -> str:
    """Return what people call `obj`: its name, MAC or user name."""
    for attribute in _NAMES:
        if name := getattr(obj, attribute, None):
            return str(name)
    return f"{type_of(obj)} {getattr(obj, 'id', '')}".strip()


def json_safe(value: Any) -> Any:
    """Return `value` in types that JSON has; objects by name, secrets inside as “changed”."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {
            str(name): CHANGED if is_secret(str(name)) else json_safe(inner)
            for name, inner in value.items()
        }
    if isinstance(value, set | frozenset):
        return sorted((json_safe(inner) for inner in value), key=str)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [json_safe(inner) for inner in value]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return name_of(value) if inspect(value, raiseerr=False) is not None else str(value)


def type_of(obj: Base) -> str:
    """Return what entries call the kind of `obj`: sip_account for a SipAccount."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(obj).__name__).lower()
