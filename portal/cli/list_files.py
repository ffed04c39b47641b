"""Lists of SIP accounts and of customers, for ``portal account import`` and its like."""

from __future__ import annotations

from pathlib import Path

from portal.cli.run import Answer, Work
from portal.errors import RuleBroken, SheetUnreadable
from portal.imports import service as imports
from portal.imports.labels import HELD_BACK
from portal.list_imports import previews, service
from portal.list_imports.kinds import Act, Kind
from portal.list_imports.plan import Plan
from portal.list_imports.reading import Choices
from portal.list_imports.shown import plan_json


def import_list(work: Work, kind: Kind, file: Path, dry_run: bool, customer: str = "") -> Answer:
    """Import a file, the good rows of it; with `dry_run` say what that would do."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RuleBroken(f"{file} cannot be read: {error.strerror}") from None
    chosen = Choices(customer=customer, may_add_customers=True)
    try:
        upload = service.new_upload(work.actor, kind, file.name, data, chosen, work.now)
    except SheetUnreadable as unreadable:
        told = plan_json(Plan(file_error=str(unreadable)), kind.fields)
        return Answer(f"Error: {unreadable}", told, exit_code=2)
    imports.keep(work.session, upload)
    found = previews.preview_of(work.session, kind, work.sealer, upload)
    plan, told = found.plan, plan_json(found.plan, kind.fields)
    if refused := plan.file_error or plan.question:
        work.session.rollback()
        return Answer(f"Error: {refused}", told, exit_code=2)
    is_done = bool(plan.stores()) and not dry_run
    if is_done:
        act = Act(work.session, work.actor, work.sealer, work.now, upload.id)
        sealed = kind.seal(work.sealer, plan.stores())
        service.apply_upload(act, kind, upload, found.digest, found, sealed)
    else:
        work.session.rollback()
    held = any(found.summary[name] for name in HELD_BACK)
    said = "Imported" if is_done else "Would do" if dry_run else "Nothing to import"
    return Answer(f"{said}: {_text(plan)}", told, exit_code=1 if held else 0)


def _text(plan: Plan) -> str:
    counted = [f"{n} {name.replace('_', ' ')}" for name, n in plan.summary().items() if n]
    lines = [", ".join(counted) or "no rows"]
    for row in plan.rows:
        for problem in row.problems.values():
            sheet, number = row.place
            lines.append(f"{sheet} row {number}: {problem}")
    return "\n".join(lines)
