"""The search of the page's head: groups while typing, a page of its own without script."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.extensions import db
from portal.search import page, queries
from portal.security import require

bp = Blueprint("search", __name__, url_prefix="/search")
security.guard(bp)

MAX_TEXT = 200  # a scanner can send more than one label at once


@bp.get("")
@require("device.view")
def index() -> ResponseReturnValue:
    """Show what is found; the page (Enter, a scanner) goes on to the one thing that is meant."""
    session, text = db.session(), " ".join(request.args.get("q", "").split())[:MAX_TEXT]
    is_page = not htmx.wants_partial()
    if is_page and text and (mac := queries.exact_device(session, text)):
        return htmx.see_other("devices.show", mac=mac, _anchor="ports")
    groups = page.groups_of(session, text) if len(text) >= page.LEAST else []
    if is_page and (url := page.only_hit(groups, text)):
        return htmx.go_to(url)
    has_devices = any(group.key == "devices" for group in groups)
    macs = queries.macs_in(text) if text and not has_devices else []
    return htmx.render(
        "search/index.html",
        "search/_found.html",
        q=text,
        groups=groups,
        count=page.count_of(groups),
        least=page.LEAST,
        addable=macs[0] if len(macs) == 1 else None,
        new_device=url_for("devices.new"),
    )
