"""The audit: who did what to what, narrowed down, and as a list."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import downloads, htmx, security
from portal.audit import exports, queries, shown, words
from portal.audit.forms import AuditForm
from portal.devices import undo_service
from portal.extensions import db
from portal.security import can, require
from portal.users import queries as users

bp = Blueprint("audit", __name__, url_prefix="/audit")
security.guard(bp)

_IMPORTS_OFFERED = 30


@bp.get("")
@require("audit.view")
def index() -> ResponseReturnValue:
    session, form = db.session(), _form(db.session())
    size = current_app.config["PORTAL"].rows_per_page
    behind = queries.read_mark(request.args.get("behind", ""))
    found = queries.page_of_entries(session, form.filters, behind, size)
    response = htmx.render(
        "audit/index.html",
        "audit/_rows.html",
        form=form,
        args=form.args,
        found=found,
        is_first=behind is None,
        about=_about(found, form),
        links=queries.links_for(session, found.entries),
        imports=queries.import_names(session, found.entries),
        undoable=_undoable(session, found),
        words_for=words.words_for,
        changes_of=shown.changes_of,
        object_name=shown.object_name,
    )
    if htmx.wants_partial():  # the form alone would put its empty fields into the address too
        place: dict[str, Any] = {"behind": str(behind)} if behind else {}
        response.headers["HX-Push-Url"] = url_for("audit.index", **form.args, **place)
    return response


@bp.get("/export.csv", defaults={"kind": "csv"})
@bp.get("/export.xlsx", defaults={"kind": "xlsx"})
@require("audit.view")
def export(kind: str) -> ResponseReturnValue:
    """All pages of what the list shows under the same filter."""
    form = _form(db.session())
    found = exports.listing(db.session(), form.filters)
    return downloads.send_list(found, kind, "audit.export", form.args)


def _form(session: Session) -> AuditForm:
    form = AuditForm(request.args)
    names = [user.name for user in users.all_users(session)]
    form.offer(names, queries.latest_imports(session, _IMPORTS_OFFERED))
    return form


def _undoable(session: Session, found: queries.Found) -> dict[int, str]:
    """Return where each entry is taken back that is the last change of a device, by its id."""
    if not can("device.edit"):
        return {}
    macs = undo_service.undoable_among(session, found.entries)
    return {number: url_for("devices.undo", mac=m, entry_id=number) for number, m in macs.items()}


def _about(found: queries.Found, form: AuditForm) -> str:
    """Return what the one object is called that the list is about; empty for a list about all."""
    if not form.filters.object_type:
        return ""
    return shown.object_name(found.entries[0]) if found.entries else form.object.data or ""
