"""Rows of a list as pages and results show them; no password is in them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from portal.list_imports.fields import Field, shown_text
from portal.list_imports.plan import Plan, Row
from portal.list_imports.reading import Table


class KeptRow(NamedTuple):
    """A row as it is shown, before the import and for good after it.

    `texts`, `changes` ([old, new]) and `problems` are by field; a secret's text is a mask.
    """

    sheet: str
    number: int
    outcome: str
    texts: Mapping[str, str]
    changes: Mapping[str, Sequence[str]]
    problems: Mapping[str, str]
    warnings: Sequence[str]


def kept_row(row: Row, fields: Sequence[Field]) -> KeptRow:
    """Return a row of a plan as it is shown."""
    cells = row.table.cells_of(row.line)
    texts = {field.key: _text(row, field, cells.get(field.key)) for field in fields}
    shown = {key: text for key, text in texts.items() if text}
    return KeptRow(*row.place, row.outcome, shown, row.changes, row.problems, row.warnings)


def _text(row: Row, field: Field, cell: object) -> str:
    if field.is_secret or field.key in row.problems:
        return shown_text(field, cell)
    return row.values.get(field.key, "")


def fields_of(plan: Plan, fields: Sequence[Field]) -> list[Field]:
    """Return the fields that a plan's rows speak of, in their order."""
    used = {key for table in plan.tables for key in table.places}
    used |= {key for row in plan.rows[:1_000] for key in row.values}
    return [field for field in fields if field.key in used]


def tables_json(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return where in its sheets the list lies, as JSON can hold it."""
    return [
        {"sheet": table.sheet.name, "header": table.header, "places": dict(table.places)}
        for table in tables
    ]


def plan_json(plan: Plan, fields: Sequence[Field]) -> dict[str, Any]:
    """Return a plan as the command line and the API tell it; passwords are masked."""
    return {
        "file_error": plan.file_error or None,
        "questions": [plan.question] if plan.question else [],
        "summary": plan.summary(),
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.number,
                "outcome": row.outcome,
                "values": row.texts,
                "changes": row.changes,
                "problems": row.problems,
                "warnings": list(row.warnings),
            }
            for row in (kept_row(row, fields) for row in plan.rows)
        ],
        "left_out": [left._asdict() for left in plan.left_out],
    }
