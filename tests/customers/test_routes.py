from __future__ import annotations

import pytest
from sqlalchemy import event

from portal.customers import queries
from portal.extensions import db
from portal.values import format_mac
from tests.browsing import hidden, send, text_of
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def alder(session):
    alder = make_customer(session, "Alder", ("192.0.2.0/24",))
    session.commit()
    return alder


def test_page_shows_the_newest_phones_and_where_all_of_them_are(session, admin, alder):
    devices = [make_device(session, customer=alder, description=f"Desk {n}") for n in range(9)]
    assign(session, devices[8], 1, make_sip_account(session, "101", customer=alder))
    make_device(session, customer=make_customer(session), description="Elsewhere")
    session.commit()
    text = text_of(admin.get(f"/customers/{alder.id}"))
    assert f"Desk 8 {format_mac(devices[8].mac)} T31G 101 waiting" in text
    assert "Desk 0" not in text
    assert "Elsewhere" not in text
    assert "All 9" in text


def test_page_of_a_customer_without_phones_says_where_they_come_from(admin, alder):
    text = text_of(admin.get(f"/customers/{alder.id}"))
    assert "None yet: import the list that came with them , or add one" in text


def test_list_counts_used_and_free_accounts(session, admin, alder):
    device = make_device(session, customer=alder)
    for user in ("101", "102", "103"):
        made = make_sip_account(session, user, customer=alder)
    assign(session, device, 1, made)
    assign(session, device, 2, made)  # used twice is used once
    make_device(session, customer=make_customer(session, "Birch"))
    session.commit()
    page = admin.get("/customers")
    assert "Alder none 192.0.2.0/24 1 3 1 2" in text_of(page)
    assert "Birch none anywhere 1 0 0 0" in text_of(page)
    assert f'href="/devices?customer={alder.id}"' in page.text
    assert f'href="/accounts?customer={alder.id}&amp;use=free"' in page.text


def test_list_is_narrowed_to_customers_with_free_accounts(session, admin, alder):
    used = make_sip_account(session, customer=alder)
    assign(session, make_device(session, customer=alder), 1, used)
    make_sip_account(session, customer=make_customer(session, "Birch"))
    session.commit()
    page = admin.get("/customers?free=1")
    assert "Birch" in page.text
    assert "Alder" not in page.text
    assert 'href="/customers/export.csv?free=1"' in page.text
    assert b"Alder" not in admin.get("/customers/export.csv?free=1", buffered=True).data
    assert "No customer matches" in admin.get("/customers?free=1&q=ald").text


def test_list_takes_as_many_statements_however_many_customers(session, admin, alder):
    def count():
        session.rollback()  # each count begins outside of a transaction
        seen = []
        listen = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        assert admin.get("/customers?free=1").status_code == 200
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    count()  # the first one of a session does more
    make_sip_account(session, customer=alder)
    session.commit()
    few = count()
    for _ in range(8):
        customer = make_customer(session)
        customer.default_profile = make_profile(session)
        make_sip_account(session, customer=customer)
        make_device(session, customer=customer)
    session.commit()
    assert count() <= few + 1  # the default profiles


def test_customer_is_made(session, admin):
    profile = make_profile(session, "Retail")
    session.commit()
    data = {
        "name": "Birch",
        "default_profile": str(profile.id),
        "networks": "192.0.2.7\n2001:db8::/32",
        "note": "Ring first",
    }
    answer = send(admin, "/customers", data)
    made = queries.find_customer_named(session, "Birch")
    assert answer.location == f"/customers/{made.id}"
    assert made.networks == ["192.0.2.7/32", "2001:db8::/32"]
    assert made.default_profile.name == "Retail"


def test_refused_customer_keeps_what_was_typed(admin, alder):
    page = send(admin, "/customers", {"name": "Birch", "networks": "192.0.2.0/24\noffice"})
    assert page.status_code == 422
    assert "“office” is not a network" in page.text
    assert "192.0.2.0/24\noffice" in page.text
    page = send(admin, "/customers", {"name": "alder", "networks": "192.0.2.0/24\n192.0.2.7"})
    assert "There is a customer “alder” already" in page.text
    assert "192.0.2.0/24\n192.0.2.7" in page.text


def test_stale_customer_shows_both_values(admin, alder):
    url = f"/customers/{alder.id}/edit"
    mark = hidden(admin.get(url), "version")
    send(admin, url, {"version": mark, "name": "Alder", "note": "Theirs"})
    page = send(
        admin, url, {"version": mark, "name": "Alder", "note": "Mine", "networks": "10.1.0.0/16"}
    )
    assert page.status_code == 409
    text = text_of(page)
    assert "Note Theirs Mine" in text
    assert "Allowed networks – 10.1.0.0/16" in text
    assert ">\r\n10.1.0.0/16</textarea>" in page.text


@pytest.mark.parametrize(("role", "sees"), [("admin", True), ("operator", True), ("viewer", False)])
def test_site_address_is_for_those_who_install(client_as, sealer, alder, role, sees):
    address = f"https://portal.test/p/s/{sealer.open(alder.site_token_sealed)}/"
    page = client_as(role).get(f"/customers/{alder.id}")
    assert page.status_code == 200
    assert (address in page.text) is sees


def test_settings_of_a_customer_are_saved(session, admin, alder):
    url = f"/customers/{alder.id}/settings"
    data = {"version": hidden(admin.get(url), "version"), "time.zone": "Europe/Vienna"}
    assert send(admin, url, data).location == f"/customers/{alder.id}"
    session.refresh(alder)
    assert alder.settings == {"time.zone": "Europe/Vienna"}
    assert "Time zone Europe/Vienna" in text_of(admin.get(f"/customers/{alder.id}"))


def test_wrong_settings_are_told_at_their_fields(session, admin, alder):
    url = f"/customers/{alder.id}/settings"
    data = {"version": hidden(admin.get(url), "version"), "time.zone": "Mars", "net.vlan_id": "7"}
    page = send(admin, url, data)
    assert page.status_code == 422
    assert "“Mars” is not a time zone" in page.text
    assert 'value="7"' in page.text
    session.refresh(alder)
    assert alder.settings == {}


def test_stale_settings_show_both_values(admin, alder):
    url = f"/customers/{alder.id}/settings"
    mark = hidden(admin.get(url), "version")
    send(admin, url, {"version": mark, "time.zone": "Europe/Vienna"})
    page = send(admin, url, {"version": mark, "time.zone": "Europe/Zurich"})
    assert page.status_code == 409
    assert "Time zone Europe/Vienna Europe/Zurich" in text_of(page)


def test_customer_with_devices_is_not_deleted_and_says_why(session, admin, alder):
    make_device(session, customer=alder)
    session.commit()
    page = send(admin, f"/customers/{alder.id}/delete")
    assert page.status_code == 422
    assert "Alder still has 1 devices" in page.text


def test_empty_customer_is_deleted(session, admin, alder):
    assert send(admin, f"/customers/{alder.id}/delete").location == "/customers"
    assert queries.find_customer_named(session, "Alder") is None


def test_support_cannot_change_customers(client_as, alder):
    support = client_as("operator")
    assert support.get(f"/customers/{alder.id}/edit").status_code == 403
    assert send(support, "/customers", {"name": "X"}).status_code == 403
