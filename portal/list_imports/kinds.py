"""What differs between lists of SIP accounts and of customers; the rest of this folder is shared.

Each feature makes its own: sip_accounts/list_kind.py, customers/list_kind.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.crypto import Sealer
from portal.list_imports.fields import Field
from portal.list_imports.headers import Words, words_of
from portal.list_imports.plan import Row
from portal.list_imports.reading import Choices

# Where a row stands -> what was sealed for it before the database is locked.
Sealed = Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Act:
    """Who stores or takes back a list, when, and of which import that is a part."""

    session: Session
    actor: Actor
    sealer: Sealer
    now: datetime
    import_id: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list.

    `keys` are the fields that say what a row is about; one of them must have a column. `compare`
    fills in key, stored, changes and problems of rows. `seal` makes the secrets that rows need,
    `store` stores rows that are new or changed. `object_type` is what the audit calls a thing;
    `harmless` are its actions that change nothing.

    To take an import back: `names_of` those that still exist, `in_use` says why one must stay,
    `remove` deletes, `restore` gives old values (as the audit names them) back and returns why one
    does not take them.
    """

    key: str
    noun: str
    fields: Sequence[Field]
    keys: Sequence[str]
    object_type: str
    compare: Callable[[Session, Sealer, Sequence[Row], Choices], None]
    seal: Callable[[Sealer, Sequence[Row]], Sealed]
    store: Callable[[Act, Sequence[Row], Sealed], None]
    names_of: Callable[[Session, Collection[int]], Mapping[int, str]]
    in_use: Callable[[Session, Collection[int]], Mapping[int, str]]
    remove: Callable[[Act, Sequence[int]], None]
    restore: Callable[[Act, Mapping[int, Mapping[str, Any]]], Mapping[int, str]]
    takes_customer: bool = False
    harmless: Collection[str] = ()

    @property
    def words(self) -> Words:
        """Return the words above its columns."""
        return words_of(self.key)

    def field(self, key: str) -> Field:
        """Return one of its fields."""
        return next(field for field in self.fields if field.key == key)
