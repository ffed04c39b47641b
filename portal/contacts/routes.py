"""A customer's phone book: its contacts, and whether its accounts stand in it."""

from __future__ import annotations

from functools import partial

from flask import abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.confirming import Question, act, ask, press
from portal.contacts import list_routes, queries, service
from portal.contacts.blueprint import bp, customer_or_404
from portal.contacts.forms import AccountsForm, ContactForm
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import Contact, Customer
from portal.paging import Pages, page_number
from portal.security import current_actor, require
from portal.vendors import FAMILIES
from portal.writing import attempt

# It hangs routes on the blueprint as well.
__all__ = ["bp", "list_routes"]

# Whose phones load the book.
VENDORS = sorted(
    {f.vendor for f in FAMILIES.values() if any(spec.kind == "phonebook" for spec in f.files)}
)


@bp.get("")
@require("contact.view")
def index(customer_id: int) -> ResponseReturnValue:
    session = db.session()
    customer = customer_or_404(session, customer_id)
    size, q = current_app.config["PORTAL"].rows_per_page, request.args.get("q", "")
    number = page_number(request.args.get("page"))
    contacts, total = queries.page_of_contacts(session, customer, q, number, size)
    named, nameless = queries.count_accounts(session, customer)
    return htmx.render(
        "contacts/index.html",
        "contacts/_rows.html",
        customer=customer,
        contacts=contacts,
        pages=Pages(number, size, total),
        q=q,
        form=AccountsForm(listed=customer.lists_accounts),
        named=named,
        nameless=nameless,
        vendors=VENDORS,
    )


@bp.post("/accounts")
@require("contact.edit")
def list_accounts(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer = customer_or_404(session, customer_id)
    listed = bool(AccountsForm().listed.data)

    def verb() -> str:
        service.list_accounts(session, current_actor(), customer, listed)
        return "The phone book lists the SIP accounts" if listed else "Only contacts are listed"

    question = f"{'List the' if listed else 'Leave out the'} SIP accounts of {customer.name}?"
    text, back = "Its phones show it once they load the book again.", _book(customer)
    asked = Question([customer], question, text, "List them" if listed else "Leave them out", back)
    return press(asked, verb) or htmx.go_to(back)


@bp.get("/new")
@require("contact.edit")
def new(customer_id: int) -> ResponseReturnValue:
    return _form_page(customer_or_404(db.session(), customer_id), ContactForm())


@bp.post("")
@require("contact.edit")
def create(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer, form = customer_or_404(session, customer_id), ContactForm()
    if not form.validate_on_submit():
        return _form_page(customer, form, status=422)
    if status := attempt(
        form,
        lambda: service.create_contact(session, current_actor(), customer, form.facts),
    ):
        return _form_page(customer, form, status=status)
    htmx.toast(f"{form.name.data} is in the phone book")
    return htmx.see_other("contacts.index", customer_id=customer.id)


@bp.get("/<int:contact_id>/edit")
@require("contact.edit")
def edit(customer_id: int, contact_id: int) -> ResponseReturnValue:
    customer, contact = _find(db.session(), customer_id, contact_id)
    form = ContactForm(**vars(queries.facts_of(contact)), version=mark_of(contact))
    return _form_page(customer, form, contact)


@bp.post("/<int:contact_id>/edit")
@require("contact.edit")
def update(customer_id: int, contact_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer, contact = _find(session, customer_id, contact_id)
    form = ContactForm()
    if form.is_stale(mark_of(contact)):
        return _form_page(customer, form, contact, 409)
    if not form.validate_on_submit():
        return _form_page(customer, form, contact, 422)
    if status := attempt(
        form,
        lambda: service.update_contact(session, current_actor(), customer, contact, form.facts),
    ):
        return _form_page(customer, form, contact, status)
    htmx.toast(f"{contact.name} is saved")
    return htmx.see_other("contacts.index", customer_id=customer.id)


@bp.get("/<int:contact_id>/delete")
@require("contact.edit")
def ask_delete(customer_id: int, contact_id: int) -> ResponseReturnValue:
    return ask(_deleting(*_find(db.session(), customer_id, contact_id)))


@bp.post("/<int:contact_id>/delete")
@require("contact.edit")
def delete(customer_id: int, contact_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer, contact = _find(session, customer_id, contact_id)
    verb = partial(service.delete_contact, session, current_actor(), contact)
    if refused := act(_deleting(customer, contact), verb):
        return refused
    htmx.toast(f"{contact.name} is deleted")
    return htmx.see_other("contacts.index", customer_id=customer.id)


def _deleting(customer: Customer, contact: Contact) -> Question:
    text = f"The phones of {customer.name} lose the entry the next time they load the book."
    return Question([contact], f"Delete {contact.name}?", text, "Delete", _book(customer))


def _book(customer: Customer) -> str:
    return url_for("contacts.index", customer_id=customer.id)


def _find(session: Session, customer_id: int, contact_id: int) -> tuple[Customer, Contact]:
    customer = customer_or_404(session, customer_id)
    return customer, queries.find_contact(session, customer, contact_id) or abort(404)


def _form_page(
    customer: Customer, form: ContactForm, contact: Contact | None = None, status: int = 200
) -> ResponseReturnValue:
    overtaken = None
    if contact and status == 409:
        overtaken = form.differences(vars(queries.facts_of(contact)))
    text = render_template(
        "contacts/form.html", customer=customer, form=form, contact=contact, overtaken=overtaken
    )
    return text, status
