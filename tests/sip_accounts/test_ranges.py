"""Accounts made by the dozen."""

from __future__ import annotations

import pytest

from portal.errors import RuleBroken
from portal.models import AuditEntry, SipAccount
from portal.sip_accounts import ranges
from tests.browsing import hidden, send, text_of
from tests.factories import make_customer, make_sip_account


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def alder(session):
    alder = make_customer(session, "Alder")
    make_sip_account(session, "102", customer=alder, display_name="Anna")
    session.commit()
    return alder


def url_for(alder, users="101 to 104", names="Desk *"):
    from urllib.parse import urlencode

    told = {"users": users, "display_names": names, "customer": str(alder.id)}
    return "/accounts/range?" + urlencode(told), told


def test_preview_shows_every_account_and_which_exist(session, admin, alder):
    url, _ = url_for(alder)
    page = admin.get(url)
    text = text_of(page)
    assert "3 accounts are made , 1 exists already and stays as it is" in text
    assert "101 Desk 101 is made" in text
    assert "102 – exists already" in text
    assert session.query(SipAccount).count() == 1


def test_range_is_made_with_random_passwords_and_audited(session, admin, sealer, alder):
    url, told = url_for(alder)
    told["version"] = hidden(admin.get(url), "version")
    answer = send(admin, "/accounts/range", told)
    assert answer.location == f"/accounts?customer={alder.id}"
    made = session.query(SipAccount).filter(SipAccount.user_name != "102").all()
    assert [(a.user_name, a.display_name, a.customer_id) for a in made] == [
        ("101", "Desk 101", alder.id),
        ("103", "Desk 103", alder.id),
        ("104", "Desk 104", alder.id),
    ]
    passwords = {sealer.open(account.password_sealed) for account in made}
    assert len(passwords) == 3
    assert all(len(password) == 20 for password in passwords)
    noted = session.query(AuditEntry).filter_by(action="account.create", actor="admin-user")
    assert [entry.object_name for entry in noted] == ["101", "103", "104"]
    assert session.query(SipAccount).filter_by(user_name="102").one().display_name == "Anna"


def test_range_that_changed_meanwhile_is_shown_again(session, admin, alder):
    url, told = url_for(alder)
    told["version"] = hidden(admin.get(url), "version")
    make_sip_account(session, "103", customer=alder)
    session.commit()
    page = send(admin, "/accounts/range", told)
    assert page.status_code == 409
    assert "Something changed meanwhile" in page.text
    assert "2 accounts are made" in text_of(page)
    assert session.query(SipAccount).count() == 2
    told["version"] = hidden(page, "version")
    assert send(admin, "/accounts/range", told).status_code == 303
    assert session.query(SipAccount).count() == 4


def test_all_or_nothing_is_made(session, admin, alder):
    url, told = url_for(alder, "102")
    page = admin.get(url)
    assert "Make 0" not in page.text
    told["version"] = hidden(page, "version")
    page = send(admin, "/accounts/range", told)
    assert page.status_code == 422
    assert "All of these accounts exist already" in page.text
    assert session.query(SipAccount).count() == 1


def test_same_numbers_of_another_customer_are_free(session, alder):
    birch = make_customer(session, "Birch")
    assert [one.exists for one in ranges.plan(session, "101..103", "", birch)] == [False] * 3
    assert [one.exists for one in ranges.plan(session, "101..103", "", alder)] == [
        False,
        True,
        False,
    ]


def test_digits_keep_their_width(session, alder):
    rows = ranges.plan(session, "0099-0101", "", alder)
    assert [row.user_name for row in rows] == ["0099", "0100", "0101"]


@pytest.mark.parametrize(
    ("users", "names", "field", "sentence"),
    [
        ("", "", "users", "Write which accounts"),
        ("148 to 101", "", "users", "low to high"),
        ("1 to 9999", "", "users", "no range of up to"),
        ("101, 101", "", "users", "101 is named twice"),
        ("anna@example.net", "", "users", "is not a SIP user name"),
        ("101 to 103", "a\nb", "display_names", "single line"),
        ("101 to 103", "x" * 199 + "*", "display_names", "up to 200 characters"),
    ],
)
def test_what_makes_no_range_is_told_at_its_field(session, alder, users, names, field, sentence):
    with pytest.raises(RuleBroken, match=sentence) as broken:
        ranges.plan(session, users, names, alder)
    assert broken.value.field == field


def test_refused_range_keeps_what_was_typed(admin, alder):
    url, _ = url_for(alder, "148 to 101")
    page = admin.get(url)
    assert page.status_code == 422
    assert 'value="148 to 101"' in page.text
    assert 'value="Desk *"' in page.text


def test_form_is_there_before_anything_is_asked(admin, alder):
    page = admin.get(f"/accounts/range?customer={alder.id}")
    assert page.status_code == 200
    assert f'<option selected value="{alder.id}">Alder' in page.text
    assert "field-error" not in page.text


def test_list_shows_whose_password_is_due(session, admin, alder):
    from datetime import UTC, datetime

    due = make_sip_account(session, "201", customer=alder)
    due.password_due_at, due.password_due_reason = datetime.now(UTC), "phone lost"
    off = make_sip_account(session, "202", customer=alder)
    off.is_enabled = False
    session.commit()
    page = admin.get("/accounts?state=due")
    assert "201" in text_of(page)
    assert "password due" in page.text
    assert "phone lost" in text_of(page)
    assert "202" not in text_of(page)
    assert "1 account" in text_of(admin.get("/accounts?state=disabled"))
    assert "due for a change phone lost" in text_of(admin.get(f"/accounts/{due.id}"))
