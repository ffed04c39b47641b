"""Which customers a user sees, as a form chooses them: those ticked, and what a name finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.customers import queries as customers
from portal.errors import RuleBroken
from portal.models import Customer, User
from portal.users.forms import SOME, SeesForm

_MOST_FOUND = 20


@dataclass(frozen=True)
class Choice:
    """`chosen` are ticked; `found` are offered, `more` are not, as there are so many."""

    chosen: Sequence[Customer] = ()
    found: Sequence[Customer] = ()
    more: int = 0
    problem: str = ""


def choice_of(session: Session, form: SeesForm, *, is_sure: bool = True) -> Choice:
    """Return what the form chooses. A name that finds one customer alone ticks it if `is_sure`:
    not while somebody is still typing it."""
    chosen = customers.find_customers(session, form.ids)
    text = (form.find_customer.data or "").strip()
    if not text:
        return Choice(chosen)
    named = customers.find_customer_named(session, text) if is_sure else None
    found, more = customers.customers_like(session, text, _MOST_FOUND)
    if named is not None or (is_sure and len(found) == 1):
        return Choice(_with(chosen, named or found[0]))
    others = [one for one in found if one not in chosen]
    if found:
        return Choice(chosen, others, more)
    return Choice(chosen, problem=f"No customer’s name holds “{text}”")


def customers_in(session: Session, form: SeesForm) -> list[Customer] | None:
    """Return the customers that a sent form limits a user to; None: the user sees all.

    Raises RuleBroken on "find_customer" for a name that is still typed there and was not settled.
    """
    if form.sees.data != SOME:
        return None
    choice = choice_of(session, form)
    text = (form.find_customer.data or "").strip()
    is_settled = any(text.lower() in one.name.lower() for one in choice.chosen)
    if choice.problem:
        raise RuleBroken(choice.problem, "find_customer")
    if choice.found and not is_settled:
        raise RuleBroken(
            f"{len(choice.found) + choice.more} customers’ names hold “{text}”: tick those meant",
            "find_customer",
        )
    return list(choice.chosen)


def told(session: Session, form: SeesForm, user: User) -> tuple[str, str]:
    """Return whom `user` sees as it is stored, and as `form` says, by name."""
    mine = customers.find_customers(session, form.ids) if form.sees.data == SOME else None
    return _names(user.customers if user.is_limited else None), _names(mine)


def _names(those: Sequence[Customer] | None) -> str:
    return "all customers" if those is None else ", ".join(one.name for one in those)


def _with(chosen: Sequence[Customer], one: Customer) -> list[Customer]:
    return sorted({*chosen, one}, key=lambda customer: customer.name)
