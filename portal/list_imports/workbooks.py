"""Workbooks of a list: the template, and the list with what is wrong where it is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.imports import previews, results
from portal.imports.handing_out import problems_name
from portal.list_imports.kinds import Kind
from portal.list_imports.plan import Plan
from portal.list_imports.shown import KeptRow, kept_row, tables_json
from portal.models import Import, Profile

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["problems_name", "problems_workbook", "template_workbook"]

ROWS = 1_000  # that have formats and drop-downs
_CHOICES = {
    "enabled": ("yes", "no"),
    "trust_level": ("standard", "strict", "lan"),
}
_NOTES = (
    ("Empty cells", "leave alone what is stored."),
    ("-clear-", "in a cell empties what is stored."),
    ("Other columns", "may be added, moved or deleted; what the portal does not know it names, and "
     "does not store."),
    ("Digits", "The columns are formatted as text; keep that, or leading zeros are lost."),
)  # fmt: skip


def problems_workbook(session: Session, kind: Kind, upload: Import, plan: Plan | None) -> bytes:
    """Return the list with its problems marked; `plan` None: as it was imported.

    Raises SheetUnreadable.
    """
    from portal.imports import corrections  # openpyxl takes long to load

    rows: Iterable[KeptRow]
    if plan is None:
        tables = (upload.result or {})["tables"]
        rows = (KeptRow(*entry) for entry in results.all_entries(session, upload.id))
    else:
        tables = tables_json(plan.tables)
        rows = (kept_row(row, kind.fields) for row in plan.rows)
    layouts = {
        table["sheet"]: corrections.Layout(table["header"] or None, table["places"])
        for table in tables
    }
    marks = {
        (row.sheet, row.number): corrections.Correction(
            row.outcome, "; ".join(row.problems.values() or row.warnings), tuple(row.problems)
        )
        for row in rows
    }
    return corrections.workbook_of(previews.sheets_of(upload), layouts, marks)


def template_workbook(session: Session, kind: Kind, customers: Sequence[str]) -> bytes:
    """Return an empty workbook with the headers of a kind, and what its columns are for."""
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from portal.imports.workbook_cells import HEADER_FONT, saved

    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - for the type checker
    sheet.title = kind.key.capitalize()
    profiles = session.scalars(select(Profile.name).order_by(Profile.name)).all()
    offered = {**_CHOICES, "customer": customers, "default_profile": profiles}
    notes = workbook.create_sheet("Notes")
    for row in ((field.label, field.help) for field in kind.fields if field.help):
        notes.append(row)
    for row in _NOTES:
        notes.append(row)
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 100
    for cell in notes["A"]:
        cell.font = HEADER_FONT
    choices = workbook.create_sheet("Choices")
    choices.sheet_state = "hidden"
    _head(sheet, choices, kind, offered)
    return saved(workbook)


def _head(
    sheet: Worksheet, choices: Worksheet, kind: Kind, offered: Mapping[str, Sequence[str]]
) -> None:
    """Write the headers, and offer names below those that have some to choose from."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    from portal.imports.workbook_cells import HEADER_FILL, HEADER_FONT, TEXT_FORMAT, safe_value

    for place, field in enumerate(kind.fields, 1):
        letter = get_column_letter(place)
        cell = sheet.cell(1, place, field.label)
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        sheet.column_dimensions[letter].width = field.width
        for row in range(2, ROWS + 2):
            sheet.cell(row, place).number_format = TEXT_FORMAT
        if field.key not in offered or not offered[field.key]:
            continue
        for number, name in enumerate(offered[field.key], 1):
            choices.cell(number, place, safe_value(name)).data_type = "s"
        where = f"Choices!${letter}$1:${letter}${len(offered[field.key])}"
        told = DataValidation(type="list", formula1=where, allow_blank=True, showErrorMessage=False)
        told.add(f"{letter}2:{letter}{ROWS + 1}")
        sheet.add_data_validation(told)
    sheet.freeze_panes = "B2"
