"""Writing imports: keep an upload, choose for it, apply it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.errors import RuleBroken, SheetUnreadable
from portal.imports import mapping_service, previews, results
from portal.imports.apply import Applied, Tell, apply, say_nothing
from portal.imports.bulk import in_bulk
from portal.imports.plan import Plan
from portal.imports.previews import Preview
from portal.imports.read import Options
from portal.imports.shown import told_json
from portal.models import Import, ImportRows

WAITING_DAYS = 30  # that an upload is kept which nobody imports


CHANGED = "Something changed since this preview was made; look at it again, then import"


class PlanChanged(RuleBroken):
    """What the list would do is not what the person saw."""


def keep_upload(
    session: Session, actor: Actor, filename: str, data: bytes, options: Options, now: datetime
) -> Import:
    """Keep an uploaded list with the choices for it; nothing is imported yet."""
    return keep(session, new_upload(actor, filename, data, options, now))


def new_upload(
    actor: Actor,
    filename: str,
    data: bytes,
    options: Options,
    now: datetime,
    request_key: str | None = None,
) -> Import:
    """Return an uploaded list that is not kept yet. Raises SheetUnreadable when it is empty.

    `request_key`: no two uploads that are kept have the same one.
    """
    if not data:
        raise SheetUnreadable("The file is empty; save the list again and upload that")
    return Import(
        filename=filename.replace("\\", "/").rpartition("/")[2][:200] or "list",
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        uploaded_at=now,
        uploaded_by=actor.name,
        options=options.as_json(),
        request_key=request_key,
    )


def keep(session: Session, upload: Import) -> Import:
    """Keep what `new_upload` returned; what has waited for a month goes."""
    _discard_old(session, upload.uploaded_at - timedelta(days=WAITING_DAYS), upload.uploaded_by)
    session.add(upload)
    session.flush()
    return upload


def discard(session: Session, actor: Actor, upload: Import) -> None:
    """Delete an upload that waits. Raises RuleBroken once it is imported, or being imported."""
    if upload.applied_at is not None:
        raise RuleBroken("This list is imported already; take the import back instead")
    if upload.is_job:
        raise RuleBroken("This list is being imported")
    audit.record(session, actor, "import.discard", upload, {"sha256": (upload.sha256, None)})
    session.delete(upload)


def _discard_old(session: Session, before: datetime, who: str) -> None:
    old = select(Import).where(Import.applied_at.is_(None), Import.uploaded_at < before)
    for upload in session.scalars(old):
        if not upload.is_job:
            discard(session, Actor(who), upload)


def choose(
    session: Session, upload: Import, options: Options, all_or_nothing: bool | None = None
) -> None:
    """Change the choices for an upload; `all_or_nothing` None leaves that one alone.

    Raises RuleBroken once it is applied.
    """
    if upload.applied_at is not None:
        raise RuleBroken("This list is imported already; upload it again to import more of it")
    if upload.is_job:
        raise RuleBroken("This list is being imported")
    if all_or_nothing is None:
        all_or_nothing = is_all_or_nothing(upload)
    upload.options = options.as_json() | {"all_or_nothing": all_or_nothing}


def is_all_or_nothing(upload: Import) -> bool:
    """Was it chosen that nothing is imported while any row is held back?"""
    return bool(upload.options.get("all_or_nothing"))


def preview(session: Session, upload: Import) -> Plan:
    """Return what the upload would do now; one that cannot be read: a plan with file_error."""
    return previews.plan_of(session, upload)


def apply_upload(
    session: Session,
    actor: Actor,
    sealer: Sealer,
    config: Config,
    now: datetime,
    upload: Import,
    seen_digest: str,
    all_or_nothing: bool = False,
    ready: Preview | None = None,
    tell: Tell = say_nothing,
) -> Applied:
    """Import what the person saw in the preview. Doing it twice does nothing twice.

    `ready` was made before this transaction began: it saves the time to make it again, unless
    anything was written since. `tell` hears how many rows of how many are stored.

    Raises PlanChanged when it would do something else now, RuleBroken when it was applied before,
    has no readable rows, or has problems while all or nothing is asked.
    """
    first = session.execute(
        update(Import)
        .where(Import.id == upload.id, Import.applied_at.is_(None))
        .values(applied_at=now, applied_by=actor.name)
    )
    if getattr(first, "rowcount", 0) == 0:
        raise RuleBroken("This list is imported already")
    if ready and ready.newest == previews.newest_entry(session):
        plan, digest = ready.plan, ready.digest
    else:
        plan = preview(session, upload)
        digest = plan.digest()
    if plan.file_error:
        raise RuleBroken(plan.file_error)
    if digest != seen_digest:
        raise PlanChanged(CHANGED)
    if all_or_nothing and plan.has_problems():
        raise RuleBroken("Some rows are held back; correct them, or import the good rows only")
    with in_bulk(session):
        applied = apply(session, actor, sealer, config, now, plan, upload.id, tell)
        _keep_rows(session, upload.id, plan, applied)
    options = Options.from_json(upload.options)
    mapping_service.remember(session, actor, now, plan.tables, options)
    if all_or_nothing and applied.failed:
        raise RuleBroken(next(iter(applied.failed.values())))
    upload.applied_at, upload.applied_by, upload.failure = now, actor.name, ""
    upload.result = results.head_of(plan, applied.failed)
    counts = {name: (None, count) for name, count in upload.result["summary"].items() if count}
    audit.record(session, actor, "import.apply", upload, counts, import_id=upload.id)
    return applied


def _keep_rows(session: Session, import_id: int, plan: Plan, applied: Applied) -> None:
    for run in results.runs_of(import_id, plan, applied.failed):
        session.execute(insert(ImportRows), run)


def result_of(plan: Plan, applied: Applied) -> dict[str, Any]:
    """Return what an import did: the plan as JSON, rows that failed while storing as errors."""
    result = told_json(plan)
    for row in result["rows"]:
        if failure := applied.failed.get((row["sheet"], row["row"])):
            result["summary"][row["outcome"]] -= 1
            result["summary"]["error"] += 1
            row["outcome"], row["problem"] = "error", failure
    return result
