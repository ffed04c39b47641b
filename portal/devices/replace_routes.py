"""Replacing a phone: the new MAC, what it keeps and what does not fit, then done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.devices import replace, replace_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.forms import ReplaceForm, model_options
from portal.devices.port_answers import say
from portal.devices.replace import Replacement
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import Device
from portal.security import current_actor, require
from portal.values import format_mac
from portal.writing import attempt


@bp.get("/<mac>/replace")
@require("device.create")
def ask_replace(mac: str) -> ResponseReturnValue:
    """The form and, once it names a MAC, what replacing would keep and lose."""
    session = db.session()
    device = device_or_404(session, mac)
    is_asked = "new" in request.args
    form = ReplaceForm(request.args if is_asked else None)
    if not is_asked:
        form.keeps_inventory_id.data = True
    made = _foreseen(session, device, form) if is_asked else None
    return _page(device, form, made, 422 if is_asked and made is None else 200)


@bp.post("/<mac>/replace")
@require("device.create")
def replace_device(mac: str) -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), ReplaceForm()
    device = device_or_404(session, mac)
    made = _foreseen(session, device, form)
    if made is None:
        return _page(device, form, None, 422)
    if form.is_stale(mark_of(made.digest_parts)):
        form.form_errors.append("Something changed meanwhile. Look at it again, then replace.")
        return _page(device, form, made, 409)
    who, now = (session, current_actor(), config(), sealer()), datetime.now(UTC)
    done: list[Device] = []
    status = attempt(form, lambda: done.append(replace_service.replace_device(*who, now, made)))
    if status:
        device = device_or_404(session, mac)
        return _page(device, form, _foreseen(session, device, form), status)
    new = done[0]
    say(session, new, f"{format_mac(new.mac)} stands in for {format_mac(mac)}, which is retired")
    return htmx.go_to(url_for("devices.show", mac=new.mac))


def _foreseen(session: Session, device: Device, form: ReplaceForm) -> Replacement | None:
    """Return what replacing would do; None with errors in the form."""
    try:
        return replace.plan(
            session,
            device,
            form.new.data or "",
            form.model.data or "",
            bool(form.keeps_inventory_id.data),
        )
    except RuleBroken as broken:
        field = "new" if broken.field == "mac" else broken.field
        form.reject(RuleBroken(broken.message, field))
        return None


def _page(device: Device, form: ReplaceForm, made: Replacement | None, status: int) -> Response:
    form.version.data = mark_of(made.digest_parts) if made else ""
    context: dict[str, Any] = {"device": device, "form": form, "made": made}
    context["models"] = model_options()
    return htmx.render("devices/replace.html", "devices/_replace.html", status, **context)
