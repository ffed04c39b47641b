from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.errors import RuleBroken
from portal.models import AuditEntry
from portal.users import limit_service, service
from tests.factories import make_customer

PASSWORD = "four unrelated words"


@pytest.fixture
def anna(session, actor):
    return service.create_user(session, actor, "anna", PASSWORD, "operator")


def told(session):
    found = select(AuditEntry).where(AuditEntry.action == "user.limit").order_by(AuditEntry.id)
    return [entry.changes["customers"] for entry in session.scalars(found)]


def test_limit_is_set_changed_and_lifted_with_an_entry_each(session, actor, anna):
    acme, beta = make_customer(session, "Acme"), make_customer(session, "Beta")
    limit_service.limit_to_customers(session, actor, anna, [beta, acme, beta])
    assert (anna.is_limited, anna.customers) == (True, [beta, acme])
    limit_service.limit_to_customers(session, actor, anna, [acme])
    limit_service.limit_to_customers(session, actor, anna, [acme])
    limit_service.limit_to_customers(session, actor, anna, None)
    assert (anna.is_limited, anna.customers) == (False, [])
    assert told(session) == [
        ["everything", ["Acme", "Beta"]],
        [["Acme", "Beta"], ["Acme"]],
        [["Acme"], "everything"],
    ]


def test_administrator_is_not_limited(session, actor):
    root = service.create_user(session, actor, "zoe", PASSWORD, "admin")
    with pytest.raises(RuleBroken, match="give the role of an operator or viewer first") as broken:
        limit_service.limit_to_customers(session, actor, root, [make_customer(session)])
    assert broken.value.field == "customers"
    assert not root.is_limited


def test_limit_to_nothing_is_refused(session, actor, anna):
    with pytest.raises(RuleBroken, match="Choose at least one customer"):
        limit_service.limit_to_customers(session, actor, anna, [])
    assert not anna.is_limited
