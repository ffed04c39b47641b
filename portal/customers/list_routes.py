"""Lists of customers: upload, preview, import, result, undo."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from portal.customers.blueprint import bp
from portal.customers.list_kind import CUSTOMERS
from portal.list_imports import afterwards, flow
from portal.list_imports.road import Road
from portal.security import require

ROAD = Road(
    CUSTOMERS,
    "customers",
    "Customers",
    "Import customers",
    "Customers of the same name are changed, others are made; none is deleted.",
)


@bp.get("/import")
@require("customer.edit")
def new_list() -> ResponseReturnValue:
    return flow.new(ROAD)


@bp.post("/import")
@require("customer.edit", has_long_texts=True)
def upload_list() -> ResponseReturnValue:
    return flow.create(ROAD)


@bp.get("/import/template.xlsx")
@require("customer.edit")
def list_template() -> Response:
    return afterwards.template(ROAD)


@bp.get("/import/<int:import_id>")
@require("customer.edit")
def show_list(import_id: int) -> ResponseReturnValue:
    return flow.show(ROAD, import_id)


@bp.post("/import/<int:import_id>/choices")
@require("customer.edit")
def choose_for_list(import_id: int) -> ResponseReturnValue:
    return flow.choose(ROAD, import_id)


@bp.post("/import/<int:import_id>/apply")
@require("customer.edit")
def apply_list(import_id: int) -> ResponseReturnValue:
    return flow.apply(ROAD, import_id)


@bp.get("/import/<int:import_id>/undo")
@require("customer.edit")
def confirm_list_undo(import_id: int) -> ResponseReturnValue:
    return afterwards.confirm_undo(ROAD, import_id)


@bp.post("/import/<int:import_id>/undo")
@require("customer.edit")
def undo_list(import_id: int) -> ResponseReturnValue:
    return afterwards.take_back(ROAD, import_id)


@bp.get("/import/<int:import_id>/discard")
@require("customer.edit")
def confirm_list_discard(import_id: int) -> ResponseReturnValue:
    return afterwards.confirm_discard(ROAD, import_id)


@bp.post("/import/<int:import_id>/discard")
@require("customer.edit")
def discard_list(import_id: int) -> ResponseReturnValue:
    return afterwards.discard(ROAD, import_id)


@bp.get("/import/<int:import_id>/problems.xlsx")
@require("customer.edit")
def list_problems(import_id: int) -> Response:
    return afterwards.problems(ROAD, import_id)
