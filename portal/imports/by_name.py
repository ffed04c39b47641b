"""A list that a script brings, to the command line or the API: names in place of clicks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from portal.customers import queries as customers
from portal.errors import RuleBroken, SheetUnreadable
from portal.imports import mapping_service, mappings, previews
from portal.imports.read import Options
from portal.models import Import
from portal.profiles import queries as profiles


@dataclass(frozen=True)
class Asked:
    """What a script says of a list. `columns` are texts COLUMN=FIELD."""

    sheets: Sequence[str] = ()
    columns: Sequence[str] = ()
    mapping: str = ""
    customer: str = ""
    profile: str = ""
    accept: Sequence[str] = ()


def options_of(session: Session, asked: Asked, may_add_customers: bool) -> Options:
    """Return the options of a list. Raises RuleBroken for names that do not exist.

    Names given by hand must exist; those in rows may be new.
    """
    if asked.customer and customers.find_customer_named(session, asked.customer) is None:
        raise RuleBroken(f"There is no customer “{asked.customer}”", "customer")
    if asked.profile and profiles.find_profile_named(session, asked.profile) is None:
        raise RuleBroken(f"There is no profile “{asked.profile}”", "profile")
    defaults = {"customer": asked.customer, "profile": asked.profile}
    return Options(
        columns={"": _columns(asked.columns)},
        sheets=tuple(asked.sheets),
        defaults={name: text for name, text in defaults.items() if text},
        accept=tuple(asked.accept),
        may_add_customers=may_add_customers,
    )


def use_mapping(session: Session, upload: Import, name: str) -> None:
    """Choose the columns of a named mapping for the list; what `columns` say goes before it."""
    if not name:
        return
    found = mapping_service.find_named(session, name)
    if found is None:
        raise RuleBroken(f"There is no mapping “{name}”", "mapping")
    try:
        sheets = previews.sheets_of(upload)
    except SheetUnreadable:
        return  # the plan says so
    options = Options.from_json(upload.options)
    made = mappings.with_named(options, sheets, found, name)
    by_hand = options.columns[""]
    columns = {sheet: {**told, **by_hand} for sheet, told in made.columns.items() if sheet}
    upload.options = replace(made, columns={**columns, "": by_hand}).as_json()


def _columns(texts: Sequence[str]) -> dict[str, str]:
    """Return field -> column."""
    columns = {}
    for text in texts:
        column, sign, field = text.partition("=")
        if not sign:
            raise RuleBroken(f"“{text}” is not COLUMN=FIELD", "map")
        columns[field] = column.strip()
    return columns
