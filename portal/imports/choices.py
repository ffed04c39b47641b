"""What a person may choose for a list: sheets, header rows, columns, values for all rows. Pure.

Only what differs from what is found is kept as a choice, so that a better header is found again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.errors import RuleBroken
from portal.imports.columns import Table, find_table
from portal.imports.labels import FIELD_LABELS, field_label
from portal.imports.layouts import meaning_of
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
        choice = _choice(index, sheet, found.get(sheet.name), is_read)
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


def _choice(index: int, sheet: Sheet, table: Table | None, is_chosen: bool) -> SheetChoice:
    places = dict(table.places) if table else {}
    fields = {place: name for name, place in places.items()}
    header = (table.header or 0) if table else 0
    width = max((len(line.cells) for line in sheet.rows), default=0)
    columns = []
    for place in range(min(width, _SHOWN_COLUMNS)):
        field = fields.get(place, "")
        title = table.called(place) if table else column_letter(place)
        samples = _samples(sheet, header, place)
        named = meaning_of(table.headers[place]) if table and place < len(table.headers) else None
        if is_secret(field) or (named and is_secret(named.field)):
            samples = [MASK] * len(samples)
        if samples or field or (table and place < len(table.headers) and table.headers[place]):
            columns.append(Column(f"column-{index}-{place}", title, samples, field))
    why = "" if table else WHY["no_table" if is_chosen else "not_chosen"]
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
        auto = _table(sheet, {}, None)
        if header != ((auto.header or 0) if auto else 0):
            header_rows[sheet.name] = header
            auto = _table(sheet, {}, header)
        if before is not None and header != (before.header or 0):
            continue  # the columns on the page were those of another header
        if own := _columns(form, index, sheet, auto):
            columns[sheet.name] = own
    read = [sheet.name for i, sheet in enumerate(sheets) if f"read-{i}" in form]
    filled = [sheet for sheet in sheets if sheet.rows]
    if len(filled) > 1 and not read:
        raise RuleBroken("Choose at least one sheet", "read-0")
    defaults = {name: form[name] for name in ("customer", "profile") if form.get(name)}
    return replace(
        options,
        columns=columns,
        header_rows=header_rows,
        sheets=read if 0 < len(read) < len(filled) else (),
        defaults=defaults,
        move_customers="move_customers" in form,
    )


def _table(sheet: Sheet, columns: Mapping[str, str], header: int | None) -> Table | None:
    return find_table(sheet, FAMILIES, known_prefixes(FAMILIES), columns, header)


def _header_row(typed: str | None, index: int, sheet: Sheet, before: Table | None) -> int:
    if typed is None or not typed.strip():
        auto = before or _table(sheet, {}, None)
        return (auto.header or 0) if auto else 0
    text = typed.strip()
    numbers = {line.number for line in sheet.rows}
    if not text.isdecimal() or len(text) > 7 or (int(text) and int(text) not in numbers):
        raise RuleBroken(
            f"Sheet “{sheet.name}”: “{text}” is no row with text; type the number of the header’s "
            "row, or 0 where there is none",
            f"header-{index}",
        )
    return int(text)


def _columns(
    form: Mapping[str, str], index: int, sheet: Sheet, auto: Table | None
) -> dict[str, str]:
    """Return field -> letter where a person chose otherwise than `auto`, "" for no column."""
    places = dict(auto.places) if auto else {}
    fields = {place: name for name, place in places.items()}
    width = max((len(line.cells) for line in sheet.rows), default=0)
    chosen: dict[str, int] = {}
    for place in range(width):
        name = f"column-{index}-{place}"
        field = form.get(name, fields.get(place, ""))
        if not field:
            continue
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


def with_fix(options: Options, sheet: str, row: int, cells: Mapping[str, str]) -> Options:
    """Return `options` with cells of a row put right; without any, as it is in the file."""
    fixes = {name: dict(rows) for name, rows in options.fixes.items()}
    own = fixes.setdefault(sheet, {})
    if cells:
        own[row] = {**own.get(row, {}), **cells}
    else:
        own.pop(row, None)
    return replace(options, fixes={name: rows for name, rows in fixes.items() if rows})


def with_skipped(options: Options, sheet: str, row: int, is_skipped: bool) -> Options:
    """Return `options` with a row taken out, or taken in again."""
    skipped = {name: set(rows) for name, rows in options.skipped.items()}
    own = skipped.setdefault(sheet, set())
    own.add(row) if is_skipped else own.discard(row)
    kept = {name: sorted(rows) for name, rows in skipped.items() if rows}
    return replace(options, skipped=kept)


def with_accepted(options: Options, kind: str, is_accepted: bool) -> Options:
    """Return `options` with suggestions of a kind taken, or not any more."""
    kinds = [told for told in options.accept if told != kind]
    return replace(options, accept=(*kinds, kind) if is_accepted else tuple(kinds))
