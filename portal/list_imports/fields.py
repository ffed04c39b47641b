"""The fields of a list, and how their cells are read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from portal.imports.problems import CLEAR
from portal.imports.sheets import cell_text, is_literal, one_line
from portal.values import has_control

MASK = "••••••"
# 1.23457E+15, 1,23E+15: digits that a spreadsheet program threw away
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a list. `parse` returns a text as it is stored, or raises ValueError.

    `longest`: characters that fit. `is_code`: digits that must stay a text. `is_secret`: never
    shown. `is_kept`: ``-clear-`` does not empty it. `has_lines`: line breaks belong to it.
    `help` is for the template; `width` in characters for workbooks.
    """

    key: str
    label: str
    parse: Callable[[str], str] = str
    longest: int = 200
    width: int = 20
    is_code: bool = False
    is_secret: bool = False
    is_kept: bool = False
    has_lines: bool = False
    help: str = ""


def read_cells(
    fields: Iterable[Field], cells: Mapping[str, object]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the cells of a row say, and what is wrong with them, both by field.

    A missing key leaves alone what is stored, "" empties it.
    """
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for field in fields:
        cell = cells.get(field.key)
        text = _text(field, cell)
        if not text:
            continue
        try:
            values[field.key] = _read(field, text, cell)
        except ValueError as error:
            problems[field.key] = str(error)
    return values, problems


def _read(field: Field, text: str, cell: object) -> str:
    if text == CLEAR and not is_literal(cell):
        if field.is_kept:
            raise ValueError(f"The {field.label.lower()} cannot be emptied")
        return ""
    if field.is_code and _is_rounded(text, cell):
        told = "The password" if field.is_secret else f"“{text}”"
        raise ValueError(
            f"{told} is a number with an exponent: its digits are gone; format the column as "
            "text and enter it again"
        )
    if len(text) > field.longest:
        raise ValueError(f"This has {len(text)} characters; at most {field.longest} fit")
    if not field.has_lines and has_control(text):
        raise ValueError("This holds a control character; type it again")
    return field.parse(text)


def _text(field: Field, cell: object) -> str:
    text = cell_text(cell)
    if field.is_secret:
        return text
    return "\n".join(text.splitlines()) if field.has_lines else one_line(text)


def _is_rounded(text: str, cell: object) -> bool:
    is_number = isinstance(cell, float) or ("+" in text and not is_literal(cell))
    return is_number and bool(_ROUNDED.fullmatch(text))


def shown_text(field: Field, cell: object) -> str:
    """Return a cell as pages show it: a secret only as being there."""
    text = cell_text(cell)
    return MASK if field.is_secret and text else text
