from __future__ import annotations

import io

import pytest

from portal.contacts import queries
from portal.contacts.facts import ContactFacts
from tests.browsing import hidden, send, text_of
from tests.factories import make_contact, make_customer, make_sip_account


@pytest.fixture
def acme(session):
    acme = make_customer(session, "Acme")
    make_contact(session, acme, "Anna", "101")
    session.commit()
    return acme


@pytest.fixture
def operator(client_as):
    return client_as("operator")


@pytest.fixture
def book(acme):
    return f"/customers/{acme.id}/contacts"


def upload(client, book, content, name="list.csv"):
    return send(client, f"{book}/import", {"file": (io.BytesIO(content.encode()), name)})


def stored(session, acme):
    session.expire_all()
    return [queries.facts_of(contact) for contact in queries.all_contacts(session, acme)]


def test_the_list_shows_and_finds_contacts(session, operator, acme, book):
    make_sip_account(session, "102", customer=acme, display_name="Bert")
    make_sip_account(session, "103", customer=acme)
    session.commit()
    page = operator.get(f"{book}?q=ann")
    assert "Anna 101 – –" in text_of(page)
    assert "1 enabled account of Acme has a display name" in text_of(page)
    assert "1 without a display name is never listed" in text_of(page)
    assert "No contact holds “zed”" in operator.get(f"{book}?q=zed").text


def test_the_customer_page_leads_to_the_phone_book(operator, acme, book):
    assert f'href="{book}"' in operator.get(f"/customers/{acme.id}").text


def test_a_contact_is_added(session, operator, acme, book):
    answer = send(operator, book, {"name": "Bert", "mobile": "+49 170 1"})
    assert answer.location == book
    assert stored(session, acme)[1] == ContactFacts("Bert", "", "+491701")


def test_a_refused_contact_keeps_what_was_typed(operator, book):
    page = send(operator, book, {"name": "Bert", "office": "room 12"})
    assert page.status_code == 422
    assert "“room 12” is not a number to dial" in page.text
    assert 'value="room 12"' in page.text
    assert (
        "There is a contact “ANNA” already"
        in send(operator, book, {"name": "ANNA", "office": "1"}).text
    )


def test_a_contact_is_changed(session, operator, acme, book):
    url = f"{book}/{queries.all_contacts(session, acme)[0].id}/edit"
    mark = hidden(operator.get(url), "version")
    send(operator, url, {"version": mark, "name": "Anna", "office": "201"})
    assert stored(session, acme) == [ContactFacts("Anna", "201")]
    page = send(operator, url, {"version": mark, "name": "Anna", "office": "301"})
    assert page.status_code == 409
    assert "Office 201 301" in text_of(page)


def test_a_contact_is_deleted_after_a_question(session, operator, acme, book):
    url = f"{book}/{queries.all_contacts(session, acme)[0].id}/delete"
    assert "Delete Anna?" in operator.get(url).text
    send(operator, url)
    assert stored(session, acme) == []


def test_a_contact_of_another_customer_is_not_found(session, operator, book):
    other = make_contact(session, make_customer(session), "Zoe")
    session.commit()
    assert operator.get(f"{book}/{other.id}/edit").status_code == 404
    assert operator.get("/customers/999/contacts").status_code == 404


def test_accounts_can_be_left_out(session, operator, acme, book):
    send(operator, f"{book}/accounts", page=book)
    session.refresh(acme)
    assert not acme.lists_accounts
    send(operator, f"{book}/accounts", {"listed": "y"}, page=book)
    session.refresh(acme)
    assert acme.lists_accounts


def test_a_list_is_previewed_and_imported(session, operator, acme, book):
    page = upload(operator, book, "Name,Office\nAnna,201\nBert,102\nCarl,\n")
    assert "1 new, 1 changed, 0 unchanged, 1 with a problem" in text_of(page)
    assert "A contact needs a number" in page.text
    assert stored(session, acme) == [ContactFacts("Anna", "101")]
    data = {name: hidden(page, name) for name in ("text", "version")}
    answer = send(operator, f"{book}/import/apply", data)
    assert answer.location == book
    assert stored(session, acme) == [ContactFacts("Anna", "201"), ContactFacts("Bert", "102")]


def test_an_import_asks_again_when_the_book_was_changed_meanwhile(session, operator, acme, book):
    page = upload(operator, book, "Name,Office\nBert,102\n")
    data = {name: hidden(page, name) for name in ("text", "version")}
    make_contact(session, acme, "Bert", "999")
    session.commit()
    again = send(operator, f"{book}/import/apply", data)
    assert again.status_code == 409
    assert "0 new, 1 changed" in text_of(again)
    assert stored(session, acme)[1] == ContactFacts("Bert", "999")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty"),
        ("Anna;101\n", "No line names the columns"),
        ("\x00\x01\x02" * 90, "neither a spreadsheet nor text"),
        ("%PDF-1.7 ", "This is a PDF"),
    ],
)
def test_a_list_that_cannot_be_read_gets_a_sentence(operator, book, content, sentence):
    page = upload(operator, book, content)
    assert page.status_code == 422
    assert sentence in page.text


def test_an_import_without_a_file_and_without_its_text_gets_a_sentence(operator, book):
    assert "Choose a file" in send(operator, f"{book}/import").text
    assert "No line names the columns" in send(operator, f"{book}/import/apply").text


def test_the_phone_book_is_exported(operator, book):
    answer = operator.get(f"{book}/export.csv")
    assert answer.text == "\ufeffName,Office,Mobile,Other\r\nAnna,101,,\r\n"
    assert 'filename="phone-book-Acme.csv"' in answer.headers["Content-Disposition"]


def test_a_viewer_sees_and_changes_nothing(session, client_as, acme, book):
    viewer = client_as("viewer")
    contact = f"{book}/{queries.all_contacts(session, acme)[0].id}"
    assert "New contact" not in viewer.get(book).text
    assert viewer.get(f"{book}/export.csv").status_code == 200
    for url in (book, f"{contact}/edit", f"{contact}/delete", f"{book}/accounts",
                f"{book}/import", f"{book}/import/apply"):  # fmt: skip
        assert send(viewer, url, {"name": "Bert", "office": "1"}).status_code == 403, url
    assert stored(session, acme) == [ContactFacts("Anna", "101")]
