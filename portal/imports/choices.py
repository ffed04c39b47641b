"""What a person may choose for a list: sheets, header rows, columns, values for all rows. Pure.

Only what differs from what is found is kept as a choice, so that a better header is found again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.errors import RuleBroken
from portal.imports.columns import Table, table_without_mac
from portal.imports.labels import FIELD_LABELS, field_label
from portal.imports.layouts import field_named, meaning_of
from portal.imports.mappings import found_table, noted
from portal.imports.normalise import WHY
from portal.imports.read import Options
from portal.imports.sheets import Sheet, cell_text, column_letter
from portal.imports.shown import MASK, is_secret
from portal.imports.validate import known_prefixes
from portal.vendors import FAMILIES

_SHOWN_COLUMNS = 60  # of a sheet; further ones stay as they are found
_SAMPLES = 3
_LOOKED_AT = 50  # lines that samples are taken from
_PORTS = 4  # that are offered though no column is one of theirs


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: the name of its input, what it is called, some cells, its field."""

    name: str
    title: str
    samples: Sequence[str]
    field: str


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """A sheet and what is chosen for it. `why` says why it is not read."""

    index: int
    name: str
    hidden: bool
    lines: int
    is_read: bool
    why: str
    header: str
    columns: Sequence[Column]
    fields: Sequence[tuple[str, str]]

    @property
    def summary(self) -> str:
        """Return in words what was understood of the sheet."""
        if self.why:
            return self.why
        told = [
            f"{field_label(column.field)}: {column.title}"
            for column in self.columns
            if column.field
        ]
        header = "no header" if self.header == "0" else f"header in row {self.header}"
        return f"{header}; {', '.join(told)}"


def choices_of(
    sheets: Sequence[Sheet],
    tables: Sequence[Table],
    options: Options,
    typed: Mapping[str, str] | None = None,
) -> list[SheetChoice]:
    """Return the choices for each sheet, as `tables` were found with `options`.

    `typed` is a form that was refused; what it says is shown again.
    """
    found = {table.sheet.name: table for table in tables}
    made = []
    for index, sheet in enumerate(sheets):
        if not sheet.rows:
            continue
        is_read = not options.sheets or sheet.name in options.sheets
        table = found.get(sheet.name)
        why = "" if table else WHY["no_table" if is_read else "not_chosen"]
        choice = _choice(index, table or _bare(sheet, options), is_read, why)
        made.append(_as_typed(choice, typed) if typed else choice)
    return made


def _as_typed(choice: SheetChoice, typed: Mapping[str, str]) -> SheetChoice:
    columns = [replace(c, field=typed.get(c.name, c.field)) for c in choice.columns]
    return replace(
        choice,
        columns=columns,
        header=typed.get(f"header-{choice.index}", choice.header),
        is_read=f"read-{choice.index}" in typed,
    )


def _bare(sheet: Sheet, options: Options) -> Table:
    """Return what a sheet without MAC column is shown as, so that one can be chosen."""
    columns = {**options.columns.get("", {}), **options.columns.get(sheet.name, {})}
    header = options.header_rows.get(sheet.name, options.header_rows.get(""))
    try:
        return table_without_mac(sheet, known_prefixes(FAMILIES), columns, header)
    except RuleBroken:  # a column that is not in this sheet
        return table_without_mac(sheet, known_prefixes(FAMILIES), {}, header)


def _choice(index: int, table: Table, is_chosen: bool, why: str) -> SheetChoice:
    sheet, places = table.sheet, table.places
    fields = {place: name for name, place in places.items()}
    header = table.header or 0
    width = max((len(line.cells) for line in sheet.rows), default=0)
    columns = []
    for place in range(min(width, _SHOWN_COLUMNS)):
        field = fields.get(place, "")
        title = table.called(place)
        samples = _samples(sheet, header, place)
        named = meaning_of(table.headers[place]) if place < len(table.headers) else None
        if is_secret(field) or (named and is_secret(named.field)):
            samples = [MASK] * len(samples)
        if samples or field or (place < len(table.headers) and table.headers[place]):
            columns.append(Column(f"column-{index}-{place}", title, samples, field))
    options = field_options(places)
    lines = len(sheet.rows)
    return SheetChoice(
        index, sheet.name, sheet.hidden, lines, is_chosen, why, str(header), columns, options
    )


