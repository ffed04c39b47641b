"""What a contact says, and what it may say. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal import values
from portal.errors import RuleBroken, parsed

# What phones can hold is far less; more is a list that went wrong.
MAX_CONTACTS = 2_000


@dataclass(frozen=True)
class ContactFacts:
    """What a contact says; a number that it lacks is empty."""

    name: str
    office: str = ""
    mobile: str = ""
    other: str = ""

    @property
    def numbers(self) -> tuple[str, str, str]:
        return self.office, self.mobile, self.other


def checked(facts: ContactFacts) -> ContactFacts:
    """Return `facts` in the form that is stored. Raises RuleBroken on the field."""
    name = parsed("name", values.parse_line, facts.name)
    if not name:
        raise RuleBroken("A contact needs a name", "name")
    if len(name) > 200:
        raise RuleBroken("A name has at most 200 letters", "name")
    stored = ContactFacts(
        name,
        *(
            parsed(field, values.parse_phone_number, getattr(facts, field))
            for field in ("office", "mobile", "other")
        ),
    )
    if not any(stored.numbers):
        raise RuleBroken("A contact needs a number: office, mobile or other", "office")
    return stored
