"""The template workbook: our own header words, MACs as text, drop-downs, notes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from portal.imports.labels import field_label, field_width
from portal.imports.problems import CLEAR
from portal.imports.workbook_cells import (
    HEADER_FILL,
    HEADER_FONT,
    TEXT_FORMAT,
    safe_value,
    saved,
)
from portal.vendors.schema import Families

ROWS = 1_000  # that have formats and drop-downs
_COLUMNS = (
    "mac", "model", "serial", "inventory_id", "description", "customer", "profile",
    "port 1 account", "port 1 label", "port 1 password",
)  # fmt: skip
_LISTS = "Choices"
_NOTES = [
    ("How to fill this in", ""),
    ("MAC", "The only column that must be filled. Any notation: with colons, dashes, dots or "
     "nothing between the digits. The column is formatted as text; keep that, or leading zeros "
     "are lost."),
    ("Model", "As on the label. The list offers what the portal can make files for; others can be "
     "stored too."),
    ("Serial number, Inventory ID, Description", "Whatever helps to find the device again. No two "
     "devices have the same inventory ID."),
    ("Customer, Profile", "Names that exist in the portal. For a whole list they can be chosen at "
     "the upload as well."),
    ("Port 1 account", "User name of a SIP account. It is made if it does not exist and there is a "
     "password. For further ports add columns: Port 2 account, Port 2 label, Port 2 password."),
    ("Set-up window", "A further column, if wanted: how long the phone may fetch its first file "
     "after the import, such as 60 min, 24h or 7 days, or until when (UTC). It does not open again "
     "for a phone that was set up."),
    ("Empty cells", "leave alone what is stored."),
    (CLEAR, "in a cell empties what is stored."),
    ("Other columns", "may be added, moved or deleted; what the portal does not know it shows, and "
     "does not store."),
]  # fmt: skip


def template_workbook(
    families: Families, customers: Sequence[str], profiles: Sequence[str]
) -> bytes:
    """Return the workbook, with the models of `families` and the given names to choose from."""
    workbook = Workbook()
    devices = workbook.active
    assert isinstance(devices, Worksheet)  # noqa: S101 - for the type checker
    devices.title = "Devices"
    _head(devices)
    notes = workbook.create_sheet("Notes")
    for row in _NOTES:
        notes.append(row)
    _style_notes(notes)
    choices = workbook.create_sheet(_LISTS)
    choices.sheet_state = "hidden"
    lists = {"model": models_of(families), "customer": customers, "profile": profiles}
    for place, (field, names) in enumerate(lists.items(), 1):
        for number, name in enumerate(names, 1):
            cell = choices.cell(number, place, safe_value(name))
            cell.data_type = "s"
        if names:
            _offer(
                devices,
                field,
                f"{_LISTS}!${get_column_letter(place)}$1:${get_column_letter(place)}${len(names)}",
            )
    return saved(workbook)


def models_of(families: Families) -> list[str]:
    """Return what to write for each model, so that it names exactly one."""
    names = set()
    for family in families.values():
        for name in family.models:
            is_alone = len(families.find_models(name)) == 1
            names.add(name if is_alone else f"{family.vendor} {name}")
    return sorted(names)


def _head(sheet: Worksheet) -> None:
    for place, field in enumerate(_COLUMNS, 1):
        letter = get_column_letter(place)
        cell = sheet.cell(1, place, field_label(field))
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        sheet.column_dimensions[letter].width = field_width(field)
        sheet.column_dimensions[letter].number_format = TEXT_FORMAT
    for row in range(2, ROWS + 2):
        sheet.cell(row, 1).number_format = TEXT_FORMAT
    sheet.freeze_panes = "B2"


def _offer(sheet: Worksheet, field: str, where: str) -> None:
    """Offer what stands in `where`; something else may be typed, as models that are new."""
    offered = DataValidation(type="list", formula1=where, allow_blank=True, showErrorMessage=False)
    letter = get_column_letter(_COLUMNS.index(field) + 1)
    offered.add(f"{letter}2:{letter}{ROWS + 1}")
    sheet.add_data_validation(offered)


def _style_notes(notes: Worksheet) -> None:
    notes.column_dimensions["A"].width = 42
    notes.column_dimensions["B"].width = 90
    for row in notes.iter_rows():
        for cell in row:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(cell.value, str):
                cell.data_type = "s"
        row[0].font = HEADER_FONT
