from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.models import AuditEntry, SignIn
from portal.sip_accounts import queries
from tests.browsing import hidden, send, text_of
from tests.factories import assign, make_customer, make_device, make_sip_account


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def account(session):
    account = make_sip_account(session, "101", customer=make_customer(session, "Alder"))
    session.commit()
    return account


def test_list_says_where_each_account_is(session, admin, account):
    assign(session, make_device(session, "805ec0000001", customer=account.customer), 1, account)
    make_sip_account(session, "102")
    session.commit()
    page = admin.get("/accounts")
    assert '<a href="/devices/805ec0000001" class="mac">' in page.text
    assert "102 – none free" in text_of(page)


def test_list_is_narrowed_by_the_address(session, admin, account):
    make_sip_account(session, "102")
    session.commit()
    assert "102" not in text_of(admin.get(f"/accounts?customer={account.customer_id}"))
    assert "102" in text_of(admin.get(f"/accounts?customer={'9' * 30}"))
    assert "No account matches" in admin.get("/accounts?use=used").text
    assert "1 account" in text_of(admin.get("/accounts?q=102"))


def test_account_is_made_with_a_random_password(session, admin, sealer, account):
    data = {"user_name": "105", "customer": str(account.customer_id), "password": ""}
    answer = send(admin, "/accounts", data)
    assert answer.location == f"/accounts?customer={account.customer_id}"
    [made] = queries.accounts_named(session, "105")
    assert len(sealer.open(made.password_sealed)) == 20
    assert made.customer.name == "Alder"


def test_refused_account_keeps_what_was_typed_but_the_password(admin, account):
    data = {
        "user_name": "101",
        "customer": str(account.customer_id),
        "display_name": '"<&;#',
        "password": "Mond",
    }
    page = send(admin, "/accounts", data)
    assert page.status_code == 422
    assert "There is an account 101 of Alder already" in page.text
    assert 'value="&#34;&lt;&amp;;#"' in page.text
    assert "Type it again" in page.text
    assert "Mond" not in page.text


def test_line_break_in_a_display_name_is_told_at_the_field(admin):
    page = send(admin, "/accounts", {"user_name": "105", "display_name": "Anna\nAlder"})
    assert page.status_code == 422
    assert "single line without control characters" in page.text


def test_blank_password_stays(session, admin, sealer, account):
    url = f"/accounts/{account.id}"
    page = admin.get(url)
    assert "Secret-of-the-account" not in page.text
    data = {"version": hidden(page, "version"), "display_name": "Lobby", "password": ""}
    assert send(admin, url, data).status_code == 303
    session.refresh(account)
    assert (account.display_name, account.is_enabled) == ("Lobby", False)
    assert sealer.open(account.password_sealed) == "Secret-of-the-account"


def test_stale_account_shows_both_values(session, admin, account):
    url = f"/accounts/{account.id}"
    mark = hidden(admin.get(url), "version")
    send(admin, url, {"version": mark, "display_name": "Theirs", "is_enabled": "y"})
    page = send(admin, url, {"version": mark, "display_name": "Mine", "is_enabled": "y"})
    assert page.status_code == 409
    assert "Display name Theirs Mine" in text_of(page)
    data = {"version": hidden(page, "version"), "display_name": "Mine", "is_enabled": "y"}
    assert send(admin, url, data).status_code == 303


def test_random_password_is_made_at_a_button(session, admin, sealer, account):
    assert send(admin, f"/accounts/{account.id}/new-password").status_code == 303
    session.refresh(account)
    assert len(sealer.open(account.password_sealed)) == 20


def test_password_is_shown_once_to_an_administrator_and_noted(session, admin, account, sealer):
    secret = sealer.open(account.password_sealed)
    asked = admin.get(f"/accounts/{account.id}/password")
    assert "The audit notes that you saw it" in asked.text
    assert secret not in asked.text
    shown = send(admin, f"/accounts/{account.id}/password")
    assert secret in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "account.show_password")
    ).one()
    assert (entry.actor, entry.object_name) == ("admin-user", account.user_name)
    assert secret not in str(entry.changes)


def test_password_is_not_shown_without_a_fresh_sign_in(session, admin, account, sealer):
    for sign_in in session.scalars(select(SignIn)):
        sign_in.proved_at -= timedelta(minutes=11)
    session.commit()
    asked = admin.get(f"/accounts/{account.id}/password")
    assert asked.location == f"/proof?next=/accounts/{account.id}/password"
    shown = send(admin, f"/accounts/{account.id}/password")
    assert shown.status_code == 401
    assert sealer.open(account.password_sealed) not in shown.text


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_password_is_shown_to_administrators_alone(client_as, account, role):
    client = client_as(role)
    assert client.get(f"/accounts/{account.id}/password").status_code == 403
    assert send(client, f"/accounts/{account.id}/password").status_code == 403


def test_used_account_is_not_deleted_and_says_where_it_is(session, admin, account):
    device = make_device(session, "805ec0000001", customer=account.customer)
    assign(session, device, 1, account)
    session.commit()
    page = send(admin, f"/accounts/{account.id}/delete")
    assert page.status_code == 422
    assert "80:5E:C0:00:00:01 port 1" in page.text


def test_free_account_is_deleted(session, admin, account):
    assert send(admin, f"/accounts/{account.id}/delete").location == "/accounts"
    assert queries.accounts_named(session, "101") == []


def test_support_sees_accounts_but_cannot_change_them(client_as, account):
    support = client_as("operator")
    assert "101" in support.get("/accounts").text
    assert support.get(f"/accounts/{account.id}").status_code == 403
    assert send(support, "/accounts", {"user_name": "105"}).status_code == 403
