from __future__ import annotations

from sqlalchemy import select

from portal.imports.parse import parse
from portal.models import AuditEntry
from tests.factories import make_customer, make_profile


def test_customers_are_exported_as_filtered(session, client_as):
    acme = make_customer(session, "Acme", ("192.0.2.0/24", "2001:db8::/32"))
    acme.default_profile = make_profile(session, "Retail")
    acme.note = "Pays late,\nis kind"
    make_customer(session, "Birch")
    session.commit()
    client = client_as("viewer")
    assert client.get("/customers/export.csv?q=ac", buffered=True).data.decode("utf-8-sig") == (
        "Customer,Allowed networks,Default profile,Trust level,Note\r\n"
        'Acme,"192.0.2.0/24, 2001:db8::/32",Retail,standard,"Pays late,\nis kind"\r\n'
    )
    (sheet,) = parse("customers.xlsx", client.get("/customers/export.xlsx", buffered=True).data)
    assert [line.cells[0] for line in sheet.rows] == ["Customer", "Acme", "Birch"]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.changes) == ("customer.export", {"rows": [None, 2]})
    assert 'href="/customers/export.xlsx?q=ac"' in client.get("/customers?q=ac").text
