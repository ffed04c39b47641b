"""The way of a list through its pages: upload, preview, import, result.

Each kind has routes of its own, with their permissions; they answer with these functions.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.customers import queries as customers
from portal.errors import RuleBroken, SheetUnreadable
from portal.extensions import begin_write, db
from portal.forms import ConfirmForm
from portal.imports import service as imports
from portal.imports.service import PlanChanged
from portal.list_imports import choices, page, previews, service
from portal.list_imports.forms import ApplyForm, ListForm
from portal.list_imports.kinds import Act
from portal.list_imports.reading import Choices
from portal.list_imports.road import Road, find, locked, overtaken_choices, preview, shown
from portal.marks import version_of
from portal.security import can, current_actor


def new(road: Road) -> ResponseReturnValue:
    """Show the form for an upload."""
    return _upload_page(road, _form(road))


def create(road: Road) -> ResponseReturnValue:
    """Keep an upload, if it can be read, and go to its preview."""
    session, form = db.session(), _form(road)
    if not form.validate_on_submit():
        return _upload_page(road, form, 422)
    filename, data = form.upload()
    customer = (form.customer.data or "") if road.kind.takes_customer else ""
    chosen = Choices(customer=customer, may_add_customers=can("customer.edit"))
    now = datetime.now(UTC)
    try:
        upload = service.new_upload(current_actor(), road.kind, filename, data, chosen, now)
        if error := preview(road, session, upload).plan.file_error:
            raise SheetUnreadable(error)
    except SheetUnreadable as unreadable:
        form.reject(RuleBroken(str(unreadable), "text" if form.text.data else "file"))
        return _upload_page(road, form, 422)
    session.commit()
    begin_write()
    imports.keep(session, upload)
    session.commit()
    return htmx.see_other(f"{road.blueprint}.show_list", import_id=upload.id)


def show(road: Road, import_id: int) -> ResponseReturnValue:
    """Show a list: its preview, or what became of it."""
    session = db.session()
    context = page.context_of(session, road.kind, find(road, session, import_id))
    return htmx.render("list_imports/show.html", "list_imports/_rows.html", road=road, **context)


def choose(road: Road, import_id: int) -> ResponseReturnValue:
    """Take over header, columns and customer, and show the preview that they make."""
    session = db.session()
    plan = preview(road, session, find(road, session, import_id)).plan
    session.commit()
    begin_write()
    upload = locked(road, session, import_id)
    if ConfirmForm().is_stale(version_of(upload)):
        session.rollback()
        return overtaken_choices(road, session, import_id)
    try:
        told = Choices.from_json(upload.options)
        told = choices.read_choices(request.form, plan.tables, road.kind.fields, told)
        service.choose(road.kind, upload, told)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        return shown(road, session, import_id, broken.message, 422, request.form)
    return htmx.see_other(f"{road.blueprint}.show_list", import_id=import_id)


def apply(road: Road, import_id: int) -> ResponseReturnValue:
    """Import what the person saw."""
    session, form, sealer = db.session(), ApplyForm(), current_app.extensions["sealer"]
    # Reading, comparing and sealing take the time; the database is locked for the storing alone.
    ready = preview(road, session, find(road, session, import_id))
    sealed = road.kind.seal(sealer, ready.plan.stores())
    session.commit()
    begin_write()
    upload = locked(road, session, import_id)
    if upload.applied_at is not None:
        htmx.toast("This list is imported already; nothing is done twice", "info")
        return htmx.see_other(f"{road.blueprint}.show_list", import_id=import_id)
    act = Act(session, current_actor(), sealer, datetime.now(UTC), import_id)
    try:
        service.apply_upload(act, road.kind, upload, form.version.data or "", ready, sealed)
        session.commit()
    except (PlanChanged, StaleDataError, IntegrityError) as broken:
        session.rollback()
        previews.forget()
        sentence = broken.message if isinstance(broken, PlanChanged) else imports.CHANGED
        return shown(road, session, import_id, sentence, 409)
    except RuleBroken as broken:
        session.rollback()
        return shown(road, session, import_id, broken.message, 422)
    return htmx.see_other(f"{road.blueprint}.show_list", import_id=import_id)


def _form(road: Road) -> ListForm:
    form = ListForm()
    if road.kind.takes_customer:
        form.offer(customers.all_customers(db.session()))
        form.customer.data = form.customer.data or request.args.get("customer", "")
    else:
        form.ask_no_customer()
    return form


def _upload_page(road: Road, form: ListForm, status: int = 200) -> ResponseReturnValue:
    return render_template("list_imports/new.html", road=road, kind=road.kind, form=form), status
