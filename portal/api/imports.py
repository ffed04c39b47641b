"""Imports: a list goes in, its preview comes back, and it is imported. The engine is the pages'."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from flask import current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import crypto
from portal.api import answers, import_shapes, represent
from portal.api import shapes as common
from portal.api.answers import ApiError
from portal.api.blueprint import config, listed, resource, sealer
from portal.api.guard import can, current_actor, require
from portal.errors import RuleBroken, SheetUnreadable
from portal.extensions import begin_write, db
from portal.imports import job_service, mapping_service, previews, queries, service
from portal.imports.by_name import Asked, options_of, use_mapping
from portal.imports.previews import Preview
from portal.imports.read import Options
from portal.imports.service import PlanChanged
from portal.imports.shown import told_json
from portal.models import Import

bp = resource("imports", "Spreadsheets of devices, as the distributor sent them")

_MOST_KEY = 255  # letters of an Idempotency-Key


@bp.get("")
@require("import.run")
@bp.arguments(common.PageQuery, location="query")
@bp.response(200, import_shapes.ImportPage)
def index(given: dict[str, Any]) -> dict[str, Any]:
    """List uploads, the newest first."""
    page, size = given["page"], given["size"]
    found, total = queries.page_of_imports(db.session(), page, size)
    return listed(map(_represented, found), total, page, size)


@bp.post("")
@require("import.run")
@bp.arguments(import_shapes.ImportForm, location="upload")
@bp.response(201, import_shapes.NewImport)
def create(given: dict[str, Any]) -> ResponseReturnValue:
    """Upload a list. Nothing is imported yet: the answer says what importing it would do.

    With the header Idempotency-Key the same request can be sent again: it keeps nothing twice, and
    answers with the upload of the first.
    """
    session, actor = db.session(), current_actor()
    file, data = given["file"].filename or "list", given["file"].read()
    key = _request_key()
    if kept := _sent_before(session, key, data):
        return _answer(session, kept, 200)
    asked = Asked(
        given["sheet"],
        given["map"],
        given["mapping"],
        given["customer"],
        given["profile"],
        given["accept"],
    )
    options = options_of(session, asked, may_add_customers=can("customer.edit"))
    upload = service.new_upload(actor, file, data, options, datetime.now(UTC), key)
    sheets = previews.sheets_of(upload)
    if asked.mapping:
        use_mapping(session, upload, asked.mapping)
    elif not asked.columns:
        upload.options = mapping_service.with_defaults(session, options, sheets).as_json()
    upload.options = {**upload.options, "all_or_nothing": given["all_or_nothing"]}
    found = previews.preview_of(session, upload)
    if found.plan.file_error:
        raise SheetUnreadable(found.plan.file_error)
    session.commit()
    begin_write()
    if kept := _sent_before(session, key, data):  # sent twice at the same moment
        return _answer(session, kept, 200)
    service.keep(session, upload)
    session.commit()
    return _answer(session, upload, 201, found)


@bp.get("/<int:import_id>")
@require("import.run")
@bp.response(200, import_shapes.Import)
def show(import_id: int) -> dict[str, Any]:
    """Show an upload: whether it waits, is being imported, or is imported, and the counters.

    Lists of other things than devices have this address alone; their pages do the rest.
    """
    session = db.session()
    of = queries.list_of_import(session, import_id)
    found = queries.find_import(session, import_id, of) if of else None
    return _represented(found or find(session, import_id))


@bp.get("/<int:import_id>/preview")
@require("import.run")
@bp.response(200, import_shapes.NewImport)
def preview(import_id: int) -> ResponseReturnValue:
    """Say what importing it would do now. The object “preview” is that of the command line."""
    session = db.session()
    upload = find(session, import_id)
    if upload.applied_at is not None:
        raise RuleBroken("This list is imported already; its rows say what became of them")
    return _answer(session, upload, 200)


@bp.post("/<int:import_id>/apply")
@require("import.run")
@bp.arguments(import_shapes.Application, required=False)
@bp.response(200, import_shapes.Import)
@bp.alt_response(202, schema=import_shapes.Import, description="A long list, imported as a job")
def apply(given: dict[str, Any], import_id: int) -> ResponseReturnValue:
    """Import the list: good rows in, others held back. Doing it twice does nothing twice.

    More rows than the portal stores at once are a job (202); ask for the import until its status
    is no longer queued or storing.
    """
    session = db.session()
    upload = find(session, import_id)
    if upload.applied_at is not None or upload.is_job:
        return _represented(upload), 202 if upload.is_job else 200
    found = _ready(session, upload)
    digest = given.get("digest") or found.digest
    session.commit()
    begin_write()
    upload = queries.lock_import(session, import_id) or upload
    if upload.applied_at is not None or upload.is_job:  # asked twice at the same moment
        return _represented(upload), 202 if upload.is_job else 200
    if found.summary["new"] + found.summary["changed"] > config().import_at_once_rows:
        job_service.queue_upload(session, current_actor(), datetime.now(UTC), upload, digest)
        session.commit()
        current_app.extensions["jobs"].ask_for_import(upload.id)
        return _represented(upload), 202
    try:
        service.apply_upload(
            session,
            current_actor(),
            sealer(),
            config(),
            datetime.now(UTC),
            upload,
            digest,
            service.is_all_or_nothing(upload),
            found,
        )
    except PlanChanged as changed:
        raise ApiError(409, "stale", changed.message, "digest") from None
    session.commit()
    return _represented(upload), 200


@bp.delete("/<int:import_id>")
@require("import.run")
@bp.response(204)
def discard(import_id: int) -> ResponseReturnValue:
    """Delete an upload that waits: an own one, any with the right to."""
    begin_write()
    session, actor = db.session(), current_actor()
    upload = find(session, import_id)
    if upload.uploaded_by != actor.name and not can("import.discard"):
        raise ApiError(403, "forbidden", "Somebody else uploaded this list")
    service.discard(session, actor, upload)
    session.commit()
    return "", 204


def find(session: Session, import_id: int) -> Import:
    """Return an upload. Raises ApiError 404."""
    found = queries.find_import(session, import_id)
    if found is None:
        raise answers.missing("import", import_id)
    return found


def _ready(session: Session, upload: Import) -> Preview:
    """Return the preview of a list that may be imported now; raises what refuses it."""
    found = previews.preview_of(session, upload)
    if found.plan.file_error:
        raise SheetUnreadable(found.plan.file_error)
    if Options.from_json(upload.options).may_add_customers and not can("customer.edit"):
        message = "The list was uploaded by somebody who may add customers; upload it yourself"
        raise ApiError(403, "forbidden", message)
    if not found.summary["new"] + found.summary["changed"]:
        raise RuleBroken("There is nothing to import")
    if service.is_all_or_nothing(upload) and found.plan.has_problems():
        raise RuleBroken("Some rows are held back; correct them, or import the good rows only")
    return found


def _request_key() -> str | None:
    """Return what tells that a request is the same again: whose, and its key; None without key."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _MOST_KEY:
        raise ApiError(400, "bad_request", f"Idempotency-Key has at most {_MOST_KEY} letters")
    return crypto.digest_of(f"{g.api_token.user_id} {key}") if key else None


def _sent_before(session: Session, key: str | None, data: bytes) -> Import | None:
    """Return the upload of a request that comes again. Raises ApiError when its list is another."""
    kept = queries.import_by_key(session, key) if key else None
    if kept and kept.sha256 != hashlib.sha256(data).hexdigest():
        message = f"Another list was sent with this key, as import {kept.id}; choose a new key"
        raise ApiError(422, "key_reused", message, "Idempotency-Key")
    return kept


def _represented(upload: Import) -> dict[str, Any]:
    is_running = upload.is_job and upload.started_at is not None
    progress = current_app.extensions["jobs"].progress(upload.id) if is_running else None
    return represent.upload(upload, progress)


def _answer(
    session: Session, upload: Import, status: int, found: Preview | None = None
) -> ResponseReturnValue:
    """Answer with an upload and what it would do, as the command line prints that.

    The preview may have 200,000 rows: it is plain JSON already, and no shape looks at each of them.
    """
    found = found or previews.preview_of(session, upload)
    body = import_shapes.Import().dump(_represented(upload))
    answer = jsonify({**body, "digest": found.digest, "preview": told_json(found.plan)})
    return answer, status, {"Location": f"/api/v1/imports/{upload.id}"}
