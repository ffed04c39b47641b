"""Lists of SIP accounts: upload, preview, import, result, undo."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from portal.list_imports import afterwards, flow
from portal.list_imports.road import Road
from portal.security import require
from portal.sip_accounts.blueprint import bp
from portal.sip_accounts.list_kind import ACCOUNTS

ROAD = Road(
    ACCOUNTS,
    "sip_accounts",
    "Accounts",
    "Import SIP accounts",
    "Known accounts are changed, others are made; none is deleted.",
)


@bp.get("/import")
@require("account.edit")
def new_list() -> ResponseReturnValue:
    return flow.new(ROAD)


@bp.post("/import")
@require("account.edit", has_long_texts=True)
def upload_list() -> ResponseReturnValue:
    return flow.create(ROAD)


@bp.get("/import/template.xlsx")
@require("account.edit")
def list_template() -> Response:
    return afterwards.template(ROAD)


@bp.get("/import/<int:import_id>")
@require("account.edit")
def show_list(import_id: int) -> ResponseReturnValue:
    return flow.show(ROAD, import_id)


@bp.post("/import/<int:import_id>/choices")
@require("account.edit")
def choose_for_list(import_id: int) -> ResponseReturnValue:
    return flow.choose(ROAD, import_id)


@bp.post("/import/<int:import_id>/apply")
@require("account.edit")
def apply_list(import_id: int) -> ResponseReturnValue:
    return flow.apply(ROAD, import_id)


@bp.get("/import/<int:import_id>/undo")
@require("account.edit")
def confirm_list_undo(import_id: int) -> ResponseReturnValue:
    return afterwards.confirm_undo(ROAD, import_id)


@bp.post("/import/<int:import_id>/undo")
@require("account.edit")
def undo_list(import_id: int) -> ResponseReturnValue:
    return afterwards.take_back(ROAD, import_id)


@bp.get("/import/<int:import_id>/discard")
@require("account.edit")
def confirm_list_discard(import_id: int) -> ResponseReturnValue:
    return afterwards.confirm_discard(ROAD, import_id)


@bp.post("/import/<int:import_id>/discard")
@require("account.edit")
def discard_list(import_id: int) -> ResponseReturnValue:
    return afterwards.discard(ROAD, import_id)


@bp.get("/import/<int:import_id>/problems.xlsx")
@require("account.edit")
def list_problems(import_id: int) -> Response:
    return afterwards.problems(ROAD, import_id)
