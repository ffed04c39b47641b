"""Take over what a person said yes to: suggestions become MACs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from portal.imports.fields import without_unique
from portal.imports.validate import Row

# Cells that stand for several phones: accepting makes a row of each address.
SEVERAL = {"mac_several", "mac_range"}


def accepted(rows: Iterable[Row], kinds: Collection[str]) -> Iterator[Row]:
    """Yield `rows` with the suggestions of `kinds` taken; "all" is every kind.

    A suggestion is taken where there is one, or where the cell stands for several phones; where one
    of several must be chosen, the row waits for its cell to be put right.
    """
    for row in rows:
        problem = next((p for p in row.problems if p.field == "mac" and p.can_be_accepted), None)
        if not problem or not (problem.code in kinds or "all" in kinds):
            yield row
        elif problem.code in SEVERAL:
            yield from _each(row, problem.code)
        elif len(row.suggestions) == 1 and problem.code != "column_question":
            yield _taken(row, row.suggestions[0], problem.code)
        else:
            yield row


def _taken(row: Row, mac: str, code: str) -> Row:
    problems = tuple(problem for problem in row.problems if problem.code != code)
    return replace(row, mac=mac, problems=problems)


def _each(row: Row, code: str) -> Iterator[Row]:
    count = len(row.suggestions)
    left = row.values.keys() - without_unique(row.values).keys() if count > 1 else set()
    warning = f"One of {count} phones of this row"
    if left:
        warning += f"; it gets no {', '.join(sorted(left)).replace('_', ' ')}"
    for mac in row.suggestions:
        one = _taken(row, mac, code)
        if count > 1:
            one.values = without_unique(row.values)
            one.warnings += (warning,)
        yield one