def _samples(sheet: Sheet, header: int, place: int) -> list[str]:
    texts: list[str] = []
    for number, cells in sheet.rows[: header + _LOOKED_AT]:
        if number > header and place < len(cells) and (text := cell_text(cells[place])):
            texts.append(text[:40])
            if len(texts) == _SAMPLES:
                break
    return texts


def field_options(places: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return what a column can be: (field, label)."""
    numbers = [int(match[1]) for name in places if (match := re.match(r"port (\d+) ", name))]
    ports = range(1, max([_PORTS, *numbers]) + 1)
    named = [
        f"port {number} {kind}" for number in ports for kind in ("account", "label", "password")
    ]
    return [("", "not used"), *FIELD_LABELS.items(), *((name, field_label(name)) for name in named)]


def read_choices(
    form: Mapping[str, str], sheets: Sequence[Sheet], tables: Sequence[Table], options: Options
) -> Options:
    """Return `options` with what `form` says of sheets, header rows, columns and all rows.

    `tables` are those of the page that the form was on. Raises RuleBroken on the input's name.
    """
    shown = {table.sheet.name: table for table in tables}
    header_rows: dict[str, int] = {}
    columns: dict[str, dict[str, str]] = {}
    for index, sheet in enumerate(sheets):
        if not sheet.rows:
            continue
        before = shown.get(sheet.name)
        header = _header_row(form.get(f"header-{index}"), index, sheet, before)
        auto = found_table(sheet)
        if header != (auto.header or 0):
            header_rows[sheet.name] = header
            auto = found_table(sheet, header)
        seen = before or _bare(sheet, options)
        told = form if header == (seen.header or 0) else _changed(form, index, seen)
        if own := _columns(told, index, sheet, auto):
            columns[sheet.name] = own
    read = [sheet.name for i, sheet in enumerate(sheets) if f"read-{i}" in form]
    filled = [sheet for sheet in sheets if sheet.rows]
    if len(filled) > 1 and not read:
        raise RuleBroken("Choose at least one sheet", "read-0")
    defaults = {name: form[name] for name in ("customer", "profile") if form.get(name)}
    chosen = replace(
        options,
        columns=columns,
        header_rows=header_rows,
        sheets=read if 0 < len(read) < len(filled) else (),
        defaults=defaults,
        move_customers="move_customers" in form,
    )
    return noted(chosen, options)


def _header_row(typed: str | None, index: int, sheet: Sheet, before: Table | None) -> int:
    if typed is None or not typed.strip():
        return (before or found_table(sheet)).header or 0
    text = typed.strip()
    numbers = {line.number for line in sheet.rows}
    if not text.isdecimal() or len(text) > 7 or (int(text) and int(text) not in numbers):
        raise RuleBroken(
            f"Sheet “{sheet.name}”: “{text}” is no row with text; type the number of the header’s "
            "row, or 0 where there is none",
            f"header-{index}",
        )
    return int(text)


def _changed(form: Mapping[str, str], index: int, seen: Table) -> dict[str, str]:
    """Return the columns that a person chose; the others on the page were of another header."""
    start = f"column-{index}-"
    fields = {f"{start}{place}": field for field, place in seen.places.items()}
    return {
        name: field
        for name, field in form.items()
        if name.startswith(start) and field != fields.get(name, "")
    }


def _columns(form: Mapping[str, str], index: int, sheet: Sheet, auto: Table) -> dict[str, str]:
    """Return field -> letter where a person chose otherwise than `auto`, "" for no column."""
    places = auto.places
    fields = {place: name for name, place in places.items()}
    width = max((len(line.cells) for line in sheet.rows), default=0)
    chosen: dict[str, int] = {}
    names = [f"column-{index}-{place}" for place in range(width)]
    told = {form[name] for name in names if name in form}
    for place, name in enumerate(names):
        found = fields.get(place, "")
        field = form.get(name, "" if found in told else found)
        if not field:
            continue
        try:
            field_named(field)
        except ValueError as error:
            raise RuleBroken(f"Sheet “{sheet.name}”: {error}", name) from None
        if field in chosen:
            letters = f"{column_letter(chosen[field])} and {column_letter(place)}"
            raise RuleBroken(
                f"Sheet “{sheet.name}”: columns {letters} are both {field_label(field)}; "
                "choose one of them",
                name,
            )
        chosen[field] = place
    own = {f: column_letter(place) for f, place in chosen.items() if places.get(f) != place}
    return own | {field: "" for field in places if field not in chosen}
