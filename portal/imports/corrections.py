"""The error workbook: the list as it came, with what is wrong where it is wrong. Pure.

Rows, columns and sheets are the user's own, so the corrected workbook can be uploaded as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from portal.imports.labels import HELD_BACK
from portal.imports.problems import PROBLEM, SAID, is_ours
from portal.imports.sheets import Line, Sheet, cell_text, column_letter
from portal.imports.workbook_cells import (
    ASK_FILL,
    BAD_FILL,
    HEADER_FILL,
    HEADER_FONT,
    TEXT_FORMAT,
    safe_value,
    saved,
)

_AUTHOR = "Provisioning portal"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wrong with a row, in which fields; `fixes` are cells put right on the page."""

    outcome: str
    problem: str
    fields: Sequence[str] = ()
    fixes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a sheet are; `header` is its row number."""

    header: int | None = None
    places: Mapping[str, int] = field(default_factory=dict)


Rows = Mapping[tuple[str, int], Correction]


def workbook_of(sheets: Sequence[Sheet], layouts: Mapping[str, Layout], corrections: Rows) -> bytes:
    """Return the workbook. `layouts` is by sheet, `corrections` by sheet and row number."""
    workbook = Workbook(write_only=True)
    for number, sheet in enumerate(sheets, 1):
        target = workbook.create_sheet(_title(sheet.name, number))
        target.sheet_state = "hidden" if sheet.hidden and len(sheets) > 1 else "visible"
        _write(target, sheet, layouts.get(sheet.name, Layout()), corrections)
    return saved(workbook)


def _title(name: str, number: int) -> str:
    kept = "".join(c for c in name if c.isprintable() and c not in "[]:*?/\\")[:31].strip("'")
    return kept or f"List {number}"


def _write(target: WriteOnlyWorksheet, sheet: Sheet, layout: Layout, corrections: Rows) -> None:
    width = max((len(line.cells) for line in sheet.rows), default=0)
    extra = _problem_place(sheet, layout, width)
    if layout.header is not None and "mac" in layout.places:
        target.freeze_panes = f"A{layout.header + 1}"
    _set_widths(target, sheet, extra)
    row = 0
    tops = _merged_cells(sheet, layout)
    for line in sheet.rows:
        for _ in range(row + 1, line.number):
            target.append([])
        row = line.number
        correction = corrections.get((sheet.name, line.number))
        line = Line(row, _filled(line, tops))
        target.append(_cells(target, line, layout, correction, extra))


def _merged_cells(sheet: Sheet, layout: Layout) -> dict[int, dict[int, object]]:
    """Return row -> column -> the value of the merged cell that covers it, in the list's columns.

    The workbook is written without merged cells: each row of a phone gets what it stands for.
    """
    starts = {(cell.first, cell.column): cell for cell in sheet.merged}
    below = {cell for cell in sheet.merged if cell.column in layout.places.values()}
    covered: dict[int, dict[int, object]] = {}
    if not below or "port" not in layout.places:
        return covered
    for line in sheet.rows:
        for place, value in enumerate(line.cells):
            cell = starts.get((line.number, place))
            if cell in below and line.number > (layout.header or 0):
                for row in range(cell.first + 1, cell.last + 1):
                    covered.setdefault(row, {})[place] = value
    return covered


def _filled(line: Line, tops: Mapping[int, Mapping[int, object]]) -> tuple[object, ...]:
    cells = list(line.cells)
    for place, value in tops.get(line.number, {}).items():
        cells += [None] * (place + 1 - len(cells))
        if cells[place] in (None, ""):
            cells[place] = value
    return tuple(cells)


def _problem_place(sheet: Sheet, layout: Layout, width: int) -> int:
    """Return the column of the problems: behind all others, or that of an earlier workbook."""
    if layout.header is not None:
        header = next((line for line in sheet.rows if line.number == layout.header), None)
        for place, cell in enumerate(header.cells if header else ()):
            below = [line.cells[place] for line in sheet.rows if place < len(line.cells)]
            is_like = cell_text(cell) == PROBLEM and place not in layout.places.values()
            if is_like and all(_is_spare(told) for told in below):
                return place
    return width


def _is_spare(cell: object) -> bool:
    return cell_text(cell) in ("", PROBLEM) or is_ours(PROBLEM, cell)


def _set_widths(target: WriteOnlyWorksheet, sheet: Sheet, extra: int) -> None:
    longest: dict[int, int] = {}
    for line in sheet.rows[:200]:
        for place, cell in enumerate(line.cells):
            longest[place] = max(longest.get(place, 0), len(cell_text(cell)))
    for place, length in longest.items():
        target.column_dimensions[column_letter(place)].width = min(max(length + 2, 9), 45)
    target.column_dimensions[column_letter(extra)].width = 70


def _cells(
    target: WriteOnlyWorksheet,
    line: Line,
    layout: Layout,
    correction: Correction | None,
    extra: int,
) -> list[WriteOnlyCell]:
    values = list(line.cells)
    mac = layout.places.get("mac", -1)
    bad: set[int] = set()
    if correction:
        for name, text in correction.fixes.items():
            place = layout.places.get(name, -1)
            if place >= 0:
                values += [None] * (place + 1 - len(values))
                values[place] = text
        if correction.outcome in HELD_BACK:
            bad = {layout.places.get(name, mac) for name in correction.fields or ("mac",)} - {-1}
    values += [None] * (max(extra, *bad, 0) + 1 - len(values))
    is_header = line.number == layout.header
    values[extra] = None
    if is_header:
        values[extra] = PROBLEM
    elif correction and correction.problem:
        values[extra] = SAID + correction.problem
    cells = [WriteOnlyCell(target, value=safe_value(value)) for value in values]
    for place, cell in enumerate(cells):
        if isinstance(cell.value, str):
            cell.data_type = "s"  # whatever it begins with
        if is_header:
            cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        elif place == mac:
            cell.number_format = TEXT_FORMAT
    for place in bad:
        assert correction  # noqa: S101 - for the type checker
        cells[place].fill = ASK_FILL if correction.outcome == "needs_ok" else BAD_FILL
        cells[place].comment = Comment(correction.problem, _AUTHOR, height=120, width=300)
    return cells
