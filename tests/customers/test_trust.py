"""The trust level of a customer and its site address, as an administrator changes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.customers import trust_service
from portal.models import AuditEntry
from tests.browsing import hidden, send, text_of
from tests.factories import ACTOR, make_customer


@pytest.fixture
def customer(session):
    customer = make_customer(session, "Acme", ("192.0.2.0/24",))
    session.commit()
    return customer


def test_a_level_is_lowered_for_a_while_and_the_page_says_what_it_gives_up(
    client_as, session, customer
):
    admin = client_as("admin")
    url = f"/customers/{customer.id}/trust"
    version = hidden(admin.get(url), "version")
    answer = send(admin, url, {"version": version, "level": "lan", "days": "7"})
    assert answer.status_code == 303
    session.refresh(customer)
    assert (customer.trust_level, customer.trust_level_then) == ("lan", "standard")
    week = datetime.now(UTC) + timedelta(days=7)
    assert abs(customer.trust_level_until - week) < timedelta(minutes=1)
    assert "Whoever is in these networks" in text_of(admin.get(answer.location))
    entry = session.query(AuditEntry).filter_by(action="customer.trust_level").one()
    assert entry.changes["trust level"] == ["standard", "lan"]


def test_lan_without_networks_is_refused_at_the_field(client_as, session):
    customer = make_customer(session, "Open Ltd")
    session.commit()
    admin = client_as("admin")
    url = f"/customers/{customer.id}/trust"
    version = hidden(admin.get(url), "version")
    answer = send(admin, url, {"version": version, "level": "lan", "days": ""})
    assert answer.status_code == 422
    assert "every file to everybody" in answer.text


def test_a_stale_level_is_asked_again(client_as, session, customer):
    admin = client_as("admin")
    url = f"/customers/{customer.id}/trust"
    version = hidden(admin.get(url), "version")
    trust_service.set_trust_level(session, ACTOR, datetime.now(UTC), customer, "strict")
    session.commit()
    answer = send(admin, url, {"version": version, "level": "lan", "days": ""})
    assert answer.status_code == 409
    assert "Strict" in answer.text


def test_support_may_not_change_it(client_as, customer):
    operator = client_as("operator")
    for url in (f"/customers/{customer.id}/trust", f"/customers/{customer.id}/site-address"):
        assert operator.get(url).status_code == 403
        assert send(operator, url).status_code == 403


def test_a_new_site_address_ends_the_one_before(client_as, app, session, sealer, customer):
    before = sealer.open(customer.site_token_sealed)
    admin = client_as("admin")
    assert "worthless at once" in admin.get(f"/customers/{customer.id}/site-address").text
    send(admin, f"/customers/{customer.id}/site-address")
    session.refresh(customer)
    after = sealer.open(customer.site_token_sealed)
    assert after != before
    phone = app.test_client()
    assert phone.get(f"/p/s/{before}/y000000000123.cfg").status_code == 404
    assert phone.get(f"/p/s/{after}/y000000000123.cfg").status_code == 200
