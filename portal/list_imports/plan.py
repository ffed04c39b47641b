"""What a list will do: its rows, compared with what is stored. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from portal.imports.plan import OUTCOMES
from portal.imports.sheets import Line
from portal.list_imports.reading import LeftOut, Table


@dataclass(slots=True)
class Row:
    """A row of a list on its way.

    `values` holds what shall be stored: a missing key leaves alone, "" empties. `problems` says by
    field what is wrong. `key` is what the row is about, None while that is in doubt; `stored` is
    the id of what is known. `changes` maps a field to [old, new], of a secret without either.
    """

    table: Table
    line: Line
    values: dict[str, str]
    problems: dict[str, str]
    warnings: tuple[str, ...] = ()
    key: Hashable | None = None
    stored: int | None = None
    outcome: str = ""
    changes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, int]:
        """Return where it stands: sheet and row number."""
        return self.table.sheet.name, self.line.number


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import will do. `file_error` says why there is nothing to do at all, `question` what
    a person must choose first."""

    rows: Sequence[Row] = ()
    left_out: Sequence[LeftOut] = ()
    tables: Sequence[Table] = ()
    question: str = ""
    file_error: str = ""

    def summary(self) -> dict[str, int]:
        """Return how many rows have each outcome, 0 included."""
        counted = Counter(row.outcome for row in self.rows)
        counted["left_out"] = len(self.left_out)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    def stores(self) -> list[Row]:
        """Return the rows that change something."""
        return [row for row in self.rows if row.outcome in ("new", "changed")]

    def digest(self) -> str:
        """Return a hash that changes when the same list would do something else now."""
        state = hashlib.sha256(repr((self.file_error, self.question)).encode())
        for row in self.rows:
            told = (*row.place, row.key, row.outcome, sorted(row.changes.items()), row.warnings)
            state.update(repr(told).encode("utf-8", "backslashreplace"))
        return state.hexdigest()


def settle(rows: Iterable[Row], noun: str, keys: Sequence[str]) -> None:
    """Give every row its outcome; two rows about the same thing are one, or a conflict.

    `noun` is what a row is about, `keys` are the fields that say which.
    """
    groups: dict[Hashable, list[Row]] = {}
    for row in rows:
        if row.problems or row.key is None:
            row.outcome = "error"
        elif row.stored is None:
            row.outcome = "new"
        else:
            row.outcome = "changed" if row.changes else "unchanged"
        if row.key is not None:
            groups.setdefault(row.key, []).append(row)
    for group in groups.values():
        if len(group) > 1:
            _settle_repeats(group, noun, keys)


def _settle_repeats(group: Sequence[Row], noun: str, keys: Sequence[str]) -> None:
    first, *others = group
    if all(row.values == first.values and not row.problems for row in group):
        for row in others:
            row.outcome = "duplicate"
            row.warnings += (f"Row {first.line.number} says the same",)
        return
    for row in group:
        other = others[0] if row is first else first
        field = next((key for key in keys if key in row.table.places), keys[0])
        sentence = (
            f"Row {other.line.number} says something else of the same {noun}; delete one of them"
        )
        row.problems.setdefault(field, sentence)
        row.outcome = "conflict"
