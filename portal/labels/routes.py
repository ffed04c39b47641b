"""Printing labels: what shall stand on them, then the sheet. Nothing here needs a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import security
from portal.extensions import db
from portal.labels import queries, sheets
from portal.labels.formats import DEFAULT, FORMATS, Format
from portal.security import require
from portal.values import id_in

bp = Blueprint("labels", __name__, url_prefix="/labels")
security.guard(bp)

_USUAL = ("model", "inventory_id", "customer", "device_id")
_SOURCES = ("selection", "import", "mac")


@dataclass(frozen=True)
class Choice:
    """What the address asks for; what makes no sense there is as usual."""

    source: dict[str, str]
    sheet: Format
    code: str
    fields: tuple[str, ...]
    start: int

    @property
    def drawing(self) -> str:
        return self.code.partition("-")[0]

    @property
    def args(self) -> dict[str, Any]:
        return {
            **self.source,
            "format": self.sheet.key,
            "code": self.code,
            "field": list(self.fields) or "none",
            "start": self.start,
        }


@bp.get("")
@require("device.view")
def index() -> ResponseReturnValue:
    choice = _choice()
    ids = _ids(db.session(), choice)
    count = len(ids)
    return render_template(
        "labels/index.html",
        choice=choice,
        count=count,
        most=sheets.MOST,
        pages=-(-(min(count, sheets.MOST) + choice.start - 1) // choice.sheet.per_page),
        formats=FORMATS.values(),
        codes=sheets.CODES,
        fields=sheets.FIELDS,
        sample=_sample(choice, ids[:1]),
    )


@bp.get("/sheet")
@require("device.view")
def show_sheet() -> ResponseReturnValue:
    """The sheet alone, as it is printed."""
    choice = _choice()
    ids = _ids(db.session(), choice)[: sheets.MOST]
    found = queries.facts_of(db.session(), ids)
    labels = sheets.labels_of(found, choice.code, choice.fields)
    pages = list(sheets.pages_of(labels, choice.sheet, choice.start))
    return render_template("labels/sheet.html", choice=choice, pages=pages, count=len(found))


@bp.get("/<key>.css")
@require("device.view")
def style(key: str) -> Response:
    """Sizes of a format: a stylesheet, as pages may hold no styles of their own."""
    sheet = FORMATS.get(key) or abort(404)
    response = make_response(sheet.css)
    response.mimetype = "text/css"
    return response


def _choice() -> Choice:
    args = request.args
    sheet = FORMATS.get(args.get("format", "")) or FORMATS[DEFAULT]
    given = args.getlist("field")
    start = args.get("start", 1, type=int)
    return Choice(
        {name: args[name] for name in _SOURCES if args.get(name)},
        sheet,
        args.get("code", "") if args.get("code", "") in sheets.CODES else "qr",
        tuple(name for name in sheets.FIELDS if name in (given or _USUAL)),
        min(max(1, start), sheet.per_page),
    )


def _ids(session: Session, choice: Choice) -> list[int]:
    source = choice.source
    found = None
    if number := id_in(source.get("selection")):
        found = queries.of_selection(session, number)
    elif number := id_in(source.get("import")):
        found = queries.of_import(session, number)
    elif mac := source.get("mac"):
        found = queries.of_device(session, mac)
    return found if found is not None else abort(404)


def _sample(choice: Choice, ids: list[int]) -> Any:
    found = queries.facts_of(db.session(), ids)
    return next(sheets.labels_of(found, choice.code, choice.fields), None)
