"""After a list is imported, or instead: taking it back, deleting it; and the workbooks."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from flask import Response, abort, current_app, send_file
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, ask, overtaken
from portal.customers import queries as customers
from portal.errors import RuleBroken, SheetUnreadable
from portal.extensions import begin_write, db
from portal.imports import service as imports
from portal.imports.blueprint import discarded
from portal.list_imports import page, undo, workbooks
from portal.list_imports.kinds import Act, Kind
from portal.list_imports.road import Road, find, locked, preview, shown
from portal.models import Import
from portal.security import current_actor
from portal.values import counted

_IN_GENERAL = (
    "What it added is deleted, what it changed gets its old values again. What was edited since or "
    "is in use stays as it is, and so do new passwords."
)


def confirm_undo(road: Road, import_id: int) -> ResponseReturnValue:
    """Ask before an import is taken back."""
    session = db.session()
    upload = find(road, session, import_id)
    try:
        found = undo.foresee(session, road.kind, upload)
    except RuleBroken as broken:
        return shown(road, session, import_id, broken.message, 422)
    return ask(_taking_back(road, upload, _foreseen(road.kind, found)))


def _taking_back(road: Road, upload: Import, text: str) -> Question:
    question = f"Take the import of “{upload.filename}” back?"
    back = road.url("show_list", import_id=upload.id)
    return Question([upload], question, text, "Take it back", back)


def _foreseen(kind: Kind, found: undo.Undo) -> str:
    parts = [
        (len(found.added), kind.noun, "that it added will be deleted"),
        (len(found.changed), kind.noun, "that it changed will get the old values again"),
        (len(found.kept), kind.noun, "edited, used or deleted since will be left"),
    ]
    told = [f"{counted(count, noun)} {what}." for count, noun, what in parts if count]
    if found.secrets:
        told.append(page.secrets_sentence(found.secrets))
    return " ".join(told)


def take_back(road: Road, import_id: int) -> ResponseReturnValue:
    """Take an import back."""
    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    upload = locked(road, session, import_id)
    if again := overtaken(_taking_back(road, upload, _IN_GENERAL)):
        return again
    act = Act(session, current_actor(), sealer, datetime.now(UTC), import_id)
    try:
        undo.undo(act, road.kind, upload)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(road, session, import_id, broken.message, 422)
    htmx.toast("The import is taken back")
    return htmx.see_other(f"{road.blueprint}.show_list", import_id=import_id)


def confirm_discard(road: Road, import_id: int) -> ResponseReturnValue:
    """Ask before an upload is deleted."""
    return ask(_discarding(road, find(road, db.session(), import_id)))


def _discarding(road: Road, upload: Import) -> Question:
    text = "The uploaded file and the choices for it are deleted. Nothing of it was imported."
    back = road.url("show_list", import_id=upload.id)
    return Question(discarded(upload), f"Discard “{upload.filename}”?", text, "Discard", back)


def discard(road: Road, import_id: int) -> ResponseReturnValue:
    """Delete an upload that waits."""
    begin_write()
    session = db.session()
    upload = locked(road, session, import_id)
    if again := overtaken(_discarding(road, upload)):
        return again
    try:
        imports.discard(session, current_actor(), upload)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(road, session, import_id, broken.message, 422)
    htmx.toast(f"“{upload.filename}” is discarded")
    return htmx.see_other(f"{road.blueprint}.new_list")


def problems(road: Road, import_id: int) -> Response:
    """Send the list with what is wrong where it is wrong."""
    session = db.session()
    upload = find(road, session, import_id)
    tables = (upload.result or {}).get("tables")
    plan = None if tables else preview(road, session, upload).plan
    if not page.may_download(road.kind, upload, tables or (plan.tables if plan else ())):
        abort(403)
    try:
        content = workbooks.problems_workbook(session, road.kind, upload, plan)
    except SheetUnreadable:
        abort(404)
    return _attached(content, workbooks.problems_name(upload))


def template(road: Road) -> Response:
    """Send an empty workbook with the headers."""
    names = [customer.name for customer in customers.all_customers(db.session())]
    content = workbooks.template_workbook(db.session(), road.kind, names)
    return _attached(content, f"{road.kind.key}.xlsx")


def _attached(content: bytes, name: str) -> Response:
    from portal.imports.workbook_cells import MIMETYPE  # openpyxl takes long to load

    return send_file(io.BytesIO(content), mimetype=MIMETYPE, as_attachment=True, download_name=name)
