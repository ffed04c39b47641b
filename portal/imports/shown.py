"""Rows of a list as pages and workbooks show them, before the import and for good after it. Pure.

No password leaves the list: its cell is masked wherever the original text is shown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

from portal.imports.accept import SEVERAL
from portal.imports.columns import Table
from portal.imports.labels import field_label
from portal.imports.layouts import meaning_of
from portal.imports.macs import MAC_IN_TEXT
from portal.imports.normalise import LeftOut
from portal.imports.plan import Plan, as_json
from portal.imports.sheets import Line, Sheet, cell_text
from portal.imports.validate import Row
from portal.values import format_mac

MASK = "••••••"
_OF_SUGGESTIONS = 3  # that a row offers; more are a question about the column


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that a person may put right: its field, and what stands in it."""

    field: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the list. `fields` are those that something is wrong with; `cells` and `offers`
    (MACs to say yes to) are there only before the import. `is_stored`: there is such a device."""

    sheet: str
    number: int
    mac: str | None
    outcome: str
    problem: str | None
    warnings: Sequence[str]
    changes: Mapping[str, Sequence[str]]
    model: str
    customer: str
    text: str
    fields: Sequence[str] = ()
    cells: Sequence[Cell] = ()
    offers: Sequence[str] = ()
    is_fixed: bool = False
    is_stored: bool = False

    @property
    def key(self) -> str:
        """Return what tells this row from the others of a page, for ids."""
        return f"{crc32(self.sheet.encode()):x}-{self.number}-{self.mac or ''}"


@dataclass(frozen=True, slots=True)
class ShownLeftOut:
    """A line or cell that is not imported; `is_skipped`: a person took it out."""

    sheet: str
    number: int
    text: str
    why: str
    is_skipped: bool = False


@dataclass
class _Secrets:
    """Which columns hold passwords, by sheet."""

    places: dict[str, frozenset[int]] = field(default_factory=dict)

    def of(self, table: Table) -> frozenset[int]:
        name = table.sheet.name
        if name not in self.places:
            self.places[name] = secret_places(table.headers, table.places)
        return self.places[name]


def secret_places(headers: Sequence[str], places: Mapping[str, int]) -> frozenset[int]:
    """Return the columns of passwords: those that are read as such, and those whose header says so,
    whatever else a person chose to take them for."""
    chosen = {place for name, place in places.items() if is_secret(name)}
    named = {
        place
        for place, header in enumerate(headers)
        if (meaning := meaning_of(header)) and is_secret(meaning.field)
    }
    return frozenset(chosen | named)


def is_secret(name: str) -> bool:
    """Is a field one for passwords?"""
    return name.endswith("password")


def line_text(line: Line, secret: Collection[int]) -> str:
    """Return a whole line as one text, passwords masked."""
    if not secret:
        return " | ".join(filter(None, map(cell_text, line.cells)))
    texts = [
        MASK if place in secret else text
        for place, cell in enumerate(line.cells)
        if (text := cell_text(cell))
    ]
    return " | ".join(texts)


def shown_rows(rows: Sequence[Row]) -> list[ShownRow]:
    """Return rows of a plan as the preview shows them."""
    secrets = _Secrets()
    return [_shown(row, secrets) for row in rows]


def _shown(row: Row, secrets: _Secrets) -> ShownRow:
    fields = tuple(dict.fromkeys(problem.field for problem in row.problems))
    return ShownRow(
        row.sheet,
        row.number,
        row.mac,
        row.outcome,
        row.problem,
        row.warnings,
        row.changes,
        row.model or row.raw.get("model", ""),
        row.values.get("customer", ""),
        line_text(row.draft.line, secrets.of(row.draft.table)),
        fields,
        _cells(row, fields),
        _offers(row),
        bool(row.draft.fixes),
        row.outcome in ("changed", "unchanged"),
    )


def _cells(row: Row, fields: Sequence[str]) -> tuple[Cell, ...]:
    """Return what a person may type anew: what is wrong, and what was typed anew before."""
    if row.draft.table.question and not row.draft.fixes:
        return ()
    names = dict.fromkeys((*fields, *row.draft.fixes))
    return tuple(
        Cell(name, field_label(name), _prefilled(row, name))
        for name in names
        if not is_secret(name)
    )


def _prefilled(row: Row, name: str) -> str:
    if name == "mac" and len(row.suggestions) == 1:
        return format_mac(row.suggestions[0])
    return cell_text(row.draft.cell(name)) or str(row.values.get(name, ""))


def _offers(row: Row) -> Sequence[str]:
    codes = {problem.code for problem in row.problems if problem.field == "mac"}
    is_choice = row.mac is None and not codes & SEVERAL and len(row.suggestions) <= _OF_SUGGESTIONS
    return row.suggestions if is_choice and row.outcome == "needs_ok" else ()


def shown_left_out(left_out: Sequence[LeftOut], plan: Plan) -> list[ShownLeftOut]:
    """Return what is left out as pages show it."""
    tables = {table.sheet.name: table for table in plan.tables}
    secrets = _Secrets()
    shown = []
    for left in left_out:
        text, table = left.text, tables.get(left.sheet)
        if table is None:  # of a sheet that is not read, no more than what made it noteworthy
            text = " | ".join(match[0] for match in MAC_IN_TEXT.finditer(text)) or text
        elif left.kind != "column" and (line := line_at(table.sheet, left.row)):
            text = line_text(line, secrets.of(table))
        shown.append(ShownLeftOut(left.sheet, left.row, text, left.why, left.kind == "skipped"))
    return shown


def told_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as the command line and the API tell it: `as_json`, passwords masked in the
    lines that are left out, too."""
    left_out = [
        {"sheet": left.sheet, "row": left.number, "text": left.text, "why": left.why}
        for left in shown_left_out(plan.left_out, plan)
    ]
    return as_json(plan) | {"left_out": left_out}


