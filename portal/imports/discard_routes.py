"""Deleting an upload that nobody is going to import."""

from __future__ import annotations

from flask import abort, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, ask, overtaken
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.imports import queries, service
from portal.imports.answers import shown
from portal.imports.blueprint import bp, discarded, may_discard, upload_or_404
from portal.models import Import
from portal.security import current_actor, require


@bp.get("/<int:import_id>/discard")
@require("import.run")
def confirm_discard(import_id: int) -> ResponseReturnValue:
    upload = upload_or_404(db.session(), import_id)
    if not may_discard(upload):
        abort(403)
    return ask(_discarding(upload))


@bp.post("/<int:import_id>/discard")
@require("import.run")
def discard(import_id: int) -> ResponseReturnValue:
    session = db.session()
    begin_write()
    upload = queries.lock_import(session, import_id) or abort(404)
    if not may_discard(upload):
        abort(403)
    if again := overtaken(_discarding(upload)):
        return again
    try:
        service.discard(session, current_actor(), upload)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(session, import_id, broken.message, 422)
    htmx.toast(f"“{upload.filename}” is discarded")
    return htmx.see_other("imports.index")


def _discarding(upload: Import) -> Question:
    text = "The uploaded file and the choices for it are deleted. Nothing of it was imported."
    back = url_for("imports.show", import_id=upload.id)
    return Question(discarded(upload), f"Discard “{upload.filename}”?", text, "Discard", back)
