"""The inventory's list and the device page; the other routes of the blueprint stand beside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal import downloads, htmx
from portal.devices import (
    bulk_routes,  # noqa: F401 - adds its routes to the blueprint
    edit_routes,  # noqa: F401
    exports,
    fill_routes,  # noqa: F401
    list_page,
    move_routes,  # noqa: F401
    note_routes,  # noqa: F401
    page,
    port_routes,  # noqa: F401
    replace_routes,  # noqa: F401
    setting_routes,  # noqa: F401
    setup_routes,  # noqa: F401
    trust_routes,  # noqa: F401
    undo_routes,  # noqa: F401
    upload_routes,  # noqa: F401
    view_routes,  # noqa: F401
)
from portal.devices.blueprint import bp, device_or_404
from portal.devices.filter_form import FilterForm
from portal.extensions import db
from portal.security import can, require

__all__ = ["bp"]


@bp.get("")
@require("device.view")
def index() -> ResponseReturnValue:
    session, form = db.session(), FilterForm(request.args)
    context = list_page.context_of(session, form, request.args.get("page"))
    pages = context["pages"]
    if pages.number > pages.last:
        return htmx.see_other("devices.index", page=pages.last, **form.args)
    response = htmx.render("devices/index.html", "devices/_list.html", **context)
    if htmx.wants_partial():  # the form alone would put its empty fields into the address too
        shown: dict[str, Any] = dict(form.args)
        if pages.number > 1:
            shown["page"] = pages.number
        response.headers["HX-Push-Url"] = url_for("devices.index", **shown)
    return response


@bp.get("/export.csv", defaults={"kind": "csv"})
@bp.get("/export.xlsx", defaults={"kind": "xlsx"})
@require("device.view")
def export(kind: str) -> ResponseReturnValue:
    """All pages of what the list shows under the same filter."""
    form = FilterForm(request.args)
    found = exports.listing(db.session(), form.filters, with_pin=can("device.edit"))
    return downloads.send_list(found, kind, "device.export", form.given)


@bp.get("/<mac>")
@require("device.view")
def show(mac: str) -> ResponseReturnValue:
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    context = page.context_of(session, device, request.args.get("tab", ""), now)
    return htmx.render("devices/show.html", "devices/_tab.html", **context)
