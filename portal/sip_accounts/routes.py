"""SIP accounts: the list, new, edit, delete."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import downloads, htmx
from portal.confirming import Question, act, ask, overtaken
from portal.customers import queries as customers
from portal.extensions import begin_write, db
from portal.models import SipAccount
from portal.paging import Pages, page_number
from portal.security import current_actor, require, require_fresh
from portal.sip_accounts import (
    exports,
    list_routes,  # noqa: F401 - adds its routes to the blueprint
    queries,
    range_routes,  # noqa: F401 - adds its routes to the blueprint
    service,
)
from portal.sip_accounts.blueprint import bp
from portal.sip_accounts.forms import AccountForm
from portal.values import id_in
from portal.writing import attempt

USES = {"": "Free and used", "free": "Free", "used": "Used"}

STATES = {
    "": "Any state",
    "enabled": "Enabled",
    "disabled": "Disabled",
    "due": "Password due for a change",
}

__all__ = ["bp"]


@bp.get("")
@require("account.view")
def index() -> ResponseReturnValue:
    session, size = db.session(), current_app.config["PORTAL"].rows_per_page
    filters, args = _filters()
    number = page_number(request.args.get("page"))
    accounts, total = queries.page_of_accounts(session, filters, number, size)
    return htmx.render(
        "sip_accounts/index.html",
        "sip_accounts/_rows.html",
        accounts=accounts,
        pages=Pages(number, size, total),
        filters=args,
        customers=customers.all_customers(session),
        uses=USES,
        states=STATES,
    )


@bp.get("/export.csv", defaults={"kind": "csv"})
@bp.get("/export.xlsx", defaults={"kind": "xlsx"})
@require("account.view")
def export(kind: str) -> ResponseReturnValue:
    filters, args = _filters()
    found = exports.listing(db.session(), filters)
    return downloads.send_list(found, kind, "account.export", args)


@bp.get("/new")
@require("account.edit")
def new() -> ResponseReturnValue:
    form = _form(db.session())
    form.customer.data = request.args.get("customer", "")
    return _page(form)


@bp.post("")
@require("account.edit")
def create() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    form = _form(session)
    if not form.validate_on_submit():
        return _page(form, status=422)
    owner = form.customer.data
    status = attempt(
        form,
        lambda: service.create_account(
            session,
            current_actor(),
            current_app.extensions["sealer"],
            form.user_name.data,
            form.password.data,
            form.auth_name.data,
            form.display_name.data,
            customers.find_customer(session, int(owner)) if owner else None,
            form.external_id.data,
        ),
    )
    if status:
        return _page(form, status=status)
    htmx.toast(f"Account {form.user_name.data} is made")
    return htmx.see_other("sip_accounts.index", customer=owner or None)


@bp.get("/<int:account_id>")
@require("account.edit")
def edit(account_id: int) -> ResponseReturnValue:
    session = db.session()
    account = _find(session, account_id)
    form = AccountForm(obj=account)
    form.ask_no_owner()
    return _page(form, account)


@bp.post("/<int:account_id>")
@require("account.edit")
def update(account_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    account = _find(session, account_id)
    form = AccountForm()
    form.ask_no_owner()
    if form.is_stale(account.version):
        return _page(form, account, 409)
    if not form.validate_on_submit():
        return _page(form, account, 422)
    status = attempt(
        form,
        lambda: service.update_account(
            session,
            current_actor(),
            current_app.extensions["sealer"],
            account,
            auth_name=form.auth_name.data,
            display_name=form.display_name.data,
            external_id=form.external_id.data,
            is_enabled=form.is_enabled.data,
            password=form.password.data,
        ),
    )
    if status:
        return _page(form, account, status)
    htmx.toast(f"Account {account.user_name} is saved")
    return htmx.see_other("sip_accounts.index")


@bp.get("/<int:account_id>/new-password")
@require("account.edit")
def ask_new_password(account_id: int) -> ResponseReturnValue:
    return ask(_renewing(_find(db.session(), account_id)))


@bp.post("/<int:account_id>/new-password")
@require("account.edit")
def renew_password(account_id: int) -> ResponseReturnValue:
    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    account = _find(session, account_id)
    verb = partial(service.renew_password, session, current_actor(), sealer, account)
    if refused := act(_renewing(account), verb):
        return refused
    htmx.toast(f"Account {account.user_name} has a new password; phones get it at their fetch")
    return htmx.see_other("sip_accounts.edit", account_id=account_id)


@bp.get("/<int:account_id>/password")
@require("secret.show")
@require_fresh
def ask_show_password(account_id: int) -> ResponseReturnValue:
    return ask(_showing(_find(db.session(), account_id)))


@bp.post("/<int:account_id>/password")
@require("secret.show")
@require_fresh
def show_password(account_id: int) -> ResponseReturnValue:
    begin_write()
    account, sealer = _find(db.session(), account_id), current_app.extensions["sealer"]
    if again := overtaken(_showing(account)):
        return again
    password = service.show_password(db.session(), current_actor(), sealer, account)
    db.session.commit()
    return render_template("sip_accounts/password.html", account=account, password=password)


@bp.get("/<int:account_id>/delete")
@require("account.edit")
def ask_delete(account_id: int) -> ResponseReturnValue:
    return ask(_deleting(_find(db.session(), account_id)))


@bp.post("/<int:account_id>/delete")
@require("account.edit")
def delete(account_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    account = _find(session, account_id)
    verb = partial(service.delete_account, session, current_actor(), account)
    if refused := act(_deleting(account), verb):
        return refused
    htmx.toast(f"Account {account.user_name} is deleted")
    return htmx.see_other("sip_accounts.index")


def _renewing(account: SipAccount) -> Question:
    text = "Its phones cannot register until they and the SIP server have it."
    question = f"Give account {account.user_name} a new random password?"
    return _question(account, question, text, "Make a new password", is_harmless=True)


def _showing(account: SipAccount) -> Question:
    text = "The audit notes that you saw it. Close the page when you have it."
    question = f"Show the password of account {account.user_name}?"
    return _question(account, question, text, "Show it", is_harmless=True)


def _deleting(account: SipAccount) -> Question:
    text = "Its password is lost with it. This cannot be undone."
    return _question(account, f"Delete account {account.user_name}?", text, "Delete")


def _question(
    account: SipAccount, question: str, text: str, act: str, is_harmless: bool = False
) -> Question:
    back = url_for("sip_accounts.edit", account_id=account.id)
    return Question([account], question, text, act, back, is_harmless)


def _filters() -> tuple[queries.Filters, dict[str, Any]]:
    """Return the filter of the list, and what of it stands in an address."""
    q, use, state = (request.args.get(name, "") for name in ("q", "use", "state"))
    customer_id = id_in(request.args.get("customer"))
    args = {"q": q, "customer": customer_id, "use": use, "state": state}
    shown = {name: value for name, value in args.items() if value}
    return queries.Filters(q, customer_id, use, state), shown


def _find(session: Session, account_id: int) -> SipAccount:
    return queries.find_account(session, account_id) or abort(404)


def _form(session: Session) -> AccountForm:
    form = AccountForm()
    form.offer(customers.all_customers(session))
    return form


def _page(
    form: AccountForm, account: SipAccount | None = None, status: int = 200
) -> ResponseReturnValue:
    overtaken = None
    if account is not None and status == 409:
        overtaken = form.differences(
            {
                "display_name": account.display_name,
                "auth_name": account.auth_name,
                "external_id": account.external_id,
                "is_enabled": "yes" if account.is_enabled else "no",
            }
        )
    if request.form.get("password"):
        form.password.errors = [*form.password.errors, "Type it again: passwords are not kept"]
    text = render_template(
        "sip_accounts/form.html", form=form, account=account, overtaken=overtaken
    )
    return text, status
