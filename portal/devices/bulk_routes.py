"""Many devices at once: selecting them, the preview, making the change, taking it back."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import downloads, htmx
from portal.confirming import Question, ask, overtaken
from portal.devices import bulk_jobs, bulk_page, bulk_queries, bulk_service, exports, lists
from portal.devices.blueprint import bp
from portal.devices.bulk import ACTIONS, unpack
from portal.devices.filter_form import FilterForm
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.marks import version_of
from portal.models import BulkChange
from portal.security import can, current_actor, require
from portal.values import counted

_TAKEN_OUT = {"csv", "xlsx", "labels"}


@bp.post("/selection")
@require("device.view")
def choose() -> ResponseReturnValue:
    """Keep the ticked devices, or all that match, and go on to what shall be done with them."""
    begin_write()
    session, form = db.session(), FilterForm(request.form)
    action = request.form.get("do", "")
    if action not in _TAKEN_OUT and not (action in ACTIONS and can(ACTIONS[action].permission)):
        htmx.toast("Choose what to do with the selected devices", "error")
        return htmx.see_other("devices.index", **form.args)
    ids, said = _selected(session, form)
    try:
        bulk = bulk_service.select_devices(
            session, current_actor(), datetime.now(UTC), action, ids, said
        )
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
        return htmx.see_other("devices.index", **form.args)
    if action == "labels":
        return htmx.see_other("labels.index", selection=bulk.id)
    if action in _TAKEN_OUT:
        return htmx.see_other("devices.export_selection", bulk_id=bulk.id, kind=action)
    return htmx.see_other("devices.show_bulk", bulk_id=bulk.id)


def _selected(session: Session, form: FilterForm) -> tuple[list[int], str]:
    """Return the ids of the selected devices, and in words how they were selected."""
    scope = request.form.get("scope", "ticked")
    if scope == "all":
        form.offer(lists.options(session))
        return lists.all_ids(session, form.filters), form.said or "all devices"
    macs = request.form.getlist("shown" if scope == "page" else "mac")
    return lists.ids_of(session, macs), "chosen one by one"


@bp.get("/selection/<int:bulk_id>.csv", defaults={"kind": "csv"})
@bp.get("/selection/<int:bulk_id>.xlsx", defaults={"kind": "xlsx"})
@require("device.view")
def export_selection(bulk_id: int, kind: str) -> ResponseReturnValue:
    """The selected devices, as the list's export has them."""
    session = db.session()
    bulk = bulk_or_404(session, bulk_id)
    found = exports.listing_of(session, list(unpack(bulk.device_ids)), with_pin=can("device.edit"))
    return downloads.send_list(found, kind, "device.export", {"selection": bulk.said})


@bp.get("/bulk/<int:bulk_id>")
@require("device.edit")
def show_bulk(bulk_id: int) -> ResponseReturnValue:
    """The preview of a change, its progress, then its result."""
    session = db.session()
    bulk = bulk_or_404(session, bulk_id)
    was_asking = htmx.wants_partial() and "asked" in request.args
    if was_asking and bulk.result and not (bulk.is_job or bulk.failure):
        _say(bulk)  # the job was being watched, and this is its end
    return _page(session, bulk)


@bp.post("/bulk/<int:bulk_id>")
@require("device.edit")
def make_bulk_change(bulk_id: int) -> ResponseReturnValue:
    return _do(bulk_id, request.form.get("value", ""), is_undo=False)


@bp.get("/bulk/<int:bulk_id>/undo")
@require("device.edit")
def confirm_bulk_undo(bulk_id: int) -> ResponseReturnValue:
    return ask(_question(bulk_or_404(db.session(), bulk_id), is_undo=True))


@bp.post("/bulk/<int:bulk_id>/undo")
@require("device.edit")
def undo_bulk_change(bulk_id: int) -> ResponseReturnValue:
    return _do(bulk_id, "", is_undo=True)


def _question(bulk: BulkChange, *, is_undo: bool) -> Question:
    back = url_for("devices.show_bulk", bulk_id=bulk.id)
    if is_undo:
        text = bulk_page.undo_text((bulk.result or {}).get("changed", 0))
        return Question([bulk], "Take this change back?", text, "Take it back", back)
    text = "Devices that were edited since they were selected stay as they are, and are listed."
    return Question([bulk], f"Change {counted(bulk.count, 'device')}?", text, "Change", back)


def _do(bulk_id: int, value: str, *, is_undo: bool) -> ResponseReturnValue:
    """Queue the change, or taking it back; a short one is done at once."""
    begin_write()
    session = db.session()
    bulk = bulk_queries.lock_bulk(session, bulk_id) or abort(404)
    if not can(ACTIONS[bulk.action].permission if bulk.action in ACTIONS else "device.edit"):
        abort(403)
    if again := overtaken(_question(bulk, is_undo=is_undo)):
        return again
    try:
        if not is_undo and bulk_queries.change_of(session, bulk.action, value) is None:
            raise RuleBroken("Choose one from the list", "value")
        bulk_service.queue(session, current_actor(), datetime.now(UTC), bulk, value, is_undo)
        if not bulk_jobs.is_long(bulk):
            bulk_jobs.do(current_app, session, bulk_id, bulk_service.say_nothing)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return _page(session, bulk_or_404(session, bulk_id), broken.message), 422
    except StaleDataError:
        session.rollback()
        return _page(session, bulk_or_404(session, bulk_id), bulk_jobs.CHANGED), 409
    if bulk_jobs.is_long(bulk):
        current_app.extensions["jobs"].ask_for_bulk_change(bulk_id)
    else:
        _say(bulk)
    return htmx.see_other("devices.show_bulk", bulk_id=bulk_id)


def _say(bulk: BulkChange) -> None:
    """Say what a change did or took back; the toast takes it back at once."""
    result = bulk.result or {"changed": 0}
    if undone := result.get("undone"):
        htmx.toast(f"The change is taken back on {counted(undone['restored'], 'device')}")
        return
    undo = url_for("devices.undo_bulk_change", bulk_id=bulk.id) if result["changed"] else ""
    said = f"{counted(result['changed'], 'device')} changed"
    htmx.toast(said, undo=undo, version=version_of(bulk))


def _page(session: Session, bulk: BulkChange, error: str = "") -> Response:
    if bulk.action not in ACTIONS:
        abort(404)  # selected for something else
    context = bulk_page.context_of(session, bulk, request.values.get("value", ""), error)
    return htmx.render("devices/bulk.html", "devices/_bulk.html", **context)


def bulk_or_404(session: Session, bulk_id: int) -> BulkChange:
    return bulk_queries.find_bulk(session, bulk_id) or abort(404)
