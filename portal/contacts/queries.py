"""Reading contacts."""

from __future__ import annotations

import re

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from portal.contacts.facts import ContactFacts
from portal.models import Contact, Customer, SipAccount


def find_contact(session: Session, customer: Customer, contact_id: int) -> Contact | None:
    contact = session.get(Contact, contact_id)
    return contact if contact and contact.customer_id == customer.id else None


def find_contact_named(session: Session, customer: Customer, name: str) -> Contact | None:
    """Find by name, case ignored."""
    wanted = name.casefold()
    return next((c for c in all_contacts(session, customer) if c.name.casefold() == wanted), None)


def all_contacts(session: Session, customer: Customer) -> list[Contact]:
    return list(session.scalars(_of(customer)))


def page_of_contacts(
    session: Session, customer: Customer, q: str, page: int, size: int
) -> tuple[list[Contact], int]:
    """Return one page of contacts whose name or number holds `q`, and how many there are."""
    found = _of(customer)
    if text := q.strip():
        digits = re.sub(r"[\s()/.\-]", "", text) or text
        columns = (Contact.office, Contact.mobile, Contact.other)
        found = found.where(
            or_(
                Contact.name.icontains(text, autoescape=True),
                *(column.icontains(digits, autoescape=True) for column in columns),
            )
        )
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    return list(session.scalars(found.limit(size).offset((page - 1) * size))), total


def count_contacts(session: Session, customer: Customer) -> int:
    return session.scalar(select(func.count()).where(Contact.customer_id == customer.id)) or 0


def count_accounts(session: Session, customer: Customer) -> tuple[int, int]:
    """Return how many accounts can stand in the phone book, and how many lack a display name."""
    enabled = select(func.count()).where(
        SipAccount.customer_id == customer.id, SipAccount.is_enabled
    )
    named = session.scalar(enabled.where(SipAccount.display_name != "")) or 0
    return named, (session.scalar(enabled) or 0) - named


def facts_of(contact: Contact) -> ContactFacts:
    return ContactFacts(contact.name, contact.office, contact.mobile, contact.other)


def by_name(session: Session, customer: Customer) -> dict[str, ContactFacts]:
    """Return what the phone book says, by name in lower case, as lists.plan() wants it."""
    return {c.name.casefold(): facts_of(c) for c in all_contacts(session, customer)}


def _of(customer: Customer) -> Select[Contact]:
    mine = select(Contact).where(Contact.customer_id == customer.id)
    return mine.order_by(func.lower(Contact.name), Contact.id)
