"""After an import: its rows, its files, taking it back."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from flask import Response, send_file
from sqlalchemy.orm import Session

from portal.api import import_shapes, represent
from portal.api.answers import ApiError
from portal.api.blueprint import config, listed
from portal.api.guard import can, current_actor, require
from portal.api.imports import bp, find
from portal.errors import SheetUnreadable
from portal.extensions import begin_write, db
from portal.imports import handing_out, previews, queries, results, undo
from portal.models import Import

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BYTES = {"type": "string", "format": "binary"}


@bp.get("/<int:import_id>/rows")
@require("import.run")
@bp.arguments(import_shapes.RowQuery, location="query")
@bp.response(200, import_shapes.RowPage)
def rows(given: dict[str, Any], import_id: int) -> dict[str, Any]:
    """List the rows with what became of them; before the import, with what would."""
    session, page, size = db.session(), given["page"], given["size"]
    upload, outcome = find(session, import_id), given["outcome"]
    some = slice((page - 1) * size, page * size)
    if upload.result:
        total = results.count_of(upload.result, outcome)
        kept = results.some_rows(session, upload.id, upload.result, outcome, some)
        return listed(map(represent.row, kept), total, page, size)
    plan = previews.preview_of(session, upload).plan
    found = [row for row in plan.rows if outcome in ("", row.outcome)]
    return listed(map(represent.row, found[some]), len(found), page, size)


@bp.post("/<int:import_id>/undo")
@require("import.run")
@bp.response(200, import_shapes.Undone)
def take_back(import_id: int) -> dict[str, Any]:
    """Take an import back; what was edited or fetched since is left, and listed."""
    begin_write()
    session = db.session()
    find(session, import_id)
    upload = queries.lock_import(session, import_id) or find(session, import_id)
    noted = undo.undo(session, current_actor(), config(), datetime.now(UTC), upload)
    session.commit()
    return noted


@bp.get("/<int:import_id>/problems.xlsx")
@require("import.run")
@bp.response(200, _BYTES, content_type=_WORKBOOK)
def problems(import_id: int) -> Response:
    """Download the list with what is wrong where it is wrong; corrected, it can be uploaded."""
    session = db.session()
    upload = _own_or_harmless(session, import_id)
    content = handing_out.problems_workbook(session, upload)
    return _attached(content, handing_out.problems_name(upload), _WORKBOOK)


@bp.get("/<int:import_id>/file")
@require("import.run")
@bp.response(200, _BYTES, content_type="application/octet-stream")
def download(import_id: int) -> Response:
    """Download the list as it was uploaded."""
    upload = _own_or_harmless(db.session(), import_id)
    return _attached(upload.content, upload.filename, "application/octet-stream")


@bp.get("/template.xlsx")
@require("import.run")
@bp.response(200, _BYTES, content_type=_WORKBOOK)
def template() -> Response:
    """Download a workbook to fill in."""
    return _attached(handing_out.template_workbook(db.session()), "devices.xlsx", _WORKBOOK)


def _own_or_harmless(session: Session, import_id: int) -> Import:
    """Return an upload whose file may be handed out; one with passwords only to its uploader."""
    upload = find(session, import_id)
    if upload.uploaded_by == current_actor().name or can("secret.show"):
        return upload
    try:
        is_harmless = not handing_out.holds_secrets(session, upload)
    except SheetUnreadable:
        is_harmless = False
    if not is_harmless:
        message = "The list may hold passwords: that takes its uploader, or the scope “secrets”"
        raise ApiError(403, "forbidden", message)
    return upload


def _attached(content: bytes, name: str, mimetype: str) -> Response:
    return send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
