"""Saved views of the inventory, and its columns."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, press
from portal.devices import view_queries, view_service
from portal.devices.blueprint import bp
from portal.devices.filter_form import FilterForm
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.security import can, current_actor, current_user, require


@bp.post("/views")
@require("device.view")
def save_view() -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), FilterForm(request.form)
    name = request.form.get("name", "")
    is_shared = bool(request.form.get("shared")) and can("device.edit")
    try:
        view = view_service.save_view(
            session, current_actor(), current_user(), name, form.args, is_shared
        )
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
        return htmx.see_other("devices.index", name=name or None, **form.args)
    htmx.toast(f"The view {view.name} is saved")
    return htmx.see_other("devices.index", **form.args)


@bp.post("/views/<int:view_id>/delete")
@require("device.view")
def delete_view(view_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    view = view_queries.find_view(session, view_id) or abort(404)
    if view.user_id != current_user().id and not view.is_shared:
        abort(404)

    def verb() -> str:
        view_service.delete_view(session, current_actor(), current_user(), view)
        return f"The view {view.name} is deleted"

    whose = "Everybody who uses it loses it." if view.is_shared else "The devices stay as they are."
    args: dict[str, Any] = FilterForm(request.form).args
    back = url_for("devices.index", **args)
    asked = Question([view], f"Delete the view {view.name}?", whose, "Delete", back)
    return press(asked, verb) or htmx.go_to(back)


@bp.post("/columns")
@require("device.view")
def choose_columns() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    keys = request.form.getlist("column") if "reset" not in request.form else ()
    is_compact = bool(request.form.get("compact")) and "reset" not in request.form
    choice = view_service.choose_columns(session, current_user(), keys, is_compact)
    if "reset" in request.form:
        choice.columns = []
    session.commit()
    return htmx.see_other("devices.index", **FilterForm(request.form).args)
