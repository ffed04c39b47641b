"""What an upload would do now, kept for a while in this process: see imports/previews.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.crypto import Sealer
from portal.errors import SheetUnreadable
from portal.imports import previews
from portal.imports.collection import uncollected
from portal.imports.sheets import Sheet
from portal.list_imports.fields import read_cells
from portal.list_imports.kinds import Kind
from portal.list_imports.plan import Plan, Row, settle
from portal.list_imports.reading import Choices, lines_of, sheets_left_out, tables_of
from portal.models import Import
from portal.values import counted

MAX_ROWS = 50_000  # are stored while the person waits


@dataclass(frozen=True, slots=True)
class ListPreview:
    """What an upload would do while `newest` is the id of the newest audit entry."""

    sheets: Sequence[Sheet]
    plan: Plan
    newest: int | None
    digest: str
    summary: Mapping[str, int]


_kept: previews.Kept[ListPreview] = previews.Kept()


def preview_of(session: Session, kind: Kind, sealer: Sealer, upload: Import) -> ListPreview:
    """Return the preview of an upload, as the database is now."""
    newest = previews.newest_entry(session)

    def make() -> tuple[ListPreview, int]:
        sheets: Sequence[Sheet] = ()
        with uncollected():
            try:
                sheets = previews.sheets_of(upload)
                plan = plan_of(session, kind, sealer, sheets, Choices.from_json(upload.options))
            except SheetUnreadable as unreadable:
                plan = Plan(file_error=str(unreadable))
        made = ListPreview(sheets, plan, newest, plan.digest(), plan.summary())
        return made, len(plan.rows)

    return _kept.get(previews.key_of(session, upload, newest), make)


def plan_of(
    session: Session, kind: Kind, sealer: Sealer, sheets: Sequence[Sheet], choices: Choices
) -> Plan:
    """Return what the lists in `sheets` would do now. Raises SheetUnreadable for one too long."""
    tables = tables_of(sheets, kind.words, kind.keys, choices)
    if not any(table.places.keys() & {*kind.keys} for table in tables):
        labels = " or ".join(f"“{kind.field(key).label}”" for key in kind.keys)
        question = f"Which column is it? No header of the list says {labels}."
        return Plan(tables=tables, question=question)
    rows: list[Row] = []
    left_out = list(sheets_left_out(sheets, tables))
    for table in tables:
        lines, others = lines_of(table)
        left_out += others
        for line in lines:
            values, problems = read_cells(kind.fields, table.cells_of(line))
            rows.append(Row(table, line, values, problems))
    if len(rows) > MAX_ROWS:
        raise SheetUnreadable(
            f"The list has {counted(len(rows), 'row')}; split it into several with at most "
            f"{MAX_ROWS:,} each"
        )
    kind.compare(session, sealer, rows, choices)
    settle(rows, kind.noun, kind.keys)
    return Plan(rows, left_out, tables)


def forget() -> None:
    """Make all previews anew: one of them turned out to be out of date."""
    _kept.clear()
