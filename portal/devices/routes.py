"""The inventory's list and the device page; the other routes of the blueprint stand beside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal import downloads, htmx
from portal.customers import queries as customers
from portal.devices import (
    edit_routes,  # noqa: F401 - adds its routes to the blueprint
    exports,
    page,
    port_routes,  # noqa: F401
    queries,
    service,
    setting_routes,  # noqa: F401
    setup_routes,  # noqa: F401
    status,
    trust_routes,  # noqa: F401
    upload_routes,  # noqa: F401
)
from portal.devices.blueprint import bp, config, device_or_404
from portal.devices.conditions import Conditions
from portal.devices.forms import FilterForm
from portal.extensions import db
from portal.paging import Pages, page_number
from portal.profiles import queries as profiles
from portal.security import can, require
from portal.values import parse_mac

__all__ = ["bp"]


@bp.get("")
@require("device.view")
def index() -> ResponseReturnValue:
    session, form = db.session(), FilterForm(request.args)
    # The header's search sends nothing else.
    is_search = set(request.args) == {"q"} and not htmx.wants_partial()
    if is_search and (mac := queries.find_exact(session, form.q.data or "")):
        return htmx.see_other("devices.show", mac=mac)
    form.offer(customers.all_customers(session), profiles.all_profiles(session))
    size, number = config().rows_per_page, page_number(request.args.get("page"))
    found, total = queries.page_of_devices(session, form.filters, number, size)
    pages = Pages(number, size, total)
    if number > pages.last:
        return htmx.see_other("devices.index", page=pages.last, **form.args)
    now = datetime.now(UTC)
    standings = Conditions(now).standings(session, [device.id for device in found])
    response = htmx.render(
        "devices/index.html",
        "devices/_list.html",
        form=form,
        args=form.args,
        pages=pages,
        rows=[(d, status.status_of(d, standings[d.id], now), service.port_limit(d)) for d in found],
        is_blank=not found and not form.args and queries.is_empty(session),
        addable=_mac_in(form.q.data or ""),
    )
    if htmx.wants_partial():  # the form alone would put its empty fields into the address too
        shown: dict[str, Any] = {**form.args, **({"page": number} if number > 1 else {})}
        response.headers["HX-Push-Url"] = url_for("devices.index", **shown)
    return response


@bp.get("/export.csv", defaults={"kind": "csv"})
@bp.get("/export.xlsx", defaults={"kind": "xlsx"})
@require("device.view")
def export(kind: str) -> ResponseReturnValue:
    """All pages of what the list shows under the same filter."""
    form = FilterForm(request.args)
    found = exports.listing(db.session(), form.filters, with_pin=can("device.edit"))
    return downloads.send_list(found, kind, "device.export", form.args)


@bp.get("/<mac>")
@require("device.view")
def show(mac: str) -> ResponseReturnValue:
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    context = page.context_of(session, device, request.args.get("tab", ""), now)
    return htmx.render("devices/show.html", "devices/_tab.html", **context)


def _mac_in(text: str) -> str | None:
    """Return the MAC that a search for nothing in the inventory names, so it can be added."""
    try:
        return parse_mac(text)
    except ValueError:
        return None
