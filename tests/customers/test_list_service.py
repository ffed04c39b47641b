"""Lists of customers, stored and taken back through their pages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.models import AuditEntry, Customer
from tests.browsing import send, text_of
from tests.factories import make_customer, make_profile, make_sip_account
from tests.list_imports.walking import imported, upload


def facts(session):
    session.expire_all()
    return {
        c.name: (
            ", ".join(c.networks),
            c.default_profile and c.default_profile.name,
            c.trust_level,
            c.note,
        )
        for c in session.scalars(select(Customer))
    }


TEXT = """Kunde;Netze;Profil;Vertrauensstufe;Notiz
acme;192.0.2.0/24, 2001:db8::/48;retail;lan;Pays late
Birch;;;strict;
"""


@pytest.fixture
def acme(session):
    make_profile(session, "Retail")
    acme = make_customer(session, "Acme", ("198.51.100.0/24",))
    session.commit()
    return acme


def test_customers_are_made_and_changed(session, client_as, acme):
    client = client_as("admin")
    url = upload(client, "customers", TEXT)
    page = text_of(client.get(url))
    assert "Import 2 customers (1 new, 1 changed)" in page
    assert "Trust level lan: Whoever is in these networks" in page
    imported(client, "customers", TEXT)
    assert facts(session) == {
        "Acme": ("192.0.2.0/24, 2001:db8::/48", "Retail", "lan", "Pays late"),
        "Birch": ("", None, "strict", ""),
    }
    assert acme.default_profile_changed_at is not None
    tokens = session.scalars(select(Customer.site_token_hash)).all()
    assert len({*tokens}) == 2
    entries = session.scalars(select(AuditEntry).where(AuditEntry.import_id.is_not(None)))
    assert sorted((entry.action, entry.object_name) for entry in entries) == [
        ("customer.create", "Birch"),
        ("customer.trust_level", "Acme"),
        ("customer.trust_level", "Birch"),
        ("customer.update", "Acme"),
        ("import.apply", "list.csv"),
    ]


def test_taking_it_back_restores_all_of_it(session, client_as, acme):
    client = client_as("admin")
    url = imported(client, "customers", TEXT)
    assert send(client, f"{url}/undo").status_code == 303
    assert facts(session) == {"Acme": ("198.51.100.0/24", None, "standard", "")}
    assert "1 customer deleted, 1 customer as before." in text_of(client.get(url))


def test_a_customer_that_has_something_by_now_stays(session, client_as, acme):
    client = client_as("admin")
    url = imported(client, "customers", "Customer\nBirch\n")
    birch = session.scalars(select(Customer).where(Customer.name == "Birch")).one()
    make_sip_account(session, "101", customer=birch)
    session.commit()
    send(client, f"{url}/undo")
    assert "Birch It has devices or SIP accounts" in text_of(client.get(url))
    assert facts(session).keys() == {"Acme", "Birch"}


def test_networks_and_level_change_together(session, client_as):
    make_customer(session, "Acme", ("192.0.2.0/24",)).trust_level = "lan"
    session.commit()
    text = "Customer;Networks;Trust level\nAcme;-clear-;standard\n"
    imported(client_as("admin"), "customers", text)
    assert facts(session) == {"Acme": ("", None, "standard", "")}


@pytest.mark.parametrize("name", ["customers.csv", "customers.xlsx"])
def test_an_export_of_customers_is_imported_without_a_change(session, client_as, acme, name):
    other = make_customer(session, "+49 Ltd", ("192.0.2.0/24", "2001:db8::/48"))
    other.default_profile = make_profile(session, "Office")
    other.note, other.trust_level = "Pays late,\r\n\r\nis = kind", "strict"
    session.commit()
    client = client_as("admin")
    data = client.get(f"/customers/export.{name.rpartition('.')[2]}", buffered=True).data
    page = text_of(client.get(upload(client, "customers", data, name)))
    assert "Unchanged 2" in page
    assert "Nothing to import" in page


def test_a_row_that_breaks_a_rule_is_held_back(session, client_as, acme):
    client = client_as("admin")
    url = upload(client, "customers", "Customer;Networks;Trust level\nBirch;;lan\n")
    assert "Without allowed networks the level “lan” would give every file" in client.get(url).text
    assert send(client, f"{url}/apply", {"version": "x"}).status_code == 409
    assert facts(session).keys() == {"Acme"}
