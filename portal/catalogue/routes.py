"""The catalogue of phones: vendors, families, models."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.catalogue import found, queries
from portal.extensions import db
from portal.security import require
from portal.settings.catalogue import CATALOGUE
from portal.settings.line_keys import TYPES
from portal.vendors import FAMILIES

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")
security.guard(bp)

KINDS = {
    "device": "one device’s own",
    "common": "shared",
    "absent": "answered 404",
    "upload": "sent by the phone",
    "phonebook": "phone book",
}
LINE_ENDS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}


@bp.get("")
@require("family.view")
def index() -> ResponseReturnValue:
    session, q = db.session(), request.args.get("q", "")
    current_app.extensions["custom_families"].refresh(session.connection())
    groups = found.find(FAMILIES, q, queries.count_by_model(session))
    models = sum(len(family.models) for family in FAMILIES.values())
    return htmx.render(
        "catalogue/index.html",
        "catalogue/_rows.html",
        groups=groups,
        q=q,
        families=len(FAMILIES),
        models=models,
        sureness=found.sureness,
    )


@bp.get("/<key>")
@require("family.view")
def show(key: str) -> ResponseReturnValue:
    session = db.session()
    current_app.extensions["custom_families"].refresh(session.connection())
    family = FAMILIES.get(key) or abort(404)
    return render_template(
        "catalogue/show.html",
        family=family,
        sureness=found.sureness(family),
        counts=queries.count_by_model(session),
        kinds=KINDS,
        line_ends=LINE_ENDS,
        line_key_types=[
            label
            for name, label in TYPES.items()
            if name in family.line_key_types and name != "none"
        ],
        ignored=[CATALOGUE[setting] for setting in CATALOGUE if setting in family.ignores],
    )
