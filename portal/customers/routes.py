"""Customers: the list, the page of one with its site address, new, edit, settings, delete."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import downloads, htmx, settings_pages
from portal.confirming import Question, act, ask
from portal.customers import (
    exports,
    list_routes,  # noqa: F401 - adds its routes to the blueprint
    page,
    queries,
    service,
    site_address,
    trust,
    trust_routes,  # noqa: F401 - adds its routes to the blueprint
    trust_service,
)
from portal.customers.blueprint import bp, customer_or_404
from portal.customers.forms import CustomerForm
from portal.extensions import begin_write, db
from portal.forms import SettingsForm
from portal.models import Customer, Profile
from portal.paging import Pages, page_number
from portal.profiles import queries as profiles
from portal.security import can, current_actor, require
from portal.settings.catalogue import CATALOGUE
from portal.writing import attempt

__all__ = ["bp"]


@bp.get("")
@require("customer.view")
def index() -> ResponseReturnValue:
    size, filters = current_app.config["PORTAL"].rows_per_page, _filters()
    number = page_number(request.args.get("page"))
    q, has_free = filters.get("q", ""), "free" in filters
    rows, total = queries.page_of_customers(db.session(), q, number, size, has_free)
    pages = Pages(number, size, total)
    return htmx.render(
        "customers/index.html", "customers/_rows.html", rows=rows, pages=pages, filters=filters
    )


@bp.get("/export.csv", defaults={"kind": "csv"})
@bp.get("/export.xlsx", defaults={"kind": "xlsx"})
@require("customer.view")
def export(kind: str) -> ResponseReturnValue:
    filters = _filters()
    found = exports.listing(db.session(), filters.get("q", ""), "free" in filters)
    return downloads.send_list(found, kind, "customer.export", filters)


@bp.get("/<int:customer_id>")
@require("customer.view")
def show(customer_id: int) -> ResponseReturnValue:
    session = db.session()
    customer = customer_or_404(session, customer_id)
    now = datetime.now(UTC)
    return render_template(
        "customers/show.html",
        customer=customer,
        has=queries.belongings_of(session, customer),
        phones=page.phones_of(session, customer, now),
        site=_guide(customer) if can("window.open") else None,
        level=trust.LEVELS[trust_service.level_of(customer, now)],
        level_ends=customer.trust_level_until and customer.trust_level_until > now,
        own=[(CATALOGUE[k], CATALOGUE[k].show(v)) for k, v in customer.settings.items()],
    )


@bp.get("/<int:customer_id>/installing")
@require("window.open")
def installing(customer_id: int) -> ResponseReturnValue:
    """A sheet to print for whoever installs the phones."""
    customer = customer_or_404(db.session(), customer_id)
    return render_template("customers/installing.html", customer=customer, site=_guide(customer))


@bp.get("/new")
@require("customer.edit")
def new() -> ResponseReturnValue:
    return _form_page(_form(db.session()))


@bp.post("")
@require("customer.edit")
def create() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    form = _form(session)
    if not form.validate_on_submit():
        return _form_page(form, status=422)
    made: list[Customer] = []
    status = attempt(
        form,
        lambda: made.append(
            service.create_customer(
                session,
                current_actor(),
                current_app.extensions["sealer"],
                form.name.data,
                form.networks.data or (),
                _profile(session, form),
                form.note.data,
            )
        ),
    )
    if status:
        return _form_page(form, status=status)
    htmx.toast(f"{made[0].name} is made")
    return htmx.see_other("customers.show", customer_id=made[0].id)


@bp.get("/<int:customer_id>/edit")
@require("customer.edit")
def edit(customer_id: int) -> ResponseReturnValue:
    session = db.session()
    customer = customer_or_404(session, customer_id)
    form = _form(session)
    form.name.data, form.note.data = customer.name, customer.note
    form.networks.data = "\n".join(customer.networks)
    form.default_profile.data = str(customer.default_profile_id or "")
    form.version.data = str(customer.version)
    return _form_page(form, customer)


@bp.post("/<int:customer_id>/edit")
@require("customer.edit")
def update(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer, form = customer_or_404(session, customer_id), _form(session)
    if form.is_stale(customer.version):
        return _form_page(form, customer, 409)
    if not form.validate_on_submit():
        return _form_page(form, customer, 422)
    status = attempt(
        form,
        lambda: service.update_customer(
            session,
            current_actor(),
            customer,
            form.name.data,
            form.networks.data or (),
            _profile(session, form),
            form.note.data,
        ),
    )
    if status:
        return _form_page(form, customer, status)
    htmx.toast(f"{customer.name} is saved")
    return htmx.see_other("customers.show", customer_id=customer.id)


@bp.get("/<int:customer_id>/settings")
@require("customer.edit")
def edit_settings(customer_id: int) -> ResponseReturnValue:
    session = db.session()
    customer = customer_or_404(session, customer_id)
    form = SettingsForm(version=customer.version)
    return _settings_page(session, customer, form, customer.settings)


@bp.post("/<int:customer_id>/settings")
@require("customer.edit")
def update_settings(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer = customer_or_404(session, customer_id)
    sealer, actor = current_app.extensions["sealer"], current_actor()
    form, layer, status = settings_pages.take(
        customer.settings,
        customer.version,
        lambda typed: service.set_settings(session, actor, sealer, customer, typed),
    )
    if status:
        return _settings_page(session, customer, form, layer, status)
    htmx.toast(f"Settings of {customer.name} are saved")
    return htmx.see_other("customers.show", customer_id=customer.id)


@bp.get("/<int:customer_id>/delete")
@require("customer.edit")
def ask_delete(customer_id: int) -> ResponseReturnValue:
    return ask(_deleting(customer_or_404(db.session(), customer_id)))


@bp.post("/<int:customer_id>/delete")
@require("customer.edit")
def delete(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    customer = customer_or_404(session, customer_id)
    verb = partial(service.delete_customer, session, current_actor(), customer)
    if refused := act(_deleting(customer), verb):
        return refused
    htmx.toast(f"{customer.name} is deleted")
    return htmx.see_other("customers.index")


def _filters() -> dict[str, str]:
    """Return what the list is narrowed to, as it stands in an address."""
    return {name: text for name in ("q", "free") if (text := request.args.get(name, ""))}


def _guide(customer: Customer) -> site_address.Guide:
    token = current_app.extensions["sealer"].open(customer.site_token_sealed)
    return site_address.guide(current_app.config["PORTAL"].base_url, token)


def _form(session: Session) -> CustomerForm:
    form = CustomerForm()
    form.offer(profiles.all_profiles(session))
    return form


def _profile(session: Session, form: CustomerForm) -> Profile | None:
    chosen = form.default_profile.data
    return profiles.find_profile(session, int(chosen)) if chosen else None


def _form_page(
    form: CustomerForm, customer: Customer | None = None, status: int = 200
) -> ResponseReturnValue:
    overtaken = form.differences(page.stored(customer)) if customer and status == 409 else None
    text = render_template("customers/form.html", form=form, customer=customer, overtaken=overtaken)
    return text, status


def _settings_page(
    session: Session,
    customer: Customer,
    form: SettingsForm,
    layer: dict[str, object],
    status: int = 200,
) -> ResponseReturnValue:
    return settings_pages.show(
        "customers/settings.html",
        form,
        layer,
        customer.settings,
        queries.inherited_settings(session),
        status,
        customer=customer,
    )


def _deleting(customer: Customer) -> Question:
    text = "Its site address stops working. This cannot be undone."
    back = url_for("customers.show", customer_id=customer.id)
    return Question([customer], f"Delete the customer {customer.name}?", text, "Delete", back)
