"""Firmware: the files that phones load, uploaded and removed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.config import Config
from portal.confirming import Question, act, ask
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.firmware import images, queries, service
from portal.firmware.forms import FirmwareForm
from portal.models import FirmwareFile
from portal.security import current_actor, require
from portal.vendors import FAMILIES
from portal.vendors.schema import Family
from portal.writing import attempt

FIELDS_MAX_BYTES = 64 * 1024  # what a form has beside its file

bp = Blueprint("firmware", __name__, url_prefix="/firmware")


@bp.before_request
def _allow_images() -> None:
    """Images are larger than lists. Comes before the guard, which reads the form.

    The cookie is signed: strangers cannot fill the disk.
    """
    if request.endpoint == "firmware.create" and "user_id" in cookie:
        request.max_content_length = _config().firmware_max_bytes + FIELDS_MAX_BYTES


security.guard(bp)


@bp.get("")
@require("firmware.view")
def index() -> ResponseReturnValue:
    groups = queries.by_family(db.session(), datetime.now(UTC))
    return render_template("firmware/index.html", groups=groups)


@bp.get("/new")
@require("firmware.edit")
def new() -> ResponseReturnValue:
    family = FAMILIES.get(request.args.get("family", ""))
    return _new_page(family, _form(family) if family else None)


@bp.post("")
@require("firmware.edit")
def create() -> ResponseReturnValue:
    family = FAMILIES.get(request.form.get("family", "")) or abort(400)
    form = _form(family)
    if not form.validate_on_submit():
        return _new_page(family, form, 422)
    db.session.commit()  # ends the read of the guard: what follows is slow
    try:
        image = images.keep(
            _config().firmware_folder, form.file.data.stream, _config().firmware_max_bytes
        )
    except RuleBroken as broken:
        form.reject(broken)
        return _new_page(family, form, 422)
    facts = service.FirmwareFacts(
        family.key,
        form.filename.data or form.file.data.filename or "",
        form.version.data,
        tuple(form.models.data or ()),
        form.after.data,
    )
    begin_write()
    session = db.session()
    if status := attempt(form, lambda: service.add_file(session, current_actor(), facts, image)):
        return _new_page(family, form, status)
    _sweep(session)
    htmx.toast(f"{facts.filename} is there for {', '.join(facts.models[:3])}{_more(facts.models)}")
    return htmx.see_other("firmware.index")


@bp.get("/<int:file_id>/delete")
@require("firmware.edit")
def ask_delete(file_id: int) -> ResponseReturnValue:
    session = db.session()
    return ask(_deleting(session, _find(session, file_id)))


@bp.post("/<int:file_id>/delete")
@require("firmware.edit")
def delete(file_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    file = _find(session, file_id)
    verb = partial(service.remove_file, session, current_actor(), file)
    if refused := act(_deleting(session, file), verb):
        return refused
    _sweep(session)
    htmx.toast(f"{file.filename} is deleted")
    return htmx.see_other("firmware.index")


def _deleting(session: Session, file: FirmwareFile) -> Question:
    pinned = queries.count_pinned(session, file, datetime.now(UTC))
    question = f"Delete {file.filename}, version {file.firmware_version}?"
    text = f"Devices pinned to this version: {pinned}." if pinned else ""
    return Question([file, pinned], question, text, "Delete", url_for("firmware.index"))


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def _find(session: Session, file_id: int) -> FirmwareFile:
    return queries.find_file(session, file_id) or abort(404)


def _form(family: Family) -> FirmwareForm:
    form = FirmwareForm(family=family.key)
    form.offer(family)
    return form


def _new_page(
    family: Family | None, form: FirmwareForm | None, status: int = 200
) -> ResponseReturnValue:
    families = queries.families_with_firmware()
    if family not in families:
        family = form = None
    context = {"families": families, "family": family, "form": form}
    return htmx.render("firmware/form.html", "firmware/_form.html", status, **context)


def _sweep(session: Session) -> None:
    images.sweep(_config().firmware_folder, queries.used_images(session))


def _more(models: tuple[str, ...]) -> str:
    return f" and {len(models) - 3} more" if len(models) > 3 else ""
