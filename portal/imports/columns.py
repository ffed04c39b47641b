"""Find the table in a sheet: its header row, and which column is which field. Pure.

A header word beats what stands below it: a column “UPC” is none of addresses, however much its
twelve digits look like some. Only where no header speaks of a MAC does the content decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from portal.errors import RuleBroken
from portal.imports.candidates import Candidates, field_by_content
from portal.imports.headers import Header, find_header
from portal.imports.layouts import (
    Meaning,
    field_named,
    meaning_of,
    names_login,
    otherwise,
    squeezed,
)
from portal.imports.problems import PROBLEM
from portal.imports.sheets import Line, Sheet, column_index, column_letter
from portal.vendors.schema import Families


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet's table. `header` is the row number of its header (of the lower line of one that has
    two), None without one.

    `places` maps a field to its column, from 0; "mac" is missing while `question` is open, which is
    about the columns `candidates`. `fingerprint` names the header, for mappings to be remembered.
    """

    sheet: Sheet
    header: int | None
    headers: tuple[str, ...]
    places: Mapping[str, int]
    question: str | None = None
    candidates: tuple[int, ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        """Return the letter of each field's column: {"mac": "B", "port 1 account": "F"}."""
        return {name: column_letter(place) for name, place in self.places.items()}

    @property
    def fingerprint(self) -> str:
        """Return a short hash of the header's words, "" without header."""
        return fingerprint_of(self.headers)

    def called(self, place: int) -> str:
        """Return how people name a column: F “WLAN MAC”."""
        header = self.headers[place] if place < len(self.headers) else ""
        return f"{column_letter(place)} “{header}”" if header else column_letter(place)


def fingerprint_of(headers: Sequence[str]) -> str:
    """Return a short hash of a header's words, "" for none.

    The column that an error workbook adds does not count: what is corrected is the same list.
    """
    own = headers[:-1] if headers and headers[-1] == PROBLEM else headers
    if not own:
        return ""
    joined = "\n".join(squeezed(header) for header in own)
    return hashlib.sha256(joined.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def table_without_mac(
    sheet: Sheet,
    known_prefixes: Collection[str],
    columns: Mapping[str, str] | None = None,
    header_row: int | None = None,
) -> Table:
    """Return what is found of a sheet that has no column with MACs, so that one can be chosen."""
    header = find_header(sheet, known_prefixes, header_row)
    body, headers = _below(sheet, header), header.texts if header else ()
    overrides = _overrides(columns or {}, headers, sheet)
    found = Candidates(body, headers, known_prefixes)
    places = _overridden(_by_header(headers, found), overrides)
    places.pop("mac", None)
    return Table(sheet, header.number if header else None, headers, places)


def find_table(
    sheet: Sheet,
    families: Families,
    known_prefixes: Collection[str],
    columns: Mapping[str, str] | None = None,
    header_row: int | None = None,
) -> Table | None:
    """Return the sheet's table, None when it has no column with MACs.

    `columns` overrides what was found: field -> letter or header text, "" for no column.
    `header_row` is a row number, 0 for no header. Raises RuleBroken for a column that is not there.
    """
    header = find_header(sheet, known_prefixes, header_row)
    body, headers = _below(sheet, header), header.texts if header else ()
    found = Candidates(body, headers, known_prefixes)
    overrides = _overrides(columns or {}, headers, sheet)
    places = _overridden(_by_header(headers, found), overrides)
    choices: tuple[int, ...] = ()
    if "mac" not in places:
        if "mac" not in overrides:
            choices = found.mac_columns(places.get("serial"), has_header=bool(header))
        if not choices:
            return None
        if len(choices) == 1 and choices[0] != places.get("serial"):
            places["mac"], choices = choices[0], ()
        places = {name: place for name, place in places.items() if place not in choices}
    elif "mac" not in overrides and len(places) == 1 and not found.is_about_macs(places["mac"]):
        return None  # “MAC addresses, see the next sheet”: a sentence, not a header
    if not header:
        for place in found.places():
            if place in places.values() or place in choices:
                continue
            if name := field_by_content(found.sample(place), families, set(places)):
                places[name] = place
    table = Table(sheet, header.number if header else None, headers, places, None, choices)
    return replace(table, question=_question(table)) if choices else table


def _below(sheet: Sheet, header: Header | None) -> list[Line]:
    return [line for line in sheet.rows if not header or line.number > header.number]


def _by_header(headers: Sequence[str], found: Candidates) -> dict[str, int]:
    """Return the column of each field that a header names; the surest, then the first."""
    best: dict[str, tuple[int, int]] = {}  # field -> strength, -place
    macs: list[tuple[int, Meaning]] = []
    for place, header in enumerate(headers):
        meaning = meaning_of(header)
        if not meaning:
            continue
        name = meaning.field
        if name == "mac" or (name == "sometimes_mac" and found.macs_in(place)):
            macs.append((place, meaning))
            continue
        if name.startswith("sometimes"):
            is_model = name == "sometimes_model" and found.has_letters(place)
            name = "model" if is_model else otherwise(header)
        if name != "other":
            best[name] = max(best.get(name, (0, 0)), (meaning.strength, -place))
    places = _with_logins({name: -place for name, (_, place) in best.items()}, headers)
    if (mac := found.best_mac(macs)) is not None:
        places["mac"] = mac
    return places


def _with_logins(places: dict[str, int], headers: Sequence[str]) -> dict[str, int]:
    """Return `places` with “Port 1 User” as the account where there is but a password for it."""
    for name in [name for name in places if name.endswith(" password")]:
        account, label = (name.replace("password", kind) for kind in ("account", "label"))
        if account not in places and label in places and names_login(headers[places[label]]):
            places[account] = places.pop(label)
    return places


def _overridden(places: Mapping[str, int], overrides: Mapping[str, int]) -> dict[str, int]:
    taken = set(overrides.values())
    kept = {n: place for n, place in places.items() if n not in overrides and place not in taken}
    return kept | {name: place for name, place in overrides.items() if place >= 0}


def _overrides(columns: Mapping[str, str], headers: Sequence[str], sheet: Sheet) -> dict[str, int]:
    """Return field -> place, -1 for a field that shall have no column."""
    places: dict[str, int] = {}
    width = max((len(line.cells) for line in sheet.rows), default=0)
    for name, told in columns.items():
        try:
            wanted = field_named(name)
        except ValueError as error:
            raise RuleBroken(str(error), field="columns") from None
        if not told.strip():
            places[wanted] = -1
            continue
        named = [i for i, header in enumerate(headers) if squeezed(header) == squeezed(told)]
        try:
            place = named[0] if named else column_index(told)
        except ValueError:
            place = width
        if place >= width:
            raise RuleBroken(f"The sheet “{sheet.name}” has no column “{told}”", field="columns")
        places[wanted] = place
    return places


def _question(table: Table) -> str:
    name = table.sheet.name
    *others, last = map(table.called, table.candidates)
    if not others:
        return (
            f"Sheet “{name}”: no column is named MAC, but addresses stand in column {last}. "
            "Is that the MAC of the phones?"
        )
    listed = f"{', '.join(others)} and {last}"
    return f"Sheet “{name}”: columns {listed} hold addresses. Which is the MAC of the phones?"