def line_at(sheet: Sheet, number: int) -> Line | None:
    """Return the line with a row number."""
    place = bisect_left(sheet.rows, number, key=lambda line: line.number)
    found = place < len(sheet.rows) and sheet.rows[place].number == number
    return sheet.rows[place] if found else None


class KeptRow(NamedTuple):
    """A row as the result page shows it for good. `fixes` are cells that were typed anew."""

    sheet: str
    number: int
    mac: str | None
    outcome: str
    problem: str | None
    warnings: Sequence[str]
    changes: Mapping[str, Sequence[str]]
    model: str
    customer: str
    text: str
    fields: Sequence[str]
    fixes: Mapping[str, str]


def kept_rows(plan: Plan, failed: Mapping[tuple[str, int], str]) -> Iterator[KeptRow]:
    """Yield every row of `plan` as it is kept; one that `failed` is an error and says why."""
    secrets = _Secrets()
    for row in plan.rows:
        draft = row.draft
        sheet, number = draft.sheet, draft.number
        failure = failed.get((sheet, number)) if failed else None
        fixes = draft.fixes
        yield KeptRow(
            sheet,
            number,
            row.mac,
            "error" if failure else row.outcome,
            failure or (row.problem if row.problems else None),
            row.warnings,
            row.changes,
            row.values.get("model") or cell_text(draft.cell("model")),
            row.values.get("customer", ""),
            line_text(draft.line, secrets.of(draft.table)),
            sorted({problem.field for problem in row.problems}) if row.problems else (),
            {name: fixes[name] for name in fixes if not is_secret(name)} if fixes else {},
        )


def tables_of(plan: Plan) -> list[dict[str, Any]]:
    """Return where in its sheets the list lies, as JSON can hold it."""
    return [
        {"sheet": table.sheet.name, "header": table.header, "places": dict(table.places)}
        for table in plan.tables
    ]


def left_out_places(plan: Plan) -> Iterator[tuple[str, int, str, str, bool]]:
    """Yield what is left out, as it is kept: the fields of ShownLeftOut."""
    for left in shown_left_out(plan.left_out, plan):
        yield left.sheet, left.number, left.text, left.why, left.is_skipped


def row_of_result(kept: KeptRow, gone: Collection[str] = ()) -> ShownRow:
    """Return a row of a stored result. `gone` are outcomes whose devices were taken back."""
    return ShownRow(*kept[:11], is_stored=kept.outcome in {"new", "changed", "unchanged"} - {*gone})
