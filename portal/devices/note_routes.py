"""Notes on a device: written on the time line, changed and deleted by who wrote them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, act, ask
from portal.devices import history_queries, note_service, page
from portal.devices.blueprint import bp, device_or_404
from portal.devices.forms import NoteForm
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import Device, Note
from portal.security import current_actor, require
from portal.writing import attempt


@bp.post("/<mac>/notes")
@require("device.edit")
def add_note(mac: str) -> ResponseReturnValue:
    begin_write()
    session, form, now = db.session(), NoteForm(), datetime.now(UTC)
    device = device_or_404(session, mac)
    text = form.text.data or ""
    status = attempt(
        form, lambda: note_service.add_note(session, current_actor(), now, device, text)
    )
    if status:
        device = device_or_404(session, mac)
        context = page.context_of(session, device, "timeline", now) | {"note_form": form}
        return htmx.render("devices/show.html", "devices/_tab.html", status, **context)
    htmx.toast("The note is on the time line")
    return htmx.go_to(_timeline(device))


@bp.get("/<mac>/notes/<int:note_id>/edit")
@require("device.edit")
def edit_note(mac: str, note_id: int) -> ResponseReturnValue:
    device, note = _found(mac, note_id)
    form = NoteForm(formdata=None, text=note.text, version=mark_of(note.text))
    return render_template("devices/note.html", device=device, note=note, form=form, overtaken=None)


@bp.post("/<mac>/notes/<int:note_id>/edit")
@require("device.edit")
def update_note(mac: str, note_id: int) -> ResponseReturnValue:
    begin_write()
    session, form, now = db.session(), NoteForm(), datetime.now(UTC)
    device, note = _found(mac, note_id)
    text, overtaken, status = form.text.data or "", None, 409
    if form.is_stale(mark_of(note.text)):
        overtaken = form.differences({"text": note.text})
    else:
        status = attempt(
            form, lambda: note_service.edit_note(session, current_actor(), now, device, note, text)
        )
    if status:
        context = {"device": device, "note": note, "form": form, "overtaken": overtaken}
        return render_template("devices/note.html", **context), status
    htmx.toast("The note is saved")
    return htmx.go_to(_timeline(device))


@bp.get("/<mac>/notes/<int:note_id>/delete")
@require("device.edit")
def ask_delete_note(mac: str, note_id: int) -> ResponseReturnValue:
    return ask(_deleting(*_found(mac, note_id)))


@bp.post("/<mac>/notes/<int:note_id>/delete")
@require("device.edit")
def delete_note(mac: str, note_id: int) -> ResponseReturnValue:
    begin_write()
    device, note = _found(mac, note_id)
    verb = partial(note_service.delete_note, db.session(), current_actor(), device, note)
    if refused := act(_deleting(device, note), verb):
        return refused
    htmx.toast("The note is deleted")
    return htmx.go_to(_timeline(device))


def _found(mac: str, note_id: int) -> tuple[Device, Note]:
    session = db.session()
    device = device_or_404(session, mac)
    return device, history_queries.find_note(session, device, note_id) or abort(404)


def _deleting(device: Device, note: Note) -> Question:
    text = f"“{note.text[:200]}” What it says stays in the audit."
    return Question([note], "Delete this note?", text, "Delete", _timeline(device))


def _timeline(device: Device) -> str:
    return url_for("devices.show", mac=device.mac, tab="timeline", _anchor="tab")
