"""Read the values of a draft: texts of limited length. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

from portal.imports.normalise import Draft
from portal.imports.ports import PortValues, read_ports
from portal.imports.problems import CLEAR, Problem
from portal.imports.sheets import cell_text, is_literal, one_line
from portal.imports.window_texts import read_window
from portal.values import has_control

# As long as the columns of portal.models.device are.
LENGTHS = {
    "vendor": 60,
    "model": 60,
    "serial": 100,
    "redirect_pin": 100,
    "inventory_id": 100,
    "description": 500,
    "customer": 200,
    "profile": 200,
    "name": 200,
    "window": 60,
}
_UNIQUE = ("serial", "redirect_pin", "inventory_id")
# 1.23457E+15, 1,23E+15: digits of a serial that a spreadsheet program threw away
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


class Values(TypedDict, total=False):
    """What a row says. A missing key leaves alone, "" empties.

    `name` is the person's: for accounts that are made, and for a device without description.
    """

    vendor: str
    model: str
    serial: str
    redirect_pin: str
    inventory_id: str
    description: str
    customer: str
    profile: str
    name: str
    window: str
    ports: dict[int, PortValues]


def read_values(draft: Draft, defaults: Mapping[str, str]) -> tuple[Values, list[Problem]]:
    """Return the values of a draft and what is wrong with them.

    `defaults` stand in for cells that are empty: a customer or profile chosen for the whole list.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    has_ports = False
    for name in (*draft.table.places, *draft.fixes) if draft.fixes else draft.table.places:
        if name not in LENGTHS:
            has_ports = has_ports or name != "mac"
            continue
        cell = draft.cell(name)
        text = one_line(cell_text(cell))
        if text == CLEAR and not is_literal(cell):
            values[name] = ""
        elif problem := _wrong_with(name, text, cell):
            problems.append(problem)
        elif text:
            values[name] = text
    if "window" in values and (problem := _window(values)):
        problems.append(problem)
    for name, text in defaults.items():
        values.setdefault(name, text)
    made: Values = values  # type: ignore[assignment]
    if has_ports and (ports := read_ports(draft, problems)):
        made["ports"] = ports
    return made, problems


def without_unique(values: Values) -> Values:
    """Return `values` without what only one device can have."""
    kept: Values = {k: v for k, v in values.items() if k not in (*_UNIQUE, "ports")}  # type: ignore[assignment]
    return kept


def _window(values: dict[str, str]) -> Problem | None:
    text = values.pop("window")
    try:
        values["window"] = read_window(text) if text else ""
    except ValueError as error:
        return Problem("window_invalid", "window", f"The set-up window: {error}")
    return None


def _wrong_with(name: str, text: str, cell: object) -> Problem | None:
    if len(text) > LENGTHS[name]:
        return Problem(
            f"{name}_too_long",
            name,
            f"The {_words(name)} has {len(text)} characters; at most {LENGTHS[name]} fit",
        )
    is_text = isinstance(cell, str) and "+" in text and not is_literal(cell)
    is_rounded = isinstance(cell, float) or is_text
    if name in _UNIQUE and is_rounded and _ROUNDED.fullmatch(text):
        return Problem(
            f"{name}_scientific",
            name,
            f"The {_words(name)} “{text}” is a number with an exponent: its digits are gone; "
            "format the column as text and enter it again",
        )
    if not text.isprintable() and has_control(text):
        return Problem(
            f"{name}_invalid", name, f"The {_words(name)} holds a control character; type it again"
        )
    return None


def _words(name: str) -> str:
    return name.replace("_", " ").replace("pin", "PIN").replace(" id", " ID")
