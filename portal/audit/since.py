"""What people did to one thing lately, each act in a sentence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import type_of
from portal.audit.shown import changes_of
from portal.audit.words import words_for
from portal.extensions import Base
from portal.models import AuditEntry
from portal.shell import ago

MOST = 3  # acts told, and changes of each


def done_since(session: Session, thing: Base, at: datetime, now: datetime, me: str) -> list[str]:
    """Return what was done to `thing` since `at`, latest first; `me` is called “you”.

    Such as: Anna, 2 min ago: Changed (customer: Oak → Elm)
    """
    entries = (
        select(AuditEntry)
        .where(AuditEntry.object_type == type_of(thing), AuditEntry.at >= at)
        .where(AuditEntry.object_id == getattr(thing, "id", None))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(MOST)
    )
    return [_told(entry, now, me) for entry in session.scalars(entries)]


def _told(entry: AuditEntry, now: datetime, me: str) -> str:
    who = "You" if entry.actor == me else entry.actor
    changes = "; ".join(map(str, changes_of(entry)[:MOST]))
    details = f" ({changes})" if changes else ""
    return f"{who}, {ago(entry.at, now)}: {words_for(entry.action)}{details}"
