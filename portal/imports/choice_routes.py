"""Choosing for an uploaded list before it is imported: columns, suggestions, single rows."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.errors import RuleBroken
from portal.extensions import db
from portal.imports import choices, mapping_service, mappings, previews, row_choices
from portal.imports.answers import chosen
from portal.imports.blueprint import bp, upload_or_404
from portal.imports.layouts import field_named
from portal.imports.read import Options, table_of
from portal.imports.sheets import Sheet
from portal.imports.shown import is_secret
from portal.models import ColumnMapping
from portal.security import current_actor, require

_CELL = "cell-"
_LONGEST = 500


@bp.post("/<int:import_id>/choices")
@require("import.run")
def choose(import_id: int) -> ResponseReturnValue:
    """Take over sheets, header rows, columns and what holds for all rows."""
    session = db.session()
    preview = previews.preview_of(session, upload_or_404(session, import_id))

    def change(options: Options) -> Options:
        told = choices.read_choices(request.form, preview.sheets, preview.plan.tables, options)
        do, _, index = request.form.get("do", "").partition("-")
        if not index.isdecimal() or int(index) >= len(preview.sheets):
            return told
        return _with_mapping(session, do, index, preview.sheets[int(index)], told)

    return chosen(session, import_id, change, "all_or_nothing" in request.form)


def _with_mapping(session: Session, do: str, index: str, sheet: Sheet, options: Options) -> Options:
    """Do what the buttons for mappings of a sheet say."""
    if do == "detect":
        return mappings.as_found(options, sheet.name)
    if do == "use":
        return mappings.used(options, sheet, _chosen_mapping(session, index))
    if do == "delete":
        mapping = _chosen_mapping(session, index)
        mapping_service.delete_mapping(session, current_actor(), mapping)
        htmx.toast(f"The mapping “{mapping.name}” is deleted")
    if do == "save":
        name, table = request.form.get(f"name-{index}", ""), table_of(sheet, options)
        now = datetime.now(UTC)
        mapping = mapping_service.save(session, current_actor(), now, name, table, options)
        htmx.toast(f"Saved as mapping “{mapping.name}”")
    return options


def _chosen_mapping(session: Session, index: str) -> ColumnMapping:
    mapping = session.get(ColumnMapping, request.form.get(f"mapping-{index}", 0, int))
    if mapping is None or mapping.name is None:
        raise RuleBroken("Choose one of the mappings; it may have been deleted")
    return mapping


@bp.post("/<int:import_id>/accept")
@require("import.run")
def accept(import_id: int) -> ResponseReturnValue:
    """Say yes to all suggestions of a kind, or take that back."""
    kind, is_accepted = request.form.get("kind", ""), "no" not in request.form
    return chosen(
        db.session(), import_id, lambda o: row_choices.with_accepted(o, kind, is_accepted)
    )


@bp.post("/<int:import_id>/row")
@require("import.run")
def fix(import_id: int) -> ResponseReturnValue:
    """Put cells of one row right, have them as in the file again, or leave the row out."""
    sheet, row = request.form.get("sheet", ""), request.form.get("row", 0, int)
    do = request.form.get("do", "fix")

    def change(options: Options) -> Options:
        if do in ("skip", "unskip"):
            return row_choices.with_skipped(options, sheet, row, do == "skip")
        return row_choices.with_fix(options, sheet, row, {} if do == "unfix" else _typed_cells())

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
