"""Find the header of a table: one line, or two that belong together. Pure.

Two lines are one header where the upper groups the lower (“Port 1” merged over “User” and
“Password”) and where they say the same twice (in two languages).
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import zip_longest
from typing import NamedTuple

from portal.imports.layouts import meaning_of, stands_in_port
from portal.imports.macs import looks_like_mac
from portal.imports.sheets import Line, Sheet, cell_text

HEADER_WITHIN = 40  # lines
_WEIGHT = {"mac": 2, "other": 0}


class Header(NamedTuple):
    """What stands above a list: the row number of its last line, and a text for each column."""

    number: int
    texts: tuple[str, ...]


def find_header(
    sheet: Sheet, known_prefixes: Collection[str], header_row: int | None = None
) -> Header | None:
    """Return the header that looks most like one, or that in row `header_row`; None without."""
    if header_row is None:
        place = _best(sheet, known_prefixes)
    else:
        numbers = [line.number for line in sheet.rows]
        place = numbers.index(header_row) if header_row in numbers else None
    return None if place is None else header_at(sheet, place, known_prefixes)


def header_at(sheet: Sheet, place: int, known_prefixes: Collection[str]) -> Header:
    """Return the header that the line at `place`, from 0, makes, alone or with a neighbour."""
    rows = sheet.rows
    for upper in (place, place - 1):
        if not 0 <= upper < len(rows) - 1:
            continue
        if texts := _joined(rows[upper], rows[upper + 1], known_prefixes):
            return Header(rows[upper + 1].number, texts)
    return Header(rows[place].number, _texts(rows[place]))


def _best(sheet: Sheet, known: Collection[str]) -> int | None:
    best: int | None = None
    best_score = 0
    for place, line in enumerate(sheet.rows[:HEADER_WITHIN]):
        if any(looks_like_mac(cell, known) for cell in line.cells):
            continue
        meanings = [
            meaning
            for cell in line.cells
            if isinstance(cell, str) and (meaning := meaning_of(cell))
        ]
        score = sum(meaning.strength * _WEIGHT.get(meaning.field, 1) for meaning in meanings)
        names_mac = any(m.field in ("mac", "sometimes_mac") for m in meanings)
        if score > best_score and (names_mac or len({m.field for m in meanings}) > 1):
            best, best_score = place, score
    return best


def _joined(upper: Line, lower: Line, known: Collection[str]) -> tuple[str, ...] | None:
    """Return the texts of two lines as those of one header; None where they are not one."""
    cells = *upper.cells, *lower.cells
    if lower.number != upper.number + 1 or any(looks_like_mac(cell, known) for cell in cells):
        return None
    if not all(cell is None or isinstance(cell, str) for cell in lower.cells):
        return None
    pairs = list(zip_longest(_texts(upper), _texts(lower), fillvalue=""))
    if all(above == below for above, below in pairs):
        return None  # the header of the next page
    by_port = _by_port(pairs)
    if not by_port and not _say_the_same(pairs):
        return None
    return tuple(by_port.get(place) or _clearer(*pair) for place, pair in enumerate(pairs))


def _by_port(pairs: list[tuple[str, str]]) -> dict[int, str]:
    """Return “Port 1 Password” where “Port 1” stands above a column “Password”, or left of that."""
    group = ""
    joined: dict[int, str] = {}
    for place, (above, below) in enumerate(pairs):
        if above:
            group = above if _is_of_port(above) else ""
        if group and stands_in_port(below) and _is_of_port(f"{group} {below}"):
            joined[place] = f"{group} {below}"
    return joined


def _is_of_port(text: str) -> bool:
    meaning = meaning_of(text)
    return meaning is not None and meaning.field.startswith("port ")


def _say_the_same(pairs: list[tuple[str, str]]) -> bool:
    """Do two lines name the MAC, and something more, in the same columns?"""
    same = set()
    for above, below in pairs:
        one, other = meaning_of(above), meaning_of(below)
        if one and other and one.field == other.field:
            same.add(one.field)
    return "mac" in same and len(same) > 1


def _clearer(above: str, below: str) -> str:
    """Return the text that says more surely what the column is; the lower one if both do."""
    one, other = meaning_of(above), meaning_of(below)
    if one and (not other or one.strength > other.strength):
        return above
    return below or above


def _texts(line: Line) -> tuple[str, ...]:
    return tuple(cell_text(cell) for cell in line.cells)
