"""Run the steps of an import in order, up to the plan. Pure, but for the child that parses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.errors import SheetUnreadable
from portal.imports.child import read_sheets
from portal.imports.columns import Table, find_table
from portal.imports.normalise import LeftOut, left_out_of, left_out_of_sheet, normalise
from portal.imports.plan import DeviceFacts, Known, Plan, plan
from portal.imports.sheets import Sheet
from portal.imports.validate import Row, known_prefixes, validate
from portal.vendors import FAMILIES
from portal.vendors.schema import Families

NO_TABLE = (
    "No column with MACs was found; write “MAC” above the column that holds them, or choose it, "
    "and upload the list again"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What a person chose for a list; `from_json(as_json())` gives the same.

    `columns`: sheet ("" for all) -> field -> letter or header text, "" for no column.
    `header_rows`: sheet -> row number, 0 for none. `sheets`: those to read, empty for all.
    `defaults`: field -> text where a row has none. `fixes`: sheet -> row -> field -> text, cells
    put right. `skipped`: sheet -> rows. `accept`: kinds of suggestions to take.
    `mappings`: sheet -> id of the mapping that its columns come from, 0 where what is found shall
    be taken instead. `may_add_customers`: customers that rows name and nobody knows are added.
    """

    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    header_rows: Mapping[str, int] = field(default_factory=dict)
    sheets: Sequence[str] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    fixes: Mapping[str, Mapping[int, Mapping[str, str]]] = field(default_factory=dict)
    skipped: Mapping[str, Sequence[int]] = field(default_factory=dict)
    accept: Sequence[str] = ()
    mappings: Mapping[str, int] = field(default_factory=dict)
    move_customers: bool = False
    may_add_customers: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the options as JSON can hold them."""
        told: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        told["fixes"] = {
            sheet: {str(row): dict(cells) for row, cells in rows.items()}
            for sheet, rows in self.fixes.items()
        }
        return told | {name: list(told[name]) for name in ("sheets", "accept")}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Options:
        """Return options from what `as_json` gave; unknown keys do not count."""
        known = {name: told[name] for name in cls.__slots__ if name in told}
        known["fixes"] = {
            sheet: {int(row): dict(cells) for row, cells in rows.items()}
            for sheet, rows in known.get("fixes", {}).items()
        }
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Reading:
    """A list as read, before it is compared with what is stored."""

    rows: Sequence[Row]
    left_out: Sequence[LeftOut]
    tables: Sequence[Table]

    def macs(self) -> set[str]:
        """Return every MAC whose stored facts the plan needs, suggested ones too."""
        found = {row.mac for row in self.rows if row.mac}
        return found.union(*(row.suggestions for row in self.rows if row.suggestions))


def read(
    filename: str, data: bytes, options: Options | None = None, families: Families = FAMILIES
) -> Reading:
    """Return the rows of a file. Raises SheetUnreadable, and RuleBroken for a wrong option."""
    return rows_of(read_sheets(filename, data), options or Options(), families)


def rows_of(sheets: Sequence[Sheet], options: Options, families: Families) -> Reading:
    """Return the rows of all sheets with a MAC column. Raises SheetUnreadable when none has."""
    known = known_prefixes(families)
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    tables: list[Table] = []
    for sheet in sheets:
        if options.sheets and sheet.name not in options.sheets:
            left_out.extend(left_out_of_sheet(sheet, "not_chosen", known))
            continue
        table = table_of(sheet, options, families)
        if table is None:
            left_out.extend(left_out_of_sheet(sheet, "no_table", known))
            continue
        fixes, skipped = options.fixes.get(sheet.name, {}), options.skipped.get(sheet.name, ())
        drafts = normalise(table, known, fixes, skipped)
        tables.append(table)
        left_out.extend(left_out_of(drafts, known))
        rows.extend(validate(drafts, families, options.defaults))
    if not tables:
        raise SheetUnreadable(NO_TABLE)
    return Reading(rows, left_out, tables)


def table_of(sheet: Sheet, options: Options, families: Families = FAMILIES) -> Table | None:
    """Return the table of a sheet as `options` have it. Raises RuleBroken for a wrong column."""
    columns = {**options.columns.get("", {}), **options.columns.get(sheet.name, {})}
    header_row = options.header_rows.get(sheet.name, options.header_rows.get(""))
    return find_table(sheet, families, known_prefixes(families), columns, header_row)


def plan_of(
    filename: str,
    data: bytes,
    stored: Mapping[str, DeviceFacts],
    options: Options | None = None,
    *,
    known: Known | None = None,
    families: Families = FAMILIES,
) -> Plan:
    """Return the plan of a file; one that cannot be read makes a plan with `file_error`.

    Raises RuleBroken for an option that names a column or field that is not there.
    """
    options = options or Options()
    try:
        reading = read(filename, data, options, families)
    except SheetUnreadable as unreadable:
        return Plan(file_error=str(unreadable))
    return plan_reading(reading, stored, options, known)


def plan_reading(
    reading: Reading,
    stored: Mapping[str, DeviceFacts],
    options: Options,
    known: Known | None = None,
) -> Plan:
    """Return the plan of a list that was read; its rows are used up by it."""
    return plan(
        reading.rows,
        stored,
        accept=options.accept,
        move_customers=options.move_customers,
        known=known,
        left_out=reading.left_out,
        tables=reading.tables,
    )
