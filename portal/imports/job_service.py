"""Long imports as jobs: they wait, begin, end or fail; what became of one stands in its upload."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import Import

STOPPED = (
    "The portal was stopped while it imported this list, so nothing of it is stored; "
    "import it again"
)


def queue_upload(
    session: Session, actor: Actor, now: datetime, upload: Import, seen_digest: str
) -> None:
    """Let a list wait to be imported as the person saw it. Raises RuleBroken when it does."""
    if upload.applied_at is not None:
        raise RuleBroken("This list is imported already")
    if upload.is_job:
        raise RuleBroken("This list is being imported")
    upload.queued_at, upload.started_at, upload.failure = now, None, ""
    upload.queued_by, upload.queued_from = actor.name, actor.address
    upload.plan_digest = seen_digest
    session.flush()


def begin(session: Session, import_id: int, now: datetime) -> bool:
    """Note that a waiting list begins to be imported; False when it does not wait any more."""
    begun = session.execute(
        update(Import)
        .where(Import.id == import_id, Import.queued_at.is_not(None))
        .where(Import.started_at.is_(None), Import.applied_at.is_(None))
        .values(started_at=now)
    )
    return getattr(begun, "rowcount", 0) == 1


def actor_of(upload: Import) -> Actor:
    """Return who asked for a job."""
    return Actor(upload.queued_by, upload.queued_from)


def fail(session: Session, import_id: int, sentence: str) -> None:
    """Note why a list was not imported; it can be imported again."""
    session.execute(
        update(Import)
        .where(Import.id == import_id, Import.applied_at.is_(None))
        .values(queued_at=None, started_at=None, failure=sentence)
    )


def fail_interrupted(session: Session) -> None:
    """Note of all that had begun and not ended that they were interrupted; none may be running."""
    session.execute(
        update(Import)
        .where(Import.started_at.is_not(None), Import.applied_at.is_(None))
        .values(queued_at=None, started_at=None, failure=STOPPED)
    )


def waiting(session: Session) -> list[int]:
    """Return the ids of lists that wait to be imported, oldest first."""
    return list(
        session.scalars(
            select(Import.id)
            .where(Import.queued_at.is_not(None), Import.started_at.is_(None))
            .where(Import.applied_at.is_(None))
            .order_by(Import.queued_at)
        )
    )
