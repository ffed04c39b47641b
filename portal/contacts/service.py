"""Writing contacts: one function a verb; rules and audit."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.contacts import queries
from portal.contacts.facts import MAX_CONTACTS, ContactFacts, checked
from portal.errors import RuleBroken
from portal.models import Contact, Customer


def create_contact(
    session: Session, actor: Actor, customer: Customer, facts: ContactFacts
) -> Contact:
    """Add a contact to the customer's phone book. Raises RuleBroken on the field."""
    stored = checked(facts)
    _check_room(session, customer, 1)
    _check_free(session, customer, stored.name)
    contact = _added(session, customer, stored)
    session.flush()
    audit.record(session, actor, "contact.create", contact, audit.diff({}, vars(stored)))
    return contact


def update_contact(
    session: Session, actor: Actor, customer: Customer, contact: Contact, facts: ContactFacts
) -> None:
    """Change a contact. Raises RuleBroken on the field."""
    before, after = queries.facts_of(contact), checked(facts)
    if after.name.casefold() != before.name.casefold():
        _check_free(session, customer, after.name)
    _store(contact, after)
    if changes := audit.diff(vars(before), vars(after)):
        audit.record(session, actor, "contact.update", contact, changes)


def delete_contact(session: Session, actor: Actor, contact: Contact) -> None:
    """Take a contact out of its phone book."""
    audit.record(
        session, actor, "contact.delete", contact, audit.diff(vars(queries.facts_of(contact)), {})
    )
    session.delete(contact)


def list_accounts(session: Session, actor: Actor, customer: Customer, listed: bool) -> None:
    """Put the customer's SIP accounts into its phone book, or leave them out."""
    if customer.lists_accounts == listed:
        return
    changes = {"accounts in the phone book": (customer.lists_accounts, listed)}
    customer.lists_accounts = listed
    audit.record(session, actor, "contact.list_accounts", customer, changes)


def import_contacts(
    session: Session,
    actor: Actor,
    customer: Customer,
    new: list[ContactFacts],
    changed: list[ContactFacts],
) -> None:
    """Add the contacts `new`, and change those of the same names as `changed`; one audit entry.

    Raises RuleBroken when the phone book is not what it was when the list was compared with it.
    """
    stored = {c.name.casefold(): c for c in queries.all_contacts(session, customer)}
    _check_room(session, customer, len(new))
    for facts in map(checked, new):
        if facts.name.casefold() in stored:
            raise RuleBroken(f"There is a contact “{facts.name}” by now; look at the list again")
        stored[facts.name.casefold()] = _added(session, customer, facts)
    for facts in map(checked, changed):
        contact = stored.get(facts.name.casefold())
        if contact is None:
            raise RuleBroken(f"The contact “{facts.name}” is gone by now; look at the list again")
        _store(contact, facts)
    changes = {
        "added": (None, [facts.name for facts in new]),
        "changed": (None, [facts.name for facts in changed]),
    }
    audit.record(session, actor, "contact.import", customer, changes)


def _added(session: Session, customer: Customer, facts: ContactFacts) -> Contact:
    contact = Contact(customer_id=customer.id)
    _store(contact, facts)
    session.add(contact)
    return contact


def _store(contact: Contact, facts: ContactFacts) -> None:
    contact.name = facts.name
    contact.office, contact.mobile, contact.other = facts.numbers


def _check_free(session: Session, customer: Customer, name: str) -> None:
    if queries.find_contact_named(session, customer, name):
        raise RuleBroken(f"There is a contact “{name}” already; add what tells them apart", "name")


def _check_room(session: Session, customer: Customer, more: int) -> None:
    if queries.count_contacts(session, customer) + more > MAX_CONTACTS:
        raise RuleBroken(f"A phone book holds at most {MAX_CONTACTS:,} contacts", "name")
