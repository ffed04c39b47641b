"""What a person may choose for a list: its header, its columns, whose its rows are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.errors import RuleBroken
from portal.imports.sheets import cell_text
from portal.list_imports.fields import MASK, Field
from portal.list_imports.reading import Choices, Table

_SHOWN_COLUMNS = 60
_SAMPLES = 3
_LOOKED_AT = 50  # lines that samples are taken from


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the name of its input, what it is called, what it holds, the field it is."""

    name: str
    title: str
    sample: str
    field: str


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """A sheet and what is chosen for it; `summary` says what was understood."""

    index: int
    name: str
    header: str
    columns: Sequence[Column]
    summary: str


def choices_of(
    tables: Sequence[Table], fields: Sequence[Field], typed: Mapping[str, str] | None = None
) -> list[SheetChoice]:
    """Return the choices for each table. `typed` is a form that was refused; it is shown again."""
    return [_choice(index, table, fields, typed or {}) for index, table in enumerate(tables)]


def differences(
    tables: Sequence[Table], fields: Sequence[Field], customer: str, typed: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Return where what was `typed` differs from what is chosen now: label, chosen, typed."""
    labels = {field.key: field.label for field in fields}
    told = [("Customer of rows that name none", customer, typed.get("customer", customer))]
    for now, then in zip(
        choices_of(tables, fields), choices_of(tables, fields, typed), strict=True
    ):
        told.append((f"{now.name}, header in row", now.header, then.header))
        told += [
            (f"{now.name}, {a.title}", labels.get(a.field, ""), labels.get(b.field, ""))
            for a, b in zip(now.columns, then.columns, strict=True)
        ]
    return [one for one in told if one[1] != one[2]]


def _choice(
    index: int, table: Table, fields: Sequence[Field], typed: Mapping[str, str]
) -> SheetChoice:
    found = {place: key for key, place in table.places.items()}
    secret = {field.key for field in fields if field.is_secret}
    columns = []
    for place in range(min(table.width, _SHOWN_COLUMNS)):
        name, field = f"column-{index}-{place}", found.get(place, "")
        sample = _sample(table, place)
        sample = MASK if sample and field in secret else sample
        columns.append(Column(name, table.called(place), sample, typed.get(name, field)))
    labels = {field.key: field.label for field in fields}
    told = [f"{labels[key]}: {table.called(place)}" for key, place in table.places.items()]
    header = f"header in row {table.header}" if table.header else "no header"
    shown = typed.get(f"header-{index}", str(table.header))
    return SheetChoice(index, table.sheet.name, shown, columns, "; ".join([header, *told]))


def _sample(table: Table, place: int) -> str:
    """Return what stands in a column without header; one with a header is known by that, and may
    hold what nobody should read off the screen."""
    if place < len(table.headers) and table.headers[place]:
        return ""
    lines = [line for line in table.sheet.rows if line.number > table.header][:_LOOKED_AT]
    texts = [cell_text(line.cells[place]) for line in lines if place < len(line.cells)]
    return ", ".join([text[:40] for text in texts if text][:_SAMPLES])


def read_choices(
    form: Mapping[str, str], tables: Sequence[Table], fields: Sequence[Field], choices: Choices
) -> Choices:
    """Return `choices` with what `form` says. Raises RuleBroken."""
    columns, header_rows = dict(choices.columns), dict(choices.header_rows)
    for index, table in enumerate(tables):
        name = table.sheet.name
        header = _header(form.get(f"header-{index}"), table)
        places = _places(form, index, table, fields)
        if header != table.header:
            header_rows[name] = header
            columns.pop(name, None)
        elif places != dict(table.places):
            columns[name] = places
    customer = form.get("customer", choices.customer)
    return replace(choices, columns=columns, header_rows=header_rows, customer=customer)


def _header(typed: str | None, table: Table) -> int:
    text = (typed or "").strip() or str(table.header)
    numbers = {line.number for line in table.sheet.rows}
    if not text.isdecimal() or len(text) > 7 or (int(text) and int(text) not in numbers):
        raise RuleBroken(
            f"Sheet “{table.sheet.name}”: “{text}” is no row with text; type the number of the "
            "header’s row, or 0 where there is none"
        )
    return int(text)


def _places(
    form: Mapping[str, str], index: int, table: Table, fields: Sequence[Field]
) -> dict[str, int]:
    labels = {field.key: field.label for field in fields}
    places: dict[str, int] = {}
    found = {place: key for key, place in table.places.items()}
    for place in range(table.width):
        key = form.get(f"column-{index}-{place}", found.get(place, ""))
        if key not in labels:
            continue
        if key in places:
            both = f"{table.called(places[key])} and {table.called(place)}"
            raise RuleBroken(f"The columns {both} are both {labels[key]}; choose one of them")
        places[key] = place
    return places
