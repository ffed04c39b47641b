"""Compare the rows of a list with what is stored: an outcome for each. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.imports.accept import accepted
from portal.imports.columns import Table
from portal.imports.normalise import LeftOut
from portal.imports.problems import Problem
from portal.imports.repeats import mark_repeats
from portal.imports.sheets import one_line
from portal.imports.validate import Row
from portal.imports.windows import Window, settle_window
from portal.values import format_mac

OUTCOMES = (
    "new", "changed", "unchanged", "needs_ok", "duplicate", "conflict", "error", "left_out",
)  # fmt: skip
_TEXTS = (
    "vendor", "model", "serial", "redirect_pin", "inventory_id", "description", "customer",
    "profile",
)  # fmt: skip
_ELSEWHERE = (
    "The phone is in the inventory already and belongs to another customer; ask an administrator"
)
_NO_CUSTOMER = (
    "No customer is given; name one of yours, or choose one above for the rows that name none"
)
_NO_MODEL = "No model is given: no file is made for the phone until it has one"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is stored of a device. `ports` maps a port to its account's user name, `labels` to its
    label; None where labels shall not be compared."""

    vendor: str = ""
    model: str = ""
    serial: str = ""
    redirect_pin: str = ""
    inventory_id: str = ""
    description: str = ""
    customer: str = ""
    profile: str = ""
    ports: Mapping[int, str] = field(default_factory=dict)
    labels: Mapping[int, str] | None = None
    window: Window = Window()


