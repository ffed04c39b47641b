"""Lists of contacts: upload, preview, import; and the phone book as a list."""

from __future__ import annotations

import re

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.contacts import lists, queries, service
from portal.contacts.blueprint import bp, customer_or_404
from portal.contacts.forms import ImportForm, ListForm
from portal.errors import RuleBroken, SheetUnreadable
from portal.extensions import begin_write, db
from portal.forms import Form
from portal.imports import texts
from portal.imports.child import read_sheets
from portal.models import Customer
from portal.security import current_actor, require
from portal.writing import attempt

# What is kept in the preview's form; browsers send it back.
MAX_KEPT_BYTES = 400_000


@bp.get("/import")
@require("contact.edit")
def new_import(customer_id: int) -> ResponseReturnValue:
    customer = customer_or_404(db.session(), customer_id)
    return render_template("contacts/import.html", customer=customer, form=ListForm())


@bp.post("/import")
@require("contact.edit")
def preview_import(customer_id: int) -> ResponseReturnValue:
    session = db.session()
    customer, form = customer_or_404(session, customer_id), ListForm()
    if form.validate_on_submit():
        try:
            sheets = read_sheets(form.file.data.filename or "list", form.file.data.read())
            plan = lists.plan(lists.rows_in(sheets), queries.by_name(session, customer))
            if len(plan.text.encode()) > MAX_KEPT_BYTES:
                raise SheetUnreadable("The list is too long; split it into several files")
        except SheetUnreadable as unreadable:
            form.reject(RuleBroken(str(unreadable), "file"))
        else:
            return _preview_page(customer, plan)
    return render_template("contacts/import.html", customer=customer, form=form), 422


@bp.post("/import/apply")
@require("contact.edit")
def apply_import(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer, form = customer_or_404(session, customer_id), ImportForm()
    try:
        rows = lists.rows_in([texts.read_text("list", form.text.data or "")])
    except SheetUnreadable as unreadable:
        db.session.rollback()
        upload = ListForm()
        upload.reject(RuleBroken(str(unreadable), "file"))
        return render_template("contacts/import.html", customer=customer, form=upload), 422
    plan = lists.plan(rows, queries.by_name(session, customer))
    if form.is_stale(plan.digest) or plan.problems:
        form.reject(RuleBroken("The phone book was changed meanwhile; look at the list again"))
        return _preview_page(customer, plan, form, 409)
    new, changed = [r.facts for r in plan.new], [c.facts for c in plan.changed]
    if status := attempt(
        form,
        lambda: service.import_contacts(session, current_actor(), customer, new, changed),
    ):
        return _preview_page(customer, plan, form, status)
    htmx.toast(f"Imported: {len(new)} new, {len(changed)} changed")
    return htmx.see_other("contacts.index", customer_id=customer.id)


@bp.get("/export.csv")
@require("contact.view")
def export(customer_id: int) -> ResponseReturnValue:
    session: Session = db.session()
    customer = customer_or_404(session, customer_id)
    contacts = map(queries.facts_of, queries.all_contacts(session, customer))
    # The mark tells spreadsheet programs that the text is UTF-8.
    answer = Response("\ufeff" + lists.as_csv(contacts), content_type="text/csv; charset=utf-8")
    name = re.sub(r"[^A-Za-z0-9]+", "-", customer.name).strip("-") or "customer"
    answer.headers["Content-Disposition"] = f'attachment; filename="phone-book-{name}.csv"'
    return answer


def _preview_page(
    customer: Customer, plan: lists.Plan, form: Form | None = None, status: int = 200
) -> ResponseReturnValue:
    form = form or ImportForm(formdata=None)
    form.text.data, form.version.data = plan.text, plan.digest
    text = render_template("contacts/preview.html", customer=customer, plan=plan, form=form)
    return text, status
