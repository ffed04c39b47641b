"""The lasting result of an import, row by row: packed in runs, so that a page loads few of them.

`result` of the upload holds what all of its pages need, the rest lies in ImportRows.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.imports.plan import OUTCOMES, Plan
from portal.imports.shown import KeptRow, ShownLeftOut, kept_rows, left_out_places, tables_of
from portal.models import ImportRows

_ROWS = "row"
_LEFT_OUT = "left_out"
_AT_ONCE = 500  # rows of a run: few enough to unpack fifty runs for one page

Failed = Mapping[tuple[str, int], str]


def head_of(plan: Plan, failed: Failed) -> dict[str, Any]:
    """Return what is kept in `Import.result`: counters, tables, and the outcome of each row.

    `failed` maps (sheet, row) to why it could not be stored; such a row is an error now.
    """
    outcomes = ["error" if (row.sheet, row.number) in failed else row.outcome for row in plan.rows]
    return {
        "file_error": plan.file_error,
        "questions": list(plan.questions),
        "tables": tables_of(plan),
        **counted_outcomes(outcomes, len(plan.left_out)),
    }


def counted_outcomes(outcomes: Sequence[str], left_out: int) -> dict[str, Any]:
    """Return counters, and the outcome of each row packed, for `Import.result`."""
    letters = {name: bytes([place]) for place, name in enumerate(OUTCOMES)}
    counted = Counter(outcomes)
    packed = zlib.compress(b"".join(map(letters.__getitem__, outcomes)))
    return {
        "summary": {name: counted[name] for name in OUTCOMES} | {"left_out": left_out},
        "outcomes": base64.b64encode(packed).decode(),
    }


def runs_of(import_id: int, plan: Plan, failed: Failed) -> Iterator[dict[str, Any]]:
    """Yield the records of ImportRows that keep the rows of `plan`."""
    return runs_with(import_id, kept_rows(plan, failed), left_out_places(plan))


def runs_with(
    import_id: int, rows: Iterable[Any], left_out: Iterable[Any]
) -> Iterator[dict[str, Any]]:
    """Yield the records of ImportRows that keep `rows` and what is `left_out`, tuples both."""
    for kind, entries in ((_ROWS, rows), (_LEFT_OUT, left_out)):
        for number, run in enumerate(_in_runs(entries)):
            text = json.dumps(run, ensure_ascii=False, separators=(",", ":"))
            content = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
            yield {"import_id": import_id, "kind": kind, "number": number, "content": content}


def _in_runs(entries: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(entries)
    while run := list(islice(rest, _AT_ONCE)):
        yield run


def count_of(result: Mapping[str, Any], outcome: str) -> int:
    """Return how many rows have an outcome; "" is all that are not left out."""
    summary = result["summary"]
    if outcome:
        return int(summary[outcome])
    return sum(count for name, count in summary.items() if name != "left_out")


def some_rows(
    session: Session, import_id: int, result: Mapping[str, Any], outcome: str, some: slice
) -> list[KeptRow]:
    """Return some of the rows with an outcome, "" for any, counted from 0 in the list's order."""
    return [KeptRow(*entry) for entry in rows_at(session, import_id, result, outcome, some)]


def rows_at(
    session: Session, import_id: int, result: Mapping[str, Any], outcome: str, some: slice
) -> Iterator[Any]:
    """As `some_rows`, but the rows as they are kept."""
    letters = zlib.decompress(base64.b64decode(result["outcomes"]))
    if outcome:
        wanted = OUTCOMES.index(outcome)
        places = [place for place, letter in enumerate(letters) if letter == wanted][some]
    else:
        places = list(range(len(letters)))[some]
    return _entries(session, import_id, _ROWS, places)


def some_left_out(session: Session, import_id: int, total: int, some: slice) -> list[ShownLeftOut]:
    """Return some of the `total` lines and cells that were left out."""
    return [ShownLeftOut(*entry) for entry in left_out_at(session, import_id, total, some)]


def left_out_at(session: Session, import_id: int, total: int, some: slice) -> Iterator[Any]:
    """As `some_left_out`, but as they are kept."""
    return _entries(session, import_id, _LEFT_OUT, list(range(total))[some])


def _entries(session: Session, import_id: int, kind: str, places: Sequence[int]) -> Iterator[Any]:
    numbers = sorted({place // _AT_ONCE for place in places})
    runs = dict(
        session.execute(
            select(ImportRows.number, ImportRows.content)
            .where(ImportRows.import_id == import_id, ImportRows.kind == kind)
            .where(ImportRows.number.in_(numbers))
        ).all()
    )
    unpacked = {number: _unpacked(content) for number, content in runs.items()}
    return (unpacked[place // _AT_ONCE][place % _AT_ONCE] for place in places)


def all_rows(session: Session, import_id: int) -> Iterator[KeptRow]:
    """Yield all rows of an applied list, in its order; few of them are in memory at a time."""
    return (KeptRow(*entry) for entry in all_entries(session, import_id))


def all_entries(session: Session, import_id: int) -> Iterator[Any]:
    """As `all_rows`, but the rows as they are kept."""
    runs = session.scalars(
        select(ImportRows.content)
        .where(ImportRows.import_id == import_id, ImportRows.kind == _ROWS)
        .order_by(ImportRows.number)
    )
    for content in runs:
        yield from _unpacked(content)


def _unpacked(content: bytes) -> list[Any]:
    told: list[Any] = json.loads(zlib.decompress(content))
    return told
