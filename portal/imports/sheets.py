"""A list as it lies in its file: sheets, lines, cells, and the limits on them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from portal.errors import SheetUnreadable

MAX_FILE_BYTES = 50 * 2**20
MAX_LINES = 300_000
MAX_CELLS = 6_000_000
MAX_COLUMNS = 1_000
MAX_CELL_LENGTH = 32_767  # what a spreadsheet program can hold in one cell

_LETTERS = re.compile(r"[A-Za-z]{1,3}")
# As exports write texts that must stay texts: ="00123", and '=1+1 against formulas.
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_APOSTROPHE = re.compile(r"'(?='*[=+\-@＝＋－＠\t\r]|'*\d)")
# What gets an apostrophe when it is exported: the beginning of a formula, 1E+15, which a
# spreadsheet program takes for a number, and what would lose the apostrophe that it has.
_UNSAFE = re.compile(r"'*[=+\-@＝＋－＠\t\r]|'+\d|\d+([.,]\d+)?[Ee]\+\d")


class Line(NamedTuple):
    """One line of a sheet that is not blank; `number` is the one a spreadsheet program shows."""

    number: int
    cells: tuple[object, ...]


class Merged(NamedTuple):
    """A cell that covers the rows `first` to `last`; `column` is its first one, from 0."""

    first: int
    last: int
    column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, or the whole of a text; blank lines are left out.

    A cell of `merged` has its value in its first row; its other rows are blank there.
    """

    name: str
    hidden: bool
    rows: list[Line]
    merged: tuple[Merged, ...] = ()


def cell_text(cell: object) -> str:
    """Return a cell as text without blanks around: 300.0 is "300", ``="00123"`` is "00123"."""
    if isinstance(cell, str):
        text = cell.strip()
        if text[:1] in "='":
            if match := _AS_FORMULA.fullmatch(text):
                return match[1].strip()
            return _APOSTROPHE.sub("", text, count=1) if text[:1] == "'" else text
        return text
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def neutral(text: str) -> str:
    """Return a text as an exported cell that no program takes for a formula.

    What needs it gets an apostrophe; `cell_text` takes exactly that one off again.
    """
    return f"'{text}" if _UNSAFE.match(text) else text


def is_literal(cell: object) -> bool:
    """Does an apostrophe say that a cell is just a text, even if it is ``-clear-`` or 1E+15?"""
    return isinstance(cell, str) and cell.lstrip().startswith("'")


def one_line(text: str) -> str:
    """Return a text as a row's value: line breaks and odd blanks in a cell are a blank."""
    return text if text.isprintable() else " ".join(text.split())


def column_letter(index: int) -> str:
    """Return the name of a column, counted from 0: A … Z, AA …"""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(letters: str) -> int:
    """Return the place of a column, from 0. Raises ValueError when that names none."""
    if not _LETTERS.fullmatch(letters.strip()):
        raise ValueError(f"“{letters}” is not the letter of a column")
    index = 0
    for letter in letters.strip().upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def sheet_of(
    name: str,
    hidden: bool,
    lines: Iterable[tuple[int, list[object]]],
    merged: Iterable[Merged] = (),
) -> Sheet:
    """Return a sheet of `lines`: blank ones and blank ends dropped, limits on the sheet held.

    Of `merged` only cells that cover several rows are kept, and no more than a list has lines.
    Raises SheetUnreadable when the sheet has more lines, columns or text in a cell than any list.
    """
    rows: list[Line] = []
    total = 0
    for number, cells in lines:
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        if not cells or not any(_is_filled(cell) for cell in cells):
            continue
        total += len(cells)
        if len(rows) >= MAX_LINES or total > MAX_CELLS:
            raise SheetUnreadable(
                f"The sheet “{name}” has more than {MAX_LINES:,} lines or {MAX_CELLS:,} cells; "
                "split the list into several files"
            )
        if len(cells) > MAX_COLUMNS:
            raise SheetUnreadable(
                f"The sheet “{name}” has something beyond column {column_letter(MAX_COLUMNS - 1)} "
                f"in row {number}; delete what does not belong to the list and upload it again"
            )
        for cell in cells:
            if isinstance(cell, str) and len(cell) > MAX_CELL_LENGTH:
                raise SheetUnreadable(
                    f"The sheet “{name}” has a cell with {len(cell):,} characters in row {number}; "
                    "delete what does not belong to the list and upload it again"
                )
        rows.append(Line(number, tuple(cells)))
    tall = (cell for cell in merged if cell.last > cell.first)
    return Sheet(name, hidden, rows, tuple(islice(tall, MAX_LINES)))


def _is_filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or cell.strip() != "")
