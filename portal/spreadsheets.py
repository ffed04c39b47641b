"""Write a list as CSV or as a workbook, row by row, so that its length costs no memory. Pure.

Every cell is a text and none can start a formula: imports.sheets.neutral puts an apostrophe before
what would, in both forms, and the import takes it off again. So what is exported reads back as it
was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from portal.imports.sheets import neutral

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a workbook cannot hold, and what it would read as the code of a character: _x0041_ is A.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Column(NamedTuple):
    """A column: its header, its width in characters. `is_code`: digits, which stay a text when a
    person types them again."""

    title: str
    width: int = 16
    is_code: bool = False


@dataclass(frozen=True)
class Listing:
    """A list to be written. `rows` is used up by it."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[str]]


def write(listing: Listing, kind: str, target: BinaryIO) -> int:
    """Write a list as one of KINDS and return how many rows it has."""
    return _write_xlsx(listing, target) if kind == "xlsx" else _write_csv(listing, target)


def _write_csv(listing: Listing, target: BinaryIO) -> int:
    """RFC 4180, in UTF-8 with the mark by which spreadsheet programs know it."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.title for column in listing.columns])
    count = 0
    for count, row in enumerate(listing.rows, 1):  # noqa: B007 - counts
        writer.writerow([neutral(cell) for cell in row])
    text.flush()
    text.detach()
    return count


def _write_xlsx(listing: Listing, target: BinaryIO) -> int:
    from openpyxl import Workbook  # takes long to load
    from openpyxl.cell import WriteOnlyCell

    from portal.imports.workbook_cells import HEADER_FILL, HEADER_FONT, TEXT_FORMAT

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(listing.name.capitalize())
    sheet.freeze_panes = "B2"
    header = []
    for place, column in enumerate(listing.columns):
        cell = WriteOnlyCell(sheet, column.title)
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        sheet.column_dimensions[_letter(place)].width = column.width
        header.append(cell)
    sheet.append(header)
    # A row is written at once, so its cells serve for the next one: half the time.
    cells = [WriteOnlyCell(sheet) for _ in listing.columns]
    for column, cell in zip(listing.columns, cells, strict=True):
        if column.is_code:
            cell.number_format = TEXT_FORMAT
    count = 0
    for count, row in enumerate(listing.rows, 1):  # noqa: B007 - counts
        for cell, text in zip(cells, row, strict=True):
            cell.value = _cell(text) or None
            cell.data_type = "s" if text else "n"  # else #N/A would be an error
        sheet.append(cells)
    workbook.save(target)
    return count


def _cell(text: str) -> str:
    if "_x" in text:
        text = _CODE.sub("_x005F_", text)
    return neutral(text if text.isprintable() else _ILLEGAL.sub("", text))


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(place + 1))
