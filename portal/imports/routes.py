"""The way of a list: upload, preview, import, result."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.customer_limits import limits_of
from portal.customers import queries as customers
from portal.errors import RuleBroken, SheetUnreadable
from portal.extensions import begin_write, db
from portal.imports import (
    choice_routes,
    discard_routes,
    job_service,
    mapping_service,
    previews,
    queries,
    result_routes,
    service,
)
from portal.imports.answers import chosen, imported_already, permitted, shown
from portal.imports.blueprint import bp, upload_or_404
from portal.imports.forms import ApplyForm, UploadForm
from portal.imports.labels import DEVICES, LISTS, OUTCOME_LABELS
from portal.imports.page import context_of
from portal.imports.read import Options
from portal.imports.service import PlanChanged
from portal.models import Import
from portal.profiles import queries as profiles
from portal.security import current_actor, require

# These hang routes on the blueprint as well.
__all__ = ["bp", "choice_routes", "discard_routes", "result_routes"]

_OF_ADMIN = (
    "Somebody uploaded this who may add customers, and you may not; look at the preview again"
)


@bp.get("")
@require("import.run")
def index() -> ResponseReturnValue:
    session = db.session()
    return _uploads(session, _upload_form(session))


@bp.post("")
@require("import.run", has_long_texts=True)
def create() -> ResponseReturnValue:
    session = db.session()
    form = _upload_form(session)
    if not form.validate_on_submit():
        return _uploads(session, form, 422)
    filename, data = form.upload()
    options = permitted(Options(defaults=form.defaults))
    now = datetime.now(UTC)
    try:
        upload = service.new_upload(current_actor(), filename, data, options, now)
        sheets = previews.sheets_of(upload)
        upload.options = mapping_service.with_defaults(session, options, sheets).as_json()
        error = previews.preview_of(session, upload).plan.file_error
        if error and not previews.has_columns(sheets):
            raise SheetUnreadable(error)
    except SheetUnreadable as unreadable:
        form = _upload_form(session)
        form.reject(RuleBroken(str(unreadable), "text" if form.text.data else "file"))
        return _uploads(session, form, 422)
    session.commit()
    begin_write()
    service.keep(session, upload)
    session.commit()
    return htmx.see_other("imports.show", import_id=upload.id)


@bp.get("/<int:import_id>")
@require("import.run")
def show(import_id: int) -> ResponseReturnValue:
    session = db.session()
    of = queries.list_of_import(session, import_id) or DEVICES
    if of != DEVICES:
        return htmx.see_other(LISTS[of][1], import_id=import_id)
    upload = upload_or_404(session, import_id)
    return htmx.render("imports/show.html", "imports/_rows.html", **context_of(session, upload))


@bp.post("/<int:import_id>/apply")
@require("import.run")
def apply(import_id: int) -> ResponseReturnValue:
    session, form = db.session(), ApplyForm()
    upload = upload_or_404(session, import_id)
    if upload.applied_at is not None or upload.is_job:
        return imported_already(import_id)
    # The file is read here, before the database is locked.
    preview = previews.preview_of(session, upload)
    summary = preview.summary
    if preview.digest != (form.version.data or ""):
        return shown(session, import_id, service.CHANGED, 409)
    if not summary["new"] + summary["changed"]:
        return shown(session, import_id, "There is nothing to import", 422)
    options = Options.from_json(upload.options)
    if options.may_add_customers and not permitted(options).may_add_customers:
        htmx.toast(_OF_ADMIN, "warning")
        return chosen(session, import_id, permitted)
    rows = summary["new"] + summary["changed"]
    is_long = rows > current_app.config["PORTAL"].import_at_once_rows
    session.commit()
    begin_write()
    try:
        upload = queries.lock_import(session, import_id) or upload
        if is_long:
            return _as_job(session, upload, form.version.data or "")
        if upload.is_job:
            raise RuleBroken("This list is being imported")
        service.apply_upload(
            session,
            current_actor(),
            current_app.extensions["sealer"],
            current_app.config["PORTAL"],
            datetime.now(UTC),
            upload,
            form.version.data or "",
            service.is_all_or_nothing(upload),
        )
        session.commit()
    except (PlanChanged, StaleDataError, IntegrityError) as broken:
        session.rollback()
        previews.forget()
        sentence = broken.message if isinstance(broken, PlanChanged) else service.CHANGED
        return shown(session, import_id, sentence, 409)
    except RuleBroken as broken:
        session.rollback()
        upload = upload_or_404(session, import_id)
        if upload.applied_at is not None or upload.is_job:
            return imported_already(import_id)
        return shown(session, import_id, broken.message, 422)
    return htmx.see_other("imports.show", import_id=import_id)


def _as_job(session: Session, upload: Import, digest: str) -> ResponseReturnValue:
    job_service.queue_upload(session, current_actor(), datetime.now(UTC), upload, digest)
    session.commit()
    current_app.extensions["jobs"].ask_for_import(upload.id)
    return htmx.see_other("imports.show", import_id=upload.id)


@bp.get("/<int:import_id>/progress")
@require("import.run")
def progress(import_id: int) -> ResponseReturnValue:
    """Answer the page of a job, which asks how far it is: with the result, once it is done."""
    session = db.session()
    upload = upload_or_404(session, import_id)
    if not htmx.wants_partial():
        return htmx.see_other("imports.show", import_id=import_id)
    return htmx.render("imports/show.html", "imports/_body.html", **context_of(session, upload))


def _upload_form(session: Session) -> UploadForm:
    form = UploadForm()
    offered = customers.all_customers(session)
    form.offer(offered, profiles.all_profiles(session))
    if limits_of(session) and len(offered) == 1 and not request.form:
        form.customer.data = offered[0].name
    return form


def _uploads(session: Session, form: UploadForm, status: int = 200) -> ResponseReturnValue:
    rows = queries.latest_imports(session)
    page = render_template(
        "imports/index.html", form=form, imports=rows, labels=OUTCOME_LABELS, lists=LISTS
    )
    return page, status
