"""The Security page says what needs a decision, and each button ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from portal.cli import first_run
from portal.customers import trust_service as levels
from portal.devices import setup_service, trust_service
from portal.extensions import db
from portal.front import listeners
from portal.marks import version_of
from portal.models import AuditEntry, Ban
from tests.browsing import send, text_of
from tests.factories import ACTOR, make_customer, make_device, make_sip_account


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def world(session, now):
    """One of everything that needs somebody."""
    customer = make_customer(session, "Acme", ("192.0.2.0/24",))
    levels.set_trust_level(session, ACTOR, now, customer, "lan", now + timedelta(days=2))
    asks, locked, waits = (make_device(session, customer=customer) for _ in range(3))
    asks.window_until = locked.window_until = None
    asks.reset_at, asks.reset_address = now, "198.51.100.9"
    trust_service.lock(session, ACTOR, now, locked, "two phones claim to be it")
    setup_service.open_window(session, ACTOR, waits, now, 60)
    account = make_sip_account(session, "101", customer=customer)
    account.password_due_at, account.password_due_reason = now, "80:5E:C0:00:00:01 was retired"
    hour = timedelta(hours=1)
    session.add_all(
        [
            Ban(scope="address", key="203.0.113.5", since_at=now, until_at=now + hour, reason="10"),
            Ban(scope="site", key=str(customer.id), since_at=now, until_at=now + hour, reason="50"),
            Ban(scope="all", key="", since_at=now - hour, until_at=now - hour / 2, reason="200"),
        ]
    )
    session.commit()
    return {"customer": customer, "asks": asks, "waits": waits, "account": account}


def test_everything_that_needs_somebody_is_on_the_page(client_as, world):
    page = text_of(client_as("operator").get("/security"))
    for words in (
        "198.51.100.9",
        "Allow once",
        "two phones claim to be it",
        "203.0.113.5",
        "Site address of Acme",
        "1 more in the last 7 days",
        "80:5E:C0:00:00:01 was retired",
        "Whoever is in these networks",
        "3 devices in service were never set up",
        "by a person",
    ):
        assert words in page, words


def test_a_calm_portal_says_so(client_as, session):
    page = text_of(client_as("operator").get("/security"))
    for words in ("No phone waits", "No phone is locked", "Nobody is banned", "No window is open"):
        assert words in page
    assert "All customers have the standard level" in page


def test_certificate_listeners_keys_and_weak_administrators_are_told(client_as, config):
    first_run.write_certificate(config.cert_file, config.key_file, ["portal.test"])
    with listeners.announce(config):
        page = text_of(client_as("admin").get("/security"))
    for words in ("1 certificate, ", "issued by itself", "127.0.0.1:8443", "people and phones"):
        assert words in page, words
    assert "1 in use since" in page
    assert "without second factor root" in page


def test_a_ban_is_lifted_once_and_audited(client_as, session, world):
    operator = client_as("operator")
    ban = session.query(Ban).filter_by(scope="address").one()
    answer = send(operator, f"/security/bans/{ban.id}/lift", page="/security")
    assert answer.location == "/security#bans"
    session.refresh(ban)
    assert ban.lifted_by == "operator-user"
    assert session.query(AuditEntry).filter_by(action="ban.lift").count() == 1
    send(operator, f"/security/bans/{ban.id}/lift", {"version": version_of(ban)})
    assert "It is over already" in operator.get("/security").text


def test_a_window_is_closed(client_as, session, world):
    send(client_as("operator"), f"/security/windows/{world['waits'].mac}/close", page="/security")
    session.refresh(world["waits"])
    assert world["waits"].window_until is None


def test_support_makes_no_password(client_as, world):
    url = f"/security/accounts/{world['account'].id}/new-password"
    assert send(client_as("operator"), url).status_code == 403


def test_a_due_password_is_made_anew_or_kept(client_as, session, sealer, world):
    account = world["account"]
    before = sealer.open(account.password_sealed)
    url = f"/security/accounts/{account.id}"
    admin = client_as("admin")
    send(admin, f"{url}/new-password", page="/security")
    session.refresh(account)
    assert sealer.open(account.password_sealed) != before
    assert account.password_due_at is None
    account.password_due_at = datetime.now(UTC)
    session.commit()
    send(admin, f"{url}/keep-password", page="/security")
    session.refresh(account)
    assert account.password_due_at is None
    send(admin, f"{url}/keep-password", {"version": version_of(account)})
    assert "is not due for a change" in admin.get("/security").text


def test_viewers_do_not_see_it_and_operators_lift_no_level(client_as, world):
    assert client_as("viewer").get("/security").status_code == 403
    assert "Change</a>" not in client_as("operator").get("/security").text


def test_the_page_takes_as_many_statements_for_many_as_for_few(client_as, session, world, now):
    operator, statements = client_as("operator"), []

    def count():
        statements.clear()
        operator.get("/security")
        return sum(statement != "BEGIN" for statement in statements)

    def note(conn, cursor, statement, *rest):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    count()  # the first one of a session writes when it was last seen
    few = count()
    for _ in range(30):
        device = make_device(session, customer=world["customer"])
        device.reset_at = now
    session.commit()
    many = count()
    event.remove(db.engine, "before_cursor_execute", note)
    assert many == few
