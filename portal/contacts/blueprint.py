"""The blueprint of the phone books, below the customer they belong to."""

from __future__ import annotations

from flask import Blueprint, abort
from sqlalchemy.orm import Session

from portal import security
from portal.customers import queries as customers
from portal.models import Customer

bp = Blueprint("contacts", __name__, url_prefix="/customers/<int:customer_id>/contacts")
security.guard(bp)


def customer_or_404(session: Session, customer_id: int) -> Customer:
    return customers.find_customer(session, customer_id) or abort(404)
