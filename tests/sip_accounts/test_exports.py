from __future__ import annotations

from sqlalchemy import select

from portal.imports.parse import parse
from portal.models import AuditEntry
from tests.factories import make_customer, make_sip_account


def test_accounts_are_exported_as_filtered_and_without_passwords(session, client_as):
    acme = make_customer(session, "Acme")
    make_sip_account(session, "101", "Not-to-be-told", acme, "=Anna")
    off = make_sip_account(session, "0102", "Not-to-be-told", acme)
    off.is_enabled, off.auth_name, off.external_id = False, "auth", "X-7"
    make_sip_account(session, "201")
    session.commit()
    client = client_as("viewer")
    data = client.get(f"/accounts/export.csv?q=&use=free&customer={acme.id}", buffered=True).data
    assert data.decode("utf-8-sig").splitlines() == [
        "User name,Auth name,Display name,Customer,External ID,Enabled",
        "101,,'=Anna,Acme,,yes",
        "0102,auth,,Acme,X-7,no",
    ]
    (sheet,) = parse("accounts.xlsx", client.get("/accounts/export.xlsx", buffered=True).data)
    assert [line.cells[0] for line in sheet.rows] == ["User name", "101", "201", "0102"]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.changes) == ("account.export", {"rows": [None, 3]})


def test_the_list_links_to_its_export(session, client_as):
    make_sip_account(session, "101")
    session.commit()
    page = client_as("viewer").get("/accounts?q=1").text
    assert 'href="/accounts/export.csv?q=1"' in page
