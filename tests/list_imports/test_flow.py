"""The pages of a list, from the upload to taking it back, by lists of accounts."""

from __future__ import annotations

import io
import zlib

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from portal.imports.parse import parse
from portal.models import AuditEntry, Customer, Import, ImportRows, SipAccount
from portal.users import service as users
from tests.browsing import hidden, send, signed_in, text_of
from tests.conftest import PASSWORD
from tests.factories import ACTOR, assign, make_customer, make_device, make_sip_account
from tests.list_imports.walking import apply, imported, upload

SECRET = "geheim-und-lang"
TEXT = f"""Konten der Acme;;;;;
Benutzername;Anzeigename;Kunde;Passwort;Aktiv;Abteilung
0101;Anna;Acme;{SECRET};ja;Vertrieb
102;Bert;Neu GmbH;;nein;IT
1 03;Carl;Acme;;vielleicht;IT
"""


def accounts(session):
    session.expire_all()
    found = session.scalars(select(SipAccount).order_by(SipAccount.user_name))
    return {
        a.user_name: (a.display_name, a.customer and a.customer.name, a.is_enabled) for a in found
    }


def test_the_preview_shows_every_row_and_stores_nothing(session, client_as):
    make_customer(session, "Acme")
    session.commit()
    client = client_as("admin")
    page = client.get(upload(client, "accounts", TEXT))
    told = text_of(page)
    assert "Import 2 accounts (2 new)" in told
    assert "1 row is held back and will not be imported." in told
    assert "1 new account gets a random password" in told
    assert "Not stored: the column F “Abteilung”." in told
    assert "There is no customer “Neu GmbH” yet: the import adds it" in told
    assert "“1 03” is not a SIP user name" in told
    assert "“vielleicht” is neither yes nor no" in told
    assert accounts(session) == {}


def test_good_rows_are_stored_and_the_others_held_back(session, client_as, sealer):
    make_customer(session, "Acme")
    session.commit()
    client = client_as("admin")
    url = imported(client, "accounts", TEXT)
    assert accounts(session) == {
        "0101": ("Anna", "Acme", True),
        "102": ("Bert", "Neu GmbH", False),
    }
    passwords = {
        a.user_name: sealer.open(a.password_sealed) for a in session.scalars(select(SipAccount))
    }
    assert passwords["0101"] == SECRET
    assert len(passwords["102"]) == 20
    page = text_of(client.get(url))
    assert "Imported 2 accounts (2 new)" in page
    assert "Workbook with the 1 problem marked" in page


def test_what_is_known_is_changed_and_only_where_the_list_says_so(session, client_as, sealer):
    acme = make_customer(session, "Acme")
    account = make_sip_account(session, "101", SECRET, acme, "Anna")
    account.auth_name, account.external_id = "auth-1", "B-1"
    device = make_device(session, customer=acme)
    assign(session, device, 1, account)
    session.commit()
    before, version = device.changed_at, account.version
    client = client_as("admin")
    url = upload(client, "accounts", f"User name,Customer,Name,Password\n101,ACME,Olga,{SECRET}\n")
    page = client.get(url).text
    assert "<del>Anna</del>" in page
    assert "<ins>Olga</ins>" in page
    assert apply(client, url).status_code == 303
    session.expire_all()
    assert accounts(session) == {"101": ("Olga", "Acme", True)}
    assert (account.auth_name, account.external_id) == ("auth-1", "B-1")
    assert sealer.open(account.password_sealed) == SECRET
    assert account.version == version + 1
    assert device.changed_at > before
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "account.update")).one()
    assert entry.changes == {"display name": ["Anna", "Olga"]}


def test_a_new_password_ends_that_the_old_one_is_due(session, client_as, sealer):
    account = make_sip_account(session, "101", "Old-password-of-it")
    account.password_due_at, account.password_due_reason = account.created_at, "lost"
    session.commit()
    imported(client_as("admin"), "accounts", f"User name;Password\n101;{SECRET}\n")
    session.expire_all()
    assert sealer.open(account.password_sealed) == SECRET
    assert (account.password_due_at, account.password_due_reason) == (None, "")


