"""Making a range of accounts: asked for, foreseen one by one, made in one go."""

from __future__ import annotations

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.customers import queries as customers
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Customer
from portal.security import current_actor, require
from portal.sip_accounts import ranges, service
from portal.sip_accounts.blueprint import bp
from portal.sip_accounts.forms import RangeForm
from portal.writing import attempt


@bp.get("/range")
@require("account.edit")
def ask_range() -> ResponseReturnValue:
    """The form and, once it says something, every account that it means."""
    session = db.session()
    is_asked = "users" in request.args
    form = _form(session, RangeForm(request.args if request.args else None))
    rows, status = _foreseen(session, form) if is_asked else ([], 200)
    return _page(form, rows, status)


@bp.post("/range")
@require("account.edit")
def make_range() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    form = _form(session, RangeForm())
    rows, status = _foreseen(session, form)
    if status != 200:
        return _page(form, rows, status)
    if form.is_stale(ranges.digest_of(rows)):
        form.form_errors.append("Something changed meanwhile. Look at the accounts again.")
        return _page(form, rows, 409)
    owner, sealer = _owner(session, form), current_app.extensions["sealer"]
    status = attempt(
        form, lambda: service.create_range(session, current_actor(), sealer, rows, owner)
    )
    if status:
        return _page(form, rows, status)
    count = sum(not row.exists for row in rows)
    htmx.toast(f"{count} account{'s are' if count != 1 else ' is'} made, with random passwords")
    return htmx.see_other("sip_accounts.index", customer=form.customer.data or None)


def _form(session: Session, form: RangeForm) -> RangeForm:
    form.offer(customers.all_customers(session))
    return form


def _owner(session: Session, form: RangeForm) -> Customer | None:
    chosen = form.customer.data
    return customers.find_customer(session, int(chosen)) if chosen else None


def _foreseen(session: Session, form: RangeForm) -> tuple[list[ranges.Planned], int]:
    """Return every account that the form means, and 200; or nothing and 422, with errors in it."""
    if not form.validate():
        return [], 422
    try:
        users, names = form.users.data or "", form.display_names.data or ""
        return ranges.plan(session, users, names, _owner(session, form)), 200
    except RuleBroken as broken:
        form.reject(broken)
        return [], 422


def _page(form: RangeForm, rows: list[ranges.Planned], status: int) -> Response:
    form.version.data = ranges.digest_of(rows) if rows else ""
    return htmx.render(
        "sip_accounts/range.html",
        "sip_accounts/_range.html",
        status,
        form=form,
        rows=rows,
        new=sum(not row.exists for row in rows),
    )
