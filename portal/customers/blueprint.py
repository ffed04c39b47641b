"""The blueprint of customers, and what its routes share."""

from __future__ import annotations

from flask import Blueprint, abort
from sqlalchemy.orm import Session

from portal import security
from portal.customers import queries
from portal.models import Customer

bp = Blueprint("customers", __name__, url_prefix="/customers")
security.guard(bp)


def customer_or_404(session: Session, customer_id: int) -> Customer:
    return queries.find_customer(session, customer_id) or abort(404)
