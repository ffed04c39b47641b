"""A customer's phone book as its phones get it: contacts and accounts in one list. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from portal.vendors.context import ContactView

_GAPS = re.compile(r"[\s()/.\-]")


def merged(contacts: Sequence[ContactView], accounts: Iterable[ContactView]) -> list[ContactView]:
    """Return `contacts` and those of `accounts` whose number no contact has, in order of names."""
    known = {_bare(number) for contact in contacts for _, number in contact.numbers}
    others = [account for account in accounts if _bare(account.office) not in known]
    return sorted([*contacts, *others], key=_place)


def _place(contact: ContactView) -> tuple[str, str, str]:
    """Ä stands with A, and capitals do not count."""
    parts = unicodedata.normalize("NFKD", contact.name).casefold()
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return plain, contact.name, repr(contact.numbers)


def _bare(number: str) -> str:
    return _GAPS.sub("", number).casefold()
