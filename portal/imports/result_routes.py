"""After the import: taking it back. And the files: the template, the list, the error workbook."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from flask import Response, abort, current_app, send_file, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, ask, overtaken
from portal.errors import RuleBroken, SheetUnreadable
from portal.extensions import begin_write, db
from portal.imports import handing_out, queries, undo
from portal.imports.answers import shown
from portal.imports.blueprint import bp, may_download, upload_or_404
from portal.models import Import
from portal.security import current_actor, require
from portal.values import counted

_IN_GENERAL = (
    "Devices that it added are deleted, those that it changed get their old values again. What was "
    "edited since is left."
)


@bp.get("/<int:import_id>/undo")
@require("import.run")
def confirm_undo(import_id: int) -> ResponseReturnValue:
    session = db.session()
    upload = upload_or_404(session, import_id)
    try:
        return ask(_taking_back(upload, _told(undo.foresee(session, upload))))
    except RuleBroken as broken:
        return shown(session, import_id, broken.message, 422)


def _taking_back(upload: Import, text: str) -> Question:
    back = url_for("imports.show", import_id=upload.id)
    return Question(
        [upload], f"Take the import of “{upload.filename}” back?", text, "Take it back", back
    )


def _told(found: undo.Undo) -> str:
    added, changed, kept = len(found.added), len(found.changed), len(found.kept)
    told = []
    if added:
        told.append(f"{counted(added, 'device')} that it added will be deleted.")
    if changed:
        told.append(f"{counted(changed, 'device')} that it changed will get the old values again.")
    if kept:
        told.append(f"{counted(kept, 'device')}, edited, fetched or deleted since, will be left.")
    return " ".join(told)


@bp.post("/<int:import_id>/undo")
@require("import.run")
def take_back(import_id: int) -> ResponseReturnValue:
    session, config = db.session(), current_app.config["PORTAL"]
    begin_write()
    upload = queries.lock_import(session, import_id) or abort(404)
    if again := overtaken(_taking_back(upload, _IN_GENERAL)):
        return again
    try:
        undo.undo(session, current_actor(), config, datetime.now(UTC), upload)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(session, import_id, broken.message, 422)
    htmx.toast("The import is taken back")
    return htmx.see_other("imports.show", import_id=import_id)


@bp.get("/<int:import_id>/file")
@require("import.run")
def download(import_id: int) -> ResponseReturnValue:
    """Send the uploaded file as it came; never shown in the browser, whatever it holds."""
    session = db.session()
    upload = upload_or_404(session, import_id)
    if not may_download(session, upload):
        abort(403)
    return _attached(upload.content, upload.filename, "application/octet-stream")


@bp.get("/<int:import_id>/problems.xlsx")
@require("import.run")
def problems(import_id: int) -> ResponseReturnValue:
    """Send the list with what is wrong where it is wrong."""
    from portal.imports.workbook_cells import MIMETYPE  # openpyxl takes long to load

    session = db.session()
    upload = upload_or_404(session, import_id)
    if not may_download(session, upload):
        abort(403)
    try:
        content = handing_out.problems_workbook(session, upload)
    except SheetUnreadable:
        abort(404)
    return _attached(content, handing_out.problems_name(upload), MIMETYPE)


@bp.get("/template.xlsx")
@require("import.run")
def template() -> ResponseReturnValue:
    from portal.imports.workbook_cells import MIMETYPE  # openpyxl takes long to load

    return _attached(handing_out.template_workbook(db.session()), "devices.xlsx", MIMETYPE)


def _attached(content: bytes, name: str, mimetype: str) -> Response:
    return send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
