"""How the routes of one upload answer, after a write or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.errors import RuleBroken
from portal.extensions import begin_write
from portal.forms import ConfirmForm
from portal.imports import queries, service
from portal.imports.blueprint import upload_or_404
from portal.imports.overtaken import differences
from portal.imports.page import context_of
from portal.imports.read import Options
from portal.marks import version_of
from portal.security import can


def shown(
    session: Session,
    import_id: int,
    error: str,
    status: int,
    typed: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Answer with the page as it is now and why something was refused; `typed` choices stay."""
    context = context_of(session, upload_or_404(session, import_id), error, typed)
    return htmx.render("imports/show.html", "imports/_body.html", status, **context)


def permitted(options: Options) -> Options:
    """Return `options` with no more than the signed-in person may do."""
    return replace(options, may_add_customers=can("customer.edit"))


def imported_already(import_id: int) -> ResponseReturnValue:
    """Answer a second click: go to the result of the first, or to its job."""
    htmx.toast("This list is imported already; nothing is done twice", "info")
    return htmx.see_other("imports.show", import_id=import_id)


def chosen(
    session: Session,
    import_id: int,
    change: Callable[[Options], Options],
    all_or_nothing: bool | None = None,
) -> ResponseReturnValue:
    """Change the choices for an upload, and answer with its new preview."""
    session.commit()  # ends the read, so that the write can begin
    begin_write()
    upload = queries.lock_import(session, import_id) or abort(404)
    if ConfirmForm().is_stale(version_of(upload)):
        session.rollback()
        return _overtaken(session, import_id)
    try:
        options = permitted(change(Options.from_json(upload.options)))
        service.choose(session, upload, options, all_or_nothing)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(session, import_id, broken.message, 422, request.form)
    if htmx.wants_partial():
        page = render_template("imports/_body.html", **context_of(session, upload))
        return htmx.varies(make_response(page))
    place = {name: request.form[name] for name in ("outcome", "page") if request.form.get(name)}
    return htmx.see_other("imports.show", import_id=import_id, _anchor="rows", **place)


def _overtaken(session: Session, import_id: int) -> ResponseReturnValue:
    """Answer with the page as it is now, and beside it what was typed, to keep or to drop."""
    upload = upload_or_404(session, import_id)
    if upload.applied_at is not None or upload.is_job:
        return shown(session, import_id, "This list is imported already, or being imported", 409)
    context = context_of(session, upload)
    typed = request.form
    context["overtaken"] = differences(upload, context["preview"], context, typed)
    context["sent"] = [pair for pair in typed.items(multi=True) if pair[0] not in _ANEW]
    return htmx.render("imports/show.html", "imports/_body.html", 409, **context)


# What each form has anew.
_ANEW = ("csrf_token", "version")
