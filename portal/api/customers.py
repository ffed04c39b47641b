"""Customers, who have the phones."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.api import answers, represent, shapes
from portal.api.blueprint import listed, named, resource, sealer
from portal.api.guard import current_actor, require
from portal.customers import queries, service
from portal.extensions import begin_write, db
from portal.models import Customer, Profile
from portal.profiles import queries as profiles

bp = resource("customers", "Who has the phones")


@bp.get("")
@require("customer.view")
@bp.arguments(shapes.SearchQuery, location="query")
@bp.response(200, shapes.page_of(shapes.Customer))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """List customers by name."""
    page, size = given["page"], given["size"]
    rows, total = queries.page_of_customers(db.session(), given["q"], page, size)
    return listed((represent.customer(row.customer) for row in rows), total, page, size)


@bp.post("")
@require("customer.edit")
@bp.arguments(shapes.NewCustomer)
@bp.response(201, shapes.Customer)
def create(given: dict[str, Any]) -> ResponseReturnValue:
    """Add a customer."""
    begin_write()
    session = db.session()
    made = service.create_customer(
        session,
        current_actor(),
        sealer(),
        given["name"],
        given.get("networks", ()),
        _profile(session, given.get("default_profile")),
        given.get("note", ""),
    )
    session.commit()
    headers = {"Location": f"/api/v1/customers/{made.id}", **_etag(made)}
    return represent.customer(made), 201, headers


@bp.get("/<int:customer_id>")
@require("customer.view")
@bp.response(200, shapes.Customer)
def show(customer_id: int) -> ResponseReturnValue:
    """Show a customer."""
    found = _find(db.session(), customer_id)
    return represent.customer(found), 200, _etag(found)


@bp.patch("/<int:customer_id>")
@require("customer.edit")
@bp.arguments(shapes.CustomerChange)
@bp.response(200, shapes.Customer)
def update(given: dict[str, Any], customer_id: int) -> ResponseReturnValue:
    """Change what is given; the rest stays."""
    begin_write()
    session = db.session()
    found = _find(session, customer_id)
    answers.check_version(found.version, given.pop("version", None))
    default = found.default_profile
    if "default_profile" in given:
        default = _profile(session, given["default_profile"])
    service.update_customer(
        session,
        current_actor(),
        found,
        given.get("name", found.name),
        given.get("networks", found.networks),
        default,
        given.get("note", found.note),
    )
    session.commit()
    return represent.customer(found), 200, _etag(found)


@bp.delete("/<int:customer_id>")
@require("customer.edit")
@bp.response(204)
def delete(customer_id: int) -> ResponseReturnValue:
    """Delete a customer that has nothing."""
    begin_write()
    session = db.session()
    found = _find(session, customer_id)
    answers.check_version(found.version)
    service.delete_customer(session, current_actor(), found)
    session.commit()
    return "", 204


def _find(session: Session, customer_id: int) -> Customer:
    found = queries.find_customer(session, customer_id)
    if found is None:
        raise answers.missing("customer", customer_id)
    return found


def _profile(session: Session, name: str | None) -> Profile | None:
    return named("profile", name, lambda n: profiles.find_profile_named(session, n))


def _etag(found: Customer) -> dict[str, str]:
    return {"ETag": f'"{found.version}"'}