def test_no_password_is_shown_or_lies_in_the_clear(session, client_as, config):
    make_customer(session, "Acme")
    session.commit()
    client = client_as("admin")
    url = upload(client, "accounts", TEXT)
    pages = [client.get(url).text]
    apply(client, url)
    pages += [client.get(url).text, client.get("/imports").text, client.get("/audit").text]
    assert not any(SECRET in page for page in pages)
    kept = session.connection().exec_driver_sql("SELECT content, options FROM imports").one()
    assert SECRET.encode() not in kept[0]
    assert SECRET not in kept[1]
    entries = session.scalars(select(AuditEntry))
    assert not any(SECRET in str(entry.changes) for entry in entries)
    rows = session.scalars(select(ImportRows.content))
    assert not any(SECRET.encode() in zlib.decompress(content) for content in rows)


def test_a_preview_that_is_out_of_date_imports_nothing(session, client_as):
    acme = make_customer(session, "Acme")
    account = make_sip_account(session, "101", customer=acme, display_name="Anna")
    session.commit()
    client = client_as("admin")
    url = upload(client, "accounts", "User name;Customer;Name\n101;Acme;Olga\n")
    digest = hidden(client.get(url), "version")
    send(client, f"/accounts/{account.id}", {"version": account.version, "display_name": "Anne"})
    answer = apply(client, url, digest)
    assert answer.status_code == 409
    assert "Something changed since this preview was made" in answer.text
    assert "<del>Anne</del>" in answer.text
    assert accounts(session)["101"][0] == "Anne"


def test_importing_twice_does_nothing_twice(session, client_as):
    client = client_as("admin")
    url = imported(client, "accounts", "User name\n101\n")
    assert send(client, f"{url}/apply", {"version": "x"}).location == url
    assert len(accounts(session)) == 1
    assert apply(client, upload(client, "accounts", "User name\n101\n")).status_code == 422


def test_columns_that_are_not_understood_are_chosen(session, client_as):
    client = client_as("admin")
    url = upload(client, "accounts", "Foo;Bar\n101;Anna\n")
    assert "No header of the list says “User name” or “External ID”" in client.get(url).text
    answer = send(
        client, f"{url}/choices", {"column-0-0": "user_name", "column-0-1": "user_name"}, page=url
    )
    assert answer.status_code == 422
    assert "are both User name; choose one of them" in answer.text
    chosen = {"column-0-0": "user_name", "column-0-1": "display_name"}
    assert send(client, f"{url}/choices", chosen, page=url).status_code == 303
    apply(client, url)
    assert accounts(session) == {"101": ("Anna", None, True)}


def test_a_customer_is_chosen_for_the_rows_that_name_none(session, client_as):
    make_customer(session, "Acme")
    session.commit()
    client = client_as("admin")
    url = upload(client, "accounts", "User name\n101\n", customer="Acme")
    apply(client, url)
    assert accounts(session) == {"101": ("", "Acme", True)}


def test_taking_it_back_deletes_what_it_added_and_restores_what_it_changed(session, client_as):
    acme = make_customer(session, "Acme")
    make_sip_account(session, "101", customer=acme, display_name="Anna")
    session.commit()
    client = client_as("admin")
    text = "User name;Customer;Name;Enabled\n101;Acme;Olga;no\n102;Neu GmbH;Bert;\n"
    url = imported(client, "accounts", text)
    told = text_of(client.get(f"{url}/undo"))
    assert "1 account that it added will be deleted." in told
    assert "1 account that it changed will get the old values again." in told
    assert send(client, f"{url}/undo").status_code == 303
    assert accounts(session) == {"101": ("Anna", "Acme", True)}
    assert session.scalars(select(Customer.name)).all() == ["Acme"]
    page = text_of(client.get(url))
    assert "1 account deleted, 1 account as before, 1 customer deleted." in page
    assert send(client, f"{url}/undo").status_code == 409


def test_what_was_edited_or_used_since_stays(session, client_as):
    acme = make_customer(session, "Acme")
    edited = make_sip_account(session, "101", customer=acme, display_name="Anna")
    make_sip_account(session, "105", "Old-password-of-it", acme)
    session.commit()
    client = client_as("admin")
    text = "User name;Customer;Name;Password\n101;Acme;Olga;\n102;Acme;;\n103;Acme;;\n105;Acme;;"
    text += SECRET
    url = imported(client, "accounts", text)
    session.expire_all()
    send(client, f"/accounts/{edited.id}", {"version": edited.version, "display_name": "Olivia"})
    used = session.scalars(select(SipAccount).where(SipAccount.user_name == "102")).one()
    assign(session, make_device(session, customer=acme), 1, used)
    gone = session.scalars(select(SipAccount).where(SipAccount.user_name == "103")).one()
    session.delete(gone)
    session.commit()
    send(client, f"{url}/undo")
    assert accounts(session).keys() == {"101", "102", "105"}
    page = text_of(client.get(url))
    assert "101 It was edited since, by admin-user" in page
    assert "102 It is on a port of a device" in page
    assert "103 It was deleted since" in page
    assert "105 Its password was changed, and the one before is not kept" in page
    assert "1 password of the list stays" in page


