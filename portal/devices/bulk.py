"""What can be done with many devices at once, and to which of them it cannot be done: rules. Pure.

A preview of 40,000 devices and the change itself ask the same rule.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

AT_ONCE = 500  # devices that are changed while the person waits; more are a job


@dataclass(frozen=True)
class Action:
    """`label` completes “With the selection:”, `done` says what became of the devices."""

    label: str
    question: str
    done: str
    permission: str = "device.edit"


ACTIONS = {
    "profile": Action("assign a profile", "Which profile?", "have another profile"),
    "customer": Action("assign to a customer", "Which customer?", "have another customer"),
    "state": Action("change the state", "Which state?", "have another state"),
    "window": Action(
        "allow set-up", "For how long?", "may set themselves up", permission="window.open"
    ),
}
STATES = {
    "stock": "in stock, of no customer",
    "service": "in service again, after being retired",
    "retired": "retired",
}
WINDOWS = {"60": "60 minutes", "1440": "24 hours", "10080": "7 days"}


@dataclass(frozen=True)
class Facts:
    """What of a device decides. `accounts_of`: ids of those customers whose accounts are on it."""

    id: int
    mac: str
    family: str
    state: str
    customer_id: int | None
    profile_id: int | None
    has_accounts: bool = False
    accounts_of: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Change:
    """An action with its value: a profile (`family` of it), a customer, a state, or minutes.

    `name` is what people call the value; `id` None is no profile of its own, or no customer.
    """

    action: str
    value: str
    name: str
    id: int | None = None
    family: str = ""


def why_not(facts: Facts, change: Change) -> str:
    """Return why a device is skipped, in a sentence that is alike for alike ones; "" to go on."""
    return _RULES[change.action](facts, change)


def _profile(facts: Facts, change: Change) -> str:
    if facts.state == "retired":
        return "It is retired; put it back into service first"
    if facts.profile_id == change.id:
        return "It has this profile already" if change.id else "It has no profile of its own"
    if change.family and change.family != facts.family:
        return f"{change.name} is for another family of phones"
    return ""


def _customer(facts: Facts, change: Change) -> str:
    if facts.state == "retired":
        return "It is retired; put it back into service first"
    if facts.customer_id == change.id:
        return "It belongs to this customer already" if change.id else "It has no customer"
    if facts.accounts_of - {change.id}:
        return "Accounts of its present customer are on its ports; release them first"
    return ""


def _state(facts: Facts, change: Change) -> str:
    if change.value == "retired":
        return "It is retired already" if facts.state == "retired" else ""
    if change.value == "service":
        return "" if facts.state == "retired" else "It is in service"
    if facts.state == "stock" and facts.customer_id is None:
        return "It is in stock already"
    if facts.has_accounts:
        return "Accounts are on its ports; release them first"
    return ""


def _window(facts: Facts, change: Change) -> str:
    if facts.state == "retired":
        return "It is retired; put it back into service first"
    return "" if facts.family else "Its model is not known, so no file can be made for it"


_RULES = {"profile": _profile, "customer": _customer, "state": _state, "window": _window}


def pack(ids: Iterable[int]) -> bytes:
    """Return ids of devices in few bytes: 40,000 take about 80 kB."""
    return zlib.compress(array("q", ids).tobytes())


def unpack(packed: bytes) -> Sequence[int]:
    """Return the ids that `pack` was given."""
    ids = array("q")
    ids.frombytes(zlib.decompress(packed))
    return ids
