"""Deleting an upload that nobody is going to import."""

from __future__ import annotations

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.imports import queries, service
from portal.imports.answers import shown
from portal.imports.blueprint import bp, may_discard, upload_or_404
from portal.security import current_actor, require


@bp.get("/<int:import_id>/discard")
@require("import.run")
def confirm_discard(import_id: int) -> ResponseReturnValue:
    upload = upload_or_404(db.session(), import_id)
    if not may_discard(upload):
        abort(403)
    return render_template(
        "shared/confirm.html",
        question=f"Discard “{upload.filename}”?",
        text="The uploaded file and the choices for it are deleted. Nothing of it was imported.",
        act="Discard",
        back=url_for("imports.show", import_id=import_id),
    )


@bp.post("/<int:import_id>/discard")
@require("import.run")
def discard(import_id: int) -> ResponseReturnValue:
    session = db.session()
    begin_write()
    upload = queries.lock_import(session, import_id) or abort(404)
    if not may_discard(upload):
        abort(403)
    try:
        service.discard(session, current_actor(), upload)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(session, import_id, broken.message, 422)
    htmx.toast(f"“{upload.filename}” is discarded")
    return htmx.see_other("imports.index")
