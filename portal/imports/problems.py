"""What can be wrong with a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PROBLEM = "Problem"  # header of the column that corrections.py adds; it is not read again
CLEAR = "-clear-"  # a cell that empties what is stored; an empty one leaves it alone


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a row. `can_be_accepted`: it holds the row back only until a person says
    yes, to `code` as a kind or to the row."""

    code: str
    field: str
    message: str
    can_be_accepted: bool = False
