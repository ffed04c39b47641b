"""What the rows of one list say of each other: duplicates, conflicts, shared ids. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from portal.imports.fields import Values
from portal.imports.problems import Problem
from portal.imports.sheets import cell_text
from portal.imports.validate import Row
from portal.values import format_mac

_SHOWN = 5  # rows that a sentence lists


def mark_repeats(rows: Sequence[Row]) -> None:
    """Give repeated rows the outcome "duplicate" or a problem: conflicts hold all their rows back.

    Of rows of a list with one port a row the first takes the ports of all; the others are then
    duplicates that say so.
    """
    for mac, group in _repeated(rows, lambda row: row.mac):
        first, *others = group
        if _is_one_row_a_port(group):
            _gather_ports(group)
            continue
        if all(_same(first, other) for other in others):
            for other in others:
                other.outcome = "duplicate"
                other.warnings += (f"Says the same as {_place(first, other)}",)
            continue
        different = sorted({name for other in others for name in _different(first, other)})
        what = f"other data ({', '.join(different)})" if different else "other problems"
        for row in group:
            rest = _listed(group, row)
            message = f"{format_mac(mac)} stands in {rest} too, with {what}; none of them is stored"
            row.problems += (Problem("mac_conflict", "mac", message),)
    _mark_shared(rows)


def _mark_shared(rows: Sequence[Row]) -> None:
    """Note what only one device should have and several rows give."""
    once = [row for row in rows if row.outcome != "duplicate" and row.mac]
    for inventory_id, group in _repeated(once, lambda row: row.values.get("inventory_id")):
        if len({row.mac for row in group}) > 1:
            for row in group:
                message = f"The inventory ID “{inventory_id}” stands in {_listed(group, row)} too"
                row.problems += (Problem("inventory_id_repeated", "inventory_id", message),)
    for serial, group in _repeated(once, lambda row: row.values.get("serial")):
        if len({row.mac for row in group}) > 1:
            for row in group:
                row.warnings += (f"The serial “{serial}” stands in {_listed(group, row)} too",)
    places: dict[str, Row] = {}
    for row in once:
        for port in row.values.get("ports", {}).values():
            if account := port.get("account"):
                first = places.setdefault(account, row)
                if first.mac != row.mac:
                    row.warnings += (f"{_place(first, row)} uses the account {account} too",)


def _repeated(rows: Sequence[Row], key: Callable[[Row], str | None]) -> list[tuple[str, list[Row]]]:
    first: dict[str, Row] = {}
    groups: dict[str, list[Row]] = {}
    for row in rows:
        told = key(row)
        if told and (earlier := first.setdefault(told, row)) is not row:
            groups.setdefault(told, [earlier]).append(row)
    return list(groups.items())


def _is_one_row_a_port(group: Sequence[Row]) -> bool:
    seen: set[int] = set()
    told: dict[str, object] = {}
    for row in group:
        ports = row.values.get("ports", {}).keys()
        has_port = "port" in row.draft.table.places and cell_text(row.draft.cell("port"))
        if not has_port or ports & seen:
            return False
        seen |= ports
        for name, value in row.values.items():
            if name not in ("ports", "name") and told.setdefault(name, value) != value:
                return False
    return bool(seen)


def _gather_ports(group: Sequence[Row]) -> None:
    sound = [row for row in group if not row.problems]
    for row in sound[1:]:
        row.outcome = "duplicate"
        row.warnings += (f"Its port is stored with {_place(sound[0], row)}",)
        sound[0].values.setdefault("ports", {}).update(row.values.get("ports", {}))
        if row.values.get("name") != sound[0].values.get("name"):
            sound[0].values.pop("name", None)


def _same(one: Row, other: Row) -> bool:
    codes = [problem.code for problem in one.problems]
    return one.values == other.values and codes == [problem.code for problem in other.problems]


def _different(one: Row, other: Row) -> set[str]:
    mine: Values = one.values
    theirs: Values = other.values
    names = mine.keys() | theirs.keys()
    different = {name for name in names if mine.get(name) != theirs.get(name)}
    return {name.replace("_", " ") for name in different}


def _place(row: Row, seen_from: Row) -> str:
    if row.sheet == seen_from.sheet:
        return f"row {row.number}"
    return f"row {row.number} of sheet “{row.sheet}”"


def _listed(group: Sequence[Row], but: Row) -> str:
    others = (_place(row, but) for row in group if row is not but)
    hidden = len(group) - 1 - _SHOWN
    return ", ".join(islice(others, _SHOWN)) + (f" and {hidden} more" if hidden > 0 else "")