@dataclass(frozen=True, slots=True)
class Known:
    """Names that exist in the portal; None leaves a kind unchecked.

    `accounts` maps a SIP user name to where it is used ("port 1 of 00:15:65:AA:BB:CC", "" for
    nowhere), `inventory_ids` an id to the MAC that has it ("": not told). `may_add_customers`: one
    that is missing is made by the import, with a warning; otherwise it is a problem. `now` is when
    windows open. For a person limited to some customers, `elsewhere` are MACs that others have, and
    each device `needs_customer`.
    """

    customers: Collection[str] | None = None
    profiles: Collection[str] | None = None
    accounts: Mapping[str, str] | None = None
    inventory_ids: Mapping[str, str] | None = None
    may_add_customers: bool = False
    now: datetime | None = None
    elsewhere: Collection[str] = ()
    needs_customer: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import will do. `file_error` says why there is nothing to do at all."""

    rows: Sequence[Row] = ()
    left_out: Sequence[LeftOut] = ()
    questions: Sequence[str] = ()
    tables: Sequence[Table] = ()
    file_error: str | None = None

    def summary(self) -> dict[str, int]:
        """Return how many rows have each outcome, 0 included."""
        counted = Counter(row.outcome for row in self.rows)
        counted["left_out"] = len(self.left_out)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    def has_problems(self) -> bool:
        """Is any row held back?"""
        held = {"needs_ok", "conflict", "error"}
        return bool(self.questions) or any(row.outcome in held for row in self.rows)

    def digest(self) -> str:
        """Return a hash that changes when the same list would do something else now."""
        state = hashlib.sha256(repr((self.file_error, *self.questions)).encode())
        for row in self.rows:
            codes = [problem.code for problem in row.problems]
            told = row.sheet, row.number, row.mac, row.outcome, codes, sorted(row.changes.items())
            state.update(repr(told).encode("utf-8", "backslashreplace"))
        return state.hexdigest()


def plan(
    rows: Sequence[Row],
    stored: Mapping[str, DeviceFacts],
    *,
    accept: Collection[str] = (),
    move_customers: bool = False,
    known: Known | None = None,
    left_out: Sequence[LeftOut] = (),
    tables: Sequence[Table] = (),
) -> Plan:
    """Return what `rows` come to. `stored` maps a MAC to its device's facts.

    `accept` are kinds of suggestions to take, codes of problems or "all". Without `move_customers`
    a device of another customer needs OK. Rows are changed in place: plan each list of rows once.
    """
    made = list(accepted(rows, accept))
    mark_repeats(made)
    names = _Names(known or Known())
    for row in made:
        if row.mac and row.outcome != "duplicate":
            names.check(row)
            facts = stored.get(row.mac)
            _compare(row, facts, move_customers)
            names.check_owner(row, facts)
            if "window" in row.values and names.now:
                settle_window(row, facts.window if facts else None, names.now)
        row.outcome = row.outcome or _outcome(row, stored)
    questions = [table.question for table in tables if table.question]
    return Plan(made, left_out, questions, tables)


def _outcome(row: Row, stored: Mapping[str, DeviceFacts]) -> str:
    if any(not problem.can_be_accepted for problem in row.problems):
        is_conflict = any(problem.code == "mac_conflict" for problem in row.problems)
        return "conflict" if is_conflict else "error"
    if row.problems or row.mac is None:
        return "needs_ok"
    if row.mac not in stored:
        return "new"
    return "changed" if row.changes else "unchanged"


def _compare(row: Row, facts: DeviceFacts | None, move_customers: bool) -> None:
    """Note what the row changes of a stored device; a new one has no changes."""
    values = row.values
    is_named = bool(values.get("name")) and "port" not in row.draft.table.places
    if is_named and "description" not in values and not (facts and facts.description):
        values["description"] = values["name"]
    if facts is None:
        if not values.get("model"):
            row.warnings += (_NO_MODEL,)
        return
    for name in _TEXTS:
        new, old = values.get(name), getattr(facts, name)
        if new is not None and new in (old, one_line(old)):
            values[name] = old  # type: ignore[literal-required]
        elif new is not None:
            row.changes[name] = [old, new]  # type: ignore[list-item]
    for number, port in values.get("ports", {}).items():
        if "account" in port and port["account"] != (old := facts.ports.get(number, "")):
            row.changes[f"port {number} account"] = [old, port["account"]]
        if "label" not in port or facts.labels is None:
            continue
        if port["label"] != (old := facts.labels.get(number, "")):
            row.changes[f"port {number} label"] = [old, port["label"]]
    if "customer" in row.changes and facts.customer and not move_customers:
        new = values["customer"] or "nobody"
        message = f"The phone belongs to {facts.customer}; shall it move to {new}?"
        row.problems += (Problem("customer_move", "customer", message, can_be_accepted=True),)


class _Names:
    """Checks the names in rows against those that exist, and writes them as they are stored."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.now = known.now
        self._stored = {
            field: {one_line(name).casefold(): name for name in names}
            for field, names in (("customer", known.customers), ("profile", known.profiles))
            if names is not None
        }

    def check(self, row: Row) -> None:
        for name, names in self._stored.items():
            if text := str(row.values.get(name, "")):
                if stored := names.get(one_line(text).casefold()):
                    row.values[name] = stored  # type: ignore[literal-required]
                elif name == "customer" and self._known.may_add_customers:
                    row.warnings += (f"There is no customer “{text}” yet: the import adds it",)
                else:
                    message = f"There is no {name} “{text}”; create it first, or correct the name"
                    if name == "customer" and self._known.needs_customer:
                        message = f"“{text}” is none of your customers; correct the name"
                    row.problems += (Problem(f"{name}_unknown", name, message),)
        if self._known.inventory_ids is not None and (tag := row.values.get("inventory_id")):
            owner = self._known.inventory_ids.get(tag)
            if owner is not None and owner != row.mac:
                holder = format_mac(owner) if owner else "a device of another customer"
                message = f"The inventory ID “{tag}” belongs to {holder}"
                row.problems += (Problem("inventory_id_taken", "inventory_id", message),)
        if self._known.accounts is not None and "ports" in row.values:
            self._check_accounts(row, self._known.accounts)

    def check_owner(self, row: Row, facts: DeviceFacts | None) -> None:
        """Hold back what a person who is limited to some customers may not import."""
        if row.mac in self._known.elsewhere:
            row.problems += (Problem("mac_elsewhere", "mac", _ELSEWHERE),)
        elif self._known.needs_customer:
            owner = row.values.get("customer", facts.customer if facts else "")
            if not owner:
                row.problems += (Problem("customer_missing", "customer", _NO_CUSTOMER),)

    @staticmethod
    def _check_accounts(row: Row, accounts: Mapping[str, str]) -> None:
        for number, port in list(row.values["ports"].items()):
            user = port.get("account")
            if not user or (user not in accounts and port.get("password")):
                continue
            here = f"port {number} of {format_mac(row.mac or '')}"
            if (used := accounts.get(user)) is None:
                missing = f"There is no SIP account {user}"
                if port.get("is_guess"):
                    row.warnings += (f"{missing}: port {number} stays as it is",)
                    del row.values["ports"][number]
                else:
                    message = f"{missing}, and no password to make it with"
                    row.problems += (Problem("account_unknown", f"port {number} account", message),)
            elif used and used != here:
                row.warnings += (f"The account {user} is on {used} too",)


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON; see shown.told_json for what leaves the portal."""
    return {
        "file_error": plan.file_error,
        "questions": list(plan.questions),
        "summary": plan.summary(),
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.number,
                "mac": row.mac,
                "outcome": row.outcome,
                "problem": row.problem,
                "warnings": list(row.warnings),
                "suggestions": list(row.suggestions),
                "changes": row.changes,
            }
            for row in plan.rows
        ],
        "left_out": [
            {"sheet": left.sheet, "row": left.row, "text": left.text, "why": left.why}
            for left in plan.left_out
        ],
    }
