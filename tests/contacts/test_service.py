from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.contacts import queries, service
from portal.contacts.facts import ContactFacts
from portal.errors import RuleBroken
from portal.models import AuditEntry
from tests.factories import ACTOR, make_contact, make_customer


@pytest.fixture
def acme(session):
    return make_customer(session, "Acme")


def actions(session):
    return [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_a_contact_is_stored_as_it_is_dialled(session, acme):
    made = service.create_contact(
        session, ACTOR, acme, ContactFacts(" Anna ", "030 / 12-34", "+49 (0)170 1")
    )
    assert queries.facts_of(made) == ContactFacts("Anna", "0301234", "+491701")
    assert actions(session)[-1] == "contact.create"


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        (ContactFacts("", "1"), "name", "needs a name"),
        (ContactFacts("a\nb", "1"), "name", "single line"),
        (ContactFacts("Anna"), "office", "needs a number"),
        (ContactFacts("Anna", "ring me"), "office", "“ring me” is not a number to dial"),
        (ContactFacts("Anna", "1", "=1+1"), "mobile", "is not a number to dial"),
        (ContactFacts("Anna", "1", "", "9" * 61), "other", "is not a number to dial"),
    ],
)
def test_a_contact_that_cannot_be_is_refused_at_its_field(session, acme, facts, field, sentence):
    with pytest.raises(RuleBroken, match=sentence) as broken:
        service.create_contact(session, ACTOR, acme, facts)
    assert broken.value.field == field


def test_a_name_stands_once_in_a_phone_book_in_any_case(session, acme):
    make_contact(session, acme, "Anna")
    with pytest.raises(RuleBroken, match="There is a contact “ANNA” already"):
        service.create_contact(session, ACTOR, acme, ContactFacts("ANNA", "1"))
    make_contact(session, make_customer(session), "Anna")


def test_a_contact_is_changed_and_keeps_its_own_name(session, acme):
    anna = make_contact(session, acme, "anna", "1")
    make_contact(session, acme, "Bert")
    service.update_contact(session, ACTOR, acme, anna, ContactFacts("Anna", "2"))
    assert queries.facts_of(anna) == ContactFacts("Anna", "2")
    assert actions(session)[-1] == "contact.update"
    with pytest.raises(RuleBroken, match="“Bert” already"):
        service.update_contact(session, ACTOR, acme, anna, ContactFacts("Bert", "2"))


def test_a_contact_is_deleted(session, acme):
    service.delete_contact(session, ACTOR, make_contact(session, acme, "Anna"))
    assert queries.all_contacts(session, acme) == []
    assert actions(session)[-1] == "contact.delete"


def test_accounts_are_left_out_of_the_phone_book(session, acme):
    service.list_accounts(session, ACTOR, acme, False)
    service.list_accounts(session, ACTOR, acme, False)
    assert not acme.lists_accounts
    assert actions(session).count("contact.list_accounts") == 1


def test_an_import_adds_and_changes_with_one_audit_entry(session, acme):
    make_contact(session, acme, "Anna", "1")
    service.import_contacts(
        session, ACTOR, acme, [ContactFacts("Bert", "2")], [ContactFacts("Anna", "3")]
    )
    stored = [queries.facts_of(c) for c in queries.all_contacts(session, acme)]
    assert stored == [ContactFacts("Anna", "3"), ContactFacts("Bert", "2")]
    assert actions(session).count("contact.import") == 1


def test_an_import_that_was_overtaken_is_refused(session, acme):
    make_contact(session, acme, "Anna")
    with pytest.raises(RuleBroken, match="There is a contact “anna” by now"):
        service.import_contacts(session, ACTOR, acme, [ContactFacts("anna", "1")], [])
    with pytest.raises(RuleBroken, match="“Bert” is gone by now"):
        service.import_contacts(session, ACTOR, acme, [], [ContactFacts("Bert", "1")])


def test_a_full_phone_book_takes_no_more(session, acme, monkeypatch):
    monkeypatch.setattr(service, "MAX_CONTACTS", 1)
    make_contact(session, acme, "Anna")
    with pytest.raises(RuleBroken, match="at most 1 contacts"):
        service.create_contact(session, ACTOR, acme, ContactFacts("Bert", "1"))


def test_contacts_are_found_by_name_and_by_number_as_written(session, acme):
    make_contact(session, acme, "Anna", "0301234")
    make_contact(session, acme, "100% Bert", "2")
    make_contact(session, make_customer(session), "Anna")
    for q, names in {"ann": ["Anna"], "030 12": ["Anna"], "0%": ["100% Bert"], "x": []}.items():
        found, total = queries.page_of_contacts(session, acme, q, 1, 10)
        assert ([c.name for c in found], total) == (names, len(names)), q
