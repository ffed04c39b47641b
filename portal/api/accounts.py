"""SIP accounts. Passwords go in and never out."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.api import answers, represent, shapes
from portal.api.blueprint import listed, named, resource, sealer
from portal.api.guard import current_actor, require
from portal.customers import queries as customers
from portal.extensions import begin_write, db
from portal.models import SipAccount
from portal.sip_accounts import queries, service

bp = resource("accounts", "SIP accounts: what registers at a registrar")


@bp.get("")
@require("account.view")
@bp.arguments(shapes.AccountQuery, location="query")
@bp.response(200, shapes.page_of(shapes.Account))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """List SIP accounts by user name."""
    session, page, size = db.session(), given["page"], given["size"]
    owner = named(
        "customer", given["customer"], lambda n: customers.find_customer_named(session, n)
    )
    filters = queries.Filters(given["q"], owner.id if owner else None, given["use"])
    found, total = queries.page_of_accounts(session, filters, page, size)
    return listed(map(represent.account, found), total, page, size)


@bp.post("")
@require("account.edit")
@bp.arguments(shapes.NewAccount)
@bp.response(201, shapes.Account)
def create(given: dict[str, Any]) -> ResponseReturnValue:
    """Add a SIP account; without a password it gets a random one."""
    begin_write()
    session = db.session()
    owner = named(
        "customer",
        given.pop("customer", None),
        lambda n: customers.find_customer_named(session, n),
    )
    made = service.create_account(
        session, current_actor(), sealer(), given.pop("user_name"), customer=owner, **given
    )
    session.commit()
    return represent.account(made), 201, {"Location": f"/api/v1/accounts/{made.id}", **_etag(made)}


@bp.get("/<int:account_id>")
@require("account.view")
@bp.response(200, shapes.Account)
def show(account_id: int) -> ResponseReturnValue:
    """Show a SIP account and where it is."""
    found = _find(db.session(), account_id)
    return represent.account(found), 200, _etag(found)


@bp.patch("/<int:account_id>")
@require("account.edit")
@bp.arguments(shapes.AccountChange)
@bp.response(200, shapes.Account)
def update(given: dict[str, Any], account_id: int) -> ResponseReturnValue:
    """Change what is given; the rest stays."""
    begin_write()
    session = db.session()
    found = _find(session, account_id)
    answers.check_version(found.version, given.pop("version", None))
    names = ("auth_name", "display_name", "external_id", "is_enabled")
    facts = {name: getattr(found, name) for name in names} | given
    service.update_account(session, current_actor(), sealer(), found, **facts)
    session.commit()
    return represent.account(found), 200, _etag(found)


@bp.delete("/<int:account_id>")
@require("account.edit")
@bp.response(204)
def delete(account_id: int) -> ResponseReturnValue:
    """Delete a SIP account that is on no port."""
    begin_write()
    session = db.session()
    found = _find(session, account_id)
    answers.check_version(found.version)
    service.delete_account(session, current_actor(), found)
    session.commit()
    return "", 204


def _find(session: Session, account_id: int) -> SipAccount:
    found = queries.find_account(session, account_id)
    if found is None:
        raise answers.missing("SIP account", account_id)
    return found


def _etag(found: SipAccount) -> dict[str, str]:
    return {"ETag": f'"{found.version}"'}
