"""Mappings of columns that people chose before, put to use for another list. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from portal.errors import RuleBroken
from portal.imports.columns import Table, find_table, fingerprint_of, table_without_mac
from portal.imports.headers import HEADER_WITHIN, header_at
from portal.imports.layouts import squeezed
from portal.imports.read import Options
from portal.imports.sheets import Sheet, cell_text, column_letter
from portal.imports.validate import known_prefixes
from portal.vendors import FAMILIES

T = TypeVar("T")
AS_FOUND = 0  # in Options.mappings: a person wants what is found, not what is remembered


class Chosen(Protocol):
    """A mapping as it is stored; see models.ColumnMapping."""

    @property
    def id(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def columns(self) -> Mapping[str, Sequence[str]]: ...


def found_table(sheet: Sheet, header: int | None = None) -> Table:
    """Return the sheet's table as it is found, without MAC column where none is."""
    known = known_prefixes(FAMILIES)
    return find_table(sheet, FAMILIES, known, {}, header) or table_without_mac(
        sheet, known, {}, header
    )


def headers_in(sheet: Sheet) -> dict[str, int]:
    """Return the fingerprints of the lines that may be the header, with their row numbers."""
    found: dict[str, int] = {}
    known = known_prefixes(FAMILIES)
    for place in range(min(len(sheet.rows), HEADER_WITHIN)):
        header = header_at(sheet, place, known)
        if mark := fingerprint_of(header.texts):
            found.setdefault(mark, header.number)
    return found


def columns_of(table: Table, chosen: Mapping[str, str]) -> dict[str, list[str]]:
    """Return a table's columns as a mapping keeps them; `chosen` names fields without column."""
    none: dict[str, list[str]] = {name: [] for name, told in chosen.items() if not told}
    return none | {
        name: [column_letter(place), table.headers[place] if place < len(table.headers) else ""]
        for name, place in table.places.items()
    }


def used(options: Options, sheet: Sheet, mapping: Chosen) -> Options:
    """Return `options` with `mapping` chosen for `sheet`.

    Raises RuleBroken when a column of it is not in the sheet, or none of them holds MACs.
    """
    known = known_prefixes(FAMILIES)
    auto = found_table(sheet)
    own_header = headers_in(sheet).get(mapping.fingerprint)
    header = own_header or _header_with(sheet, mapping.columns) or auto.header
    if header != auto.header:
        auto = found_table(sheet, header)
    letters = {
        name: _told(told, auto.headers, own_header is not None)
        for name, told in mapping.columns.items()
    }
    table = find_table(sheet, FAMILIES, known, letters, header or 0)
    if table is None:
        raise RuleBroken(f"The mapping finds no column with MACs in the sheet “{sheet.name}”")
    own = {name: place for name, place in table.places.items() if auto.places.get(name) != place}
    columns = {name: column_letter(place) for name, place in own.items()}
    columns |= {name: "" for name in auto.places if name not in table.places}
    chosen = _without(options, sheet.name)
    header_rows = dict(chosen.header_rows)
    if header is not None and header != found_table(sheet).header:
        header_rows[sheet.name] = header
    return replace(
        chosen,
        columns={**chosen.columns, sheet.name: columns} if columns else chosen.columns,
        header_rows=header_rows,
        mappings={**chosen.mappings, sheet.name: mapping.id},
    )


def _header_with(sheet: Sheet, columns: Mapping[str, Sequence[str]]) -> int | None:
    """Return the number of the line that has all headers of a mapping's columns."""
    wanted = {squeezed(told[1]) for told in columns.values() if told and told[1]}
    for line in sheet.rows[:HEADER_WITHIN]:
        if wanted and wanted <= {squeezed(cell_text(cell)) for cell in line.cells}:
            return line.number
    return None


def _told(told: Sequence[str], headers: Sequence[str], is_same_header: bool) -> str:
    """Return a field's column: its letter where the header is the same, else its header's text."""
    if not told:
        return ""
    letter, header = told
    if is_same_header or not header:
        return letter
    return header if squeezed(header) in map(squeezed, headers) else letter


def as_found(options: Options, sheet: str) -> Options:
    """Return `options` with what is found for a sheet, whatever was chosen for it before."""
    found = _without(options, sheet)
    return replace(found, mappings={**found.mappings, sheet: AS_FOUND})


def with_remembered(
    options: Options, sheets: Collection[Sheet], remembered: Mapping[str, Chosen]
) -> Options:
    """Return `options` with the mapping of each sheet whose header is known by fingerprint."""
    for sheet in sheets:
        mapping = next((m for mark in headers_in(sheet) if (m := remembered.get(mark))), None)
        if mapping is None:
            continue
        try:
            options = used(options, sheet, mapping)
        except RuleBroken:
            continue  # what was chosen then does not fit this list
    return options


def with_named(options: Options, sheets: Collection[Sheet], mapping: Chosen, name: str) -> Options:
    """Return `options` with a mapping for every sheet that it fits. Raises RuleBroken if none."""
    made, last = options, f"The list has no sheet for the mapping “{name}”"
    for sheet in sheets:
        if options.sheets and sheet.name not in options.sheets:
            continue
        try:
            made = used(made, sheet, mapping)
        except RuleBroken as broken:
            last = f"The mapping “{name}” does not fit the list: {broken.message}"
    if made is options:
        raise RuleBroken(last, "mapping")
    return made


def noted(options: Options, before: Options) -> Options:
    """Return `options` with the notes of `before` on where columns come from, while they hold."""
    kept = {
        sheet: number
        for sheet, number in before.mappings.items()
        if options.columns.get(sheet) == before.columns.get(sheet)
        and options.header_rows.get(sheet) == before.header_rows.get(sheet)
    }
    return replace(options, mappings=kept)


def _without(options: Options, sheet: str) -> Options:
    def but(told: Mapping[str, T]) -> dict[str, T]:
        return {name: value for name, value in told.items() if name != sheet}

    return replace(
        options,
        columns=but(options.columns),
        header_rows=but(options.header_rows),
        mappings=but(options.mappings),
    )