def test_the_workbook_of_problems_marks_them_and_is_for_who_uploaded_passwords(
    session, client_as, app
):
    make_customer(session, "Acme")
    session.commit()
    client = client_as("admin")
    url = upload(client, "accounts", TEXT)
    answer = client.get(f"{url}/problems.xlsx")
    (sheet, *_) = parse("problems.xlsx", answer.data)
    assert sheet.rows[4].cells[-1].startswith("Portal: “1 03” is not a SIP user name")
    other = users.create_user(session, ACTOR, "other", PASSWORD, role="admin")
    session.commit()
    assert signed_in(app, other).get(f"{url}/problems.xlsx").status_code == 403


def test_the_template_says_what_its_columns_are(client_as, session, tmp_path):
    make_customer(session, "Acme")
    session.commit()
    client = client_as("admin")
    data = client.get("/accounts/import/template.xlsx", buffered=True).data
    path = tmp_path / "accounts.xlsx"
    path.write_bytes(data)
    book = load_workbook(path)
    assert [cell.value for cell in book["Accounts"][1]] == [
        "User name", "Auth name", "Password", "Display name", "Customer", "External ID", "Enabled",
    ]  # fmt: skip
    assert book["Accounts"]["A2"].number_format == "@"
    assert book["Choices"]["E1"].value == "Acme"


@pytest.mark.parametrize("name", ["accounts.csv", "accounts.xlsx"])
def test_an_export_of_accounts_is_imported_without_a_change(session, client_as, name):
    acme = make_customer(session, "=Acme & Söhne")
    first = make_sip_account(session, "00101", customer=acme, display_name="+49 30 1")
    first.auth_name, first.external_id = "491701234567890123", "0007"
    second = make_sip_account(session, "1E+15", display_name="-clear-")
    second.is_enabled = False
    make_sip_account(session, "00101", display_name="'quoted")
    session.commit()
    client = client_as("admin")
    data = client.get(f"/accounts/export.{name.rpartition('.')[2]}", buffered=True).data
    page = text_of(client.get(upload(client, "accounts", data, name)))
    assert "Unchanged 3" in page
    assert "Nothing to import Nothing in the list is new or different." in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.4 x", "This is a PDF"),
        (b"User name\n" + b"101\n" * 50_001, "split it into several with at most 50,000 each"),
    ],
    ids=["empty", "pdf", "long"],
)
def test_what_cannot_be_read_is_refused_at_the_upload(session, client_as, content, sentence):
    client = client_as("admin")
    answer = send(client, "/accounts/import", {"file": (io.BytesIO(content), "list.csv")})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert session.scalars(select(Import)).all() == []


def test_a_list_is_pasted_or_uploaded_but_not_neither(client_as):
    client = client_as("admin")
    assert "Choose a file, or paste the list" in send(client, "/accounts/import").text
    answer = send(client, "/accounts/import", {"text": "User name\n101\n"})
    assert answer.status_code == 303


def test_lists_stand_among_the_imports_and_lead_to_their_own_pages(session, client_as):
    client = client_as("admin")
    url = upload(client, "accounts", "User name\n101\n", "staff.csv")
    page = client.get("/imports")
    assert f'<a href="{url}">staff.csv</a>' in page.text
    number = url.rpartition("/")[2]
    assert client.get(f"/imports/{number}").location == url
    assert client.get(f"/customers/import/{number}").status_code == 404
    assert send(client, f"/imports/{number}/discard").status_code == 404
    operator = client_as("operator")
    assert "staff.csv" in text_of(operator.get("/imports"))
    assert url not in operator.get("/imports").text
    assert operator.get(url).status_code == 403
    assert send(client, f"{url}/discard").status_code == 303
    assert client.get(url).status_code == 404
