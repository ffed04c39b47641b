"""How a customer's phones prove themselves, and its site address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, act, ask
from portal.customers import site_address, trust, trust_service
from portal.customers.blueprint import bp, customer_or_404
from portal.customers.forms import TrustForm
from portal.extensions import begin_write, db
from portal.models import Customer
from portal.security import current_actor, require
from portal.writing import attempt


@bp.get("/<int:customer_id>/trust")
@require("trust.level")
def edit_trust(customer_id: int) -> ResponseReturnValue:
    customer = customer_or_404(db.session(), customer_id)
    form = TrustForm(level=trust_service.level_of(customer, datetime.now(UTC)))
    form.version.data = str(customer.version)
    return _page(customer, form)


@bp.post("/<int:customer_id>/trust")
@require("trust.level")
def update_trust(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    customer, form = customer_or_404(session, customer_id), TrustForm()
    if form.is_stale(customer.version):
        return _page(customer, form, is_overtaken=True), 409
    if not form.validate_on_submit():
        return _page(customer, form), 422
    days = int(form.days.data or 0)
    until = now + timedelta(days=days) if days else None
    status = attempt(
        form,
        lambda: trust_service.set_trust_level(
            session, current_actor(), now, customer, form.level.data, until
        ),
    )
    if status:
        return _page(customer, form), status
    htmx.toast(f"{customer.name}: trust level {trust.LEVELS[form.level.data].label.lower()}")
    return htmx.see_other("customers.show", customer_id=customer_id)


@bp.get("/<int:customer_id>/site-address")
@require("customer.edit")
def ask_renew_site_address(customer_id: int) -> ResponseReturnValue:
    return ask(_renewing(customer_or_404(db.session(), customer_id)))


@bp.post("/<int:customer_id>/site-address")
@require("customer.edit")
def renew_site_address(customer_id: int) -> ResponseReturnValue:
    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    customer = customer_or_404(session, customer_id)
    verb = partial(trust_service.renew_site_address, session, current_actor(), sealer, customer)
    if refused := act(_renewing(customer), verb):
        return refused
    htmx.toast(f"{customer.name} has a new site address; the one before is worthless")
    return htmx.see_other("customers.show", customer_id=customer_id)


def _renewing(customer: Customer) -> Question:
    question = f"Make a new site address for {customer.name}?"
    back = url_for("customers.show", customer_id=customer.id)
    return Question([customer], question, site_address.RENEWING, "Make a new one", back)


def _page(customer: Customer, form: TrustForm, is_overtaken: bool = False) -> str:
    overtaken = None
    if is_overtaken:
        stored = trust.LEVELS[trust_service.level_of(customer, datetime.now(UTC))].label
        typed = dict(form.level.choices).get(form.level.data, "")
        overtaken = [("Trust level", stored, typed)] if stored != typed else []
    return render_template(
        "customers/trust.html",
        customer=customer,
        form=form,
        levels=trust.LEVELS,
        overtaken=overtaken,
    )
