"""What can be wrong with a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PROBLEM = "Problem"  # header of the column that corrections.py adds
SAID = "Portal: "  # how its cells begin; they are not read again, those of anybody else are
CLEAR = "-clear-"  # a cell that empties what is stored; an empty one leaves it alone


def is_ours(header: str, cell: object) -> bool:
    """Did the portal write a cell, in an error workbook that comes back?"""
    return header == PROBLEM and isinstance(cell, str) and cell.startswith(SAID)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a row. `can_be_accepted`: it holds the row back only until a person says
    yes, to `code` as a kind or to the row."""

    code: str
    field: str
    message: str
    can_be_accepted: bool = False
