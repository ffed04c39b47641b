"""Writing lists: keep an upload, choose for it, import it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.imports import previews as newest
from portal.imports import results
from portal.imports import service as imports
from portal.imports.bulk import in_bulk
from portal.imports.read import Options
from portal.list_imports.kinds import Act, Kind, Sealed
from portal.list_imports.plan import Plan
from portal.list_imports.previews import ListPreview, preview_of
from portal.list_imports.reading import Choices
from portal.list_imports.shown import fields_of, kept_row, tables_json
from portal.models import Import, ImportRows


def new_upload(
    actor: Actor, kind: Kind, filename: str, data: bytes, choices: Choices, now: datetime
) -> Import:
    """Return an uploaded list with the choices for it, to be kept by imports.service.keep."""
    upload = imports.new_upload(actor, filename, data, Options(), now)
    upload.options = _options(kind, choices)
    return upload


def _options(kind: Kind, choices: Choices) -> dict[str, Any]:
    return {"list": kind.key, **choices.as_json()}


def choose(kind: Kind, upload: Import, choices: Choices) -> None:
    """Change the choices for an upload. Raises RuleBroken once it is imported."""
    if upload.applied_at is not None:
        raise RuleBroken("This list is imported already; upload it again to import more of it")
    upload.options = _options(kind, choices)


def apply_upload(
    act: Act, kind: Kind, upload: Import, seen_digest: str, ready: ListPreview, sealed: Sealed
) -> Plan:
    """Import what the person saw in the preview. Doing it twice does nothing twice.

    `ready` and `sealed` were made before this transaction began; `ready` is made again if anything
    was written since. Raises PlanChanged when the list would do something else now, RuleBroken when
    it was imported before, or has nothing to import.
    """
    session, actor = act.session, act.actor
    first = session.execute(
        update(Import)
        .where(Import.id == upload.id, Import.applied_at.is_(None))
        .values(applied_at=act.now, applied_by=actor.name)
    )
    if getattr(first, "rowcount", 0) == 0:
        raise RuleBroken("This list is imported already")
    begun = newest.newest_entry(session)
    if ready.newest != begun:
        ready = preview_of(session, kind, act.sealer, upload)
    if ready.digest != seen_digest:
        raise imports.PlanChanged(imports.CHANGED)
    plan = ready.plan
    if not plan.stores():
        raise RuleBroken(plan.file_error or plan.question or "There is nothing to import")
    with in_bulk(session):
        kind.store(act, plan.stores(), sealed)
        _keep(session, kind, upload, plan)
    upload.applied_at, upload.applied_by = act.now, actor.name
    counts = {name: (None, count) for name, count in ready.summary.items() if count}
    audit.record(session, actor, "import.apply", upload, counts, import_id=upload.id)
    audit.mark_since(session, actor, begun or 0, import_id=upload.id)
    return plan


def _keep(session: Session, kind: Kind, upload: Import, plan: Plan) -> None:
    """Keep what became of each row."""
    rows = (kept_row(row, kind.fields) for row in plan.rows)
    for run in results.runs_with(upload.id, rows, plan.left_out):
        session.execute(insert(ImportRows), run)
    outcomes = [row.outcome for row in plan.rows]
    upload.result = {
        "tables": tables_json(plan.tables),
        "fields": [field.key for field in fields_of(plan, kind.fields)],
        **results.counted_outcomes(outcomes, len(plan.left_out)),
    }
