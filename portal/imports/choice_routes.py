"""Choosing for an uploaded list before it is imported: columns, suggestions, single rows."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.extensions import db
from portal.imports import choices, previews
from portal.imports.answers import chosen
from portal.imports.blueprint import bp, upload_or_404
from portal.imports.layouts import field_named
from portal.imports.read import Options
from portal.imports.shown import is_secret
from portal.security import require

_CELL = "cell-"
_LONGEST = 500


@bp.post("/<int:import_id>/choices")
@require("import.run")
def choose(import_id: int) -> ResponseReturnValue:
    """Take over sheets, header rows, columns and what holds for all rows."""
    session = db.session()
    preview = previews.preview_of(session, upload_or_404(session, import_id))

    def change(options: Options) -> Options:
        return choices.read_choices(request.form, preview.sheets, preview.plan.tables, options)

    return chosen(session, import_id, change, "all_or_nothing" in request.form)


@bp.post("/<int:import_id>/accept")
@require("import.run")
def accept(import_id: int) -> ResponseReturnValue:
    """Say yes to all suggestions of a kind, or take that back."""
    kind, is_accepted = request.form.get("kind", ""), "no" not in request.form
    return chosen(db.session(), import_id, lambda o: choices.with_accepted(o, kind, is_accepted))


@bp.post("/<int:import_id>/row")
@require("import.run")
def fix(import_id: int) -> ResponseReturnValue:
    """Put cells of one row right, have them as in the file again, or leave the row out."""
    sheet, row = request.form.get("sheet", ""), request.form.get("row", 0, int)
    do = request.form.get("do", "fix")

    def change(options: Options) -> Options:
        if do in ("skip", "unskip"):
            return choices.with_skipped(options, sheet, row, do == "skip")
        return choices.with_fix(options, sheet, row, {} if do == "unfix" else _typed_cells())

    return chosen(db.session(), import_id, change)


def _typed_cells() -> dict[str, str]:
    cells = {}
    for name, text in request.form.items():
        if not name.startswith(_CELL):
            continue
        try:
            field = field_named(name.removeprefix(_CELL))
        except ValueError:
            continue
        if not is_secret(field):  # choices are stored as they are
            cells[field] = text.strip()[:_LONGEST]
    return cells
