"""Reading the audit: a page of entries under a filter, quick with a million of them.

Entries are read newest first from a point on, and nothing is counted: every filter but a text is
answered from an index (models/audit.py), so that only what is shown is read. A text stands nowhere
in an index, so it is sought in a stretch of entries at a time, and the page says how far that went.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from portal.audit.words import actions_of
from portal.imports.macs import macs_in
from portal.models import AuditEntry, Customer, Device, Import, Profile, SipAccount

# How many entries are looked through for a text at a time.
STRETCH = 50_000
# Microseconds since 1970 and an id: 1795411200000000-12. As many digits as a year 9999 has.
_MARK = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Mark:
    """A place in the list: the entry that it stands behind."""

    at: datetime
    id: int

    def __str__(self) -> str:
        """Return it as it stands in an address: microseconds since 1970, then the id."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


@dataclass(frozen=True)
class Filters:
    """What the audit is narrowed to; empty and None: not narrowed.

    `object_type` and `object_id` name one thing; `since` counts, `until` does not any more.
    """

    q: str = ""
    actor: str = ""
    group: str = ""
    object_type: str = ""
    object_id: int | None = None
    import_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """A page of entries. `older`: where the next one begins, None at the end; `looked_to`: a text
    was sought back to there only, and `older` goes on from it."""

    entries: list[AuditEntry]
    older: Mark | None
    looked_to: datetime | None = None


def read_mark(text: str) -> Mark | None:
    """Return the place that an address names; None where it names none."""
    match = _MARK.fullmatch(text)
    if not match:
        return None
    return Mark(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))


def page_of_entries(session: Session, filters: Filters, behind: Mark | None, size: int) -> Found:
    """Return up to `size` entries, newest first, from behind a mark on."""
    if not filters.q.strip():
        entries = list(session.scalars(_ordered(_from(matching(filters), behind)).limit(size + 1)))
        more = len(entries) > size
        return Found(entries[:size], _mark_of(entries[size - 1]) if more else None)
    return _page_with_text(session, filters, behind, size)


def _page_with_text(session: Session, filters: Filters, behind: Mark | None, size: int) -> Found:
    ids = _ordered(_from(matching(filters), behind)).with_only_columns(AuditEntry.id)
    stretch = ids.limit(STRETCH).subquery()
    found = select(AuditEntry).where(AuditEntry.id.in_(select(stretch.c.id)))
    found = found.where(_holds(filters.q.strip()))
    entries = list(session.scalars(_ordered(found).limit(size + 1)))
    if len(entries) > size:
        return Found(entries[:size], _mark_of(entries[size - 1]))
    place = ids.with_only_columns(AuditEntry.at, AuditEntry.id)
    end = session.execute(place.offset(STRETCH - 1).limit(1)).first()
    return Found(entries, Mark(*end), end[0]) if end else Found(entries, None)


def matching(filters: Filters) -> Select[AuditEntry]:
    """Return the statement of the entries that all but the text of `filters` lets through."""
    found = select(AuditEntry)
    if filters.actor:
        found = found.where(AuditEntry.actor == filters.actor)
    if filters.group:
        found = found.where(AuditEntry.action.in_(actions_of(filters.group)))
    if filters.object_type:
        found = found.where(AuditEntry.object_type == filters.object_type)
    if filters.object_id is not None:
        found = found.where(AuditEntry.object_id == filters.object_id)
    if filters.import_id is not None:
        found = found.where(AuditEntry.import_id == filters.import_id)
    if filters.since:
        found = found.where(AuditEntry.at >= filters.since)
    if filters.until:
        found = found.where(AuditEntry.at < filters.until)
    return found


def everything(filters: Filters) -> Select[AuditEntry]:
    """Return the statement of all entries that `filters` lets through, newest first."""
    found = matching(filters)
    return _ordered(found.where(_holds(filters.q.strip())) if filters.q.strip() else found)


def _holds(text: str) -> Any:
    """Does an entry hold `text`: in the name of its object, in what changed, in the address?"""
    changes = cast(AuditEntry.changes, Text)
    ways: list[Any] = []
    for one in macs_in(text) or [text]:  # a MAC as it is stored
        ways += [
            AuditEntry.object_name.icontains(one, autoescape=True),
            changes.icontains(json.dumps(one)[1:-1], autoescape=True),
            AuditEntry.address.icontains(one, autoescape=True),
        ]
    return or_(*ways)


def _from(found: Select[AuditEntry], behind: Mark | None) -> Select[AuditEntry]:
    if behind is None:
        return found
    same = and_(AuditEntry.at == behind.at, AuditEntry.id < behind.id)
    # The first condition says where in the index to begin.
    return found.where(AuditEntry.at <= behind.at, or_(AuditEntry.at < behind.at, same))


def _ordered(found: Select[AuditEntry]) -> Select[AuditEntry]:
    return found.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())


def _mark_of(entry: AuditEntry) -> Mark:
    return Mark(entry.at, entry.id)


# Where the page of an object is: by type, the column that stands in its address.
_KEYS = {
    "device": (Device.id, Device.mac, "/devices/{}"),
    "sip_account": (SipAccount.id, SipAccount.id, "/accounts/{}"),
    "customer": (Customer.id, Customer.id, "/customers/{}"),
    "profile": (Profile.id, Profile.id, "/profiles/{}"),
    "import": (Import.id, Import.id, "/imports/{}"),
}


def links_for(session: Session, entries: list[AuditEntry]) -> dict[tuple[str, int], str]:
    """Return the address of each object that entries name and that is there still."""
    links: dict[tuple[str, int], str] = {}
    for kind, (number, key, address) in _KEYS.items():
        wanted = {e.object_id for e in entries if e.object_type == kind and e.object_id}
        if wanted:
            rows = session.execute(select(number, key).where(number.in_(wanted)))
            links |= {(kind, row[0]): address.format(row[1]) for row in rows}
    if any(entry.object_type == "site" for entry in entries):
        links["site", 1] = "/settings"
    return links


def latest_imports(session: Session, limit: int) -> list[tuple[int, str]]:
    """Return the newest imports that were stored: id, and file name with the day."""
    found = select(AuditEntry.object_id, AuditEntry.object_name, AuditEntry.at)
    # From the index of objects; the imports themselves hold whole files.
    found = found.where(AuditEntry.object_type == "import", AuditEntry.action == "import.apply")
    rows = session.execute(found.order_by(AuditEntry.object_id.desc()).limit(limit))
    return [(number or 0, f"{name}, {at:%Y-%m-%d}") for number, name, at in rows]


def import_names(session: Session, entries: list[AuditEntry]) -> dict[int, str]:
    """Return the file names of the imports that entries belong to."""
    wanted = {entry.import_id for entry in entries if entry.import_id}
    rows = session.execute(select(Import.id, Import.filename).where(Import.id.in_(wanted)))
    return dict(rows.all())
