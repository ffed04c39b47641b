"""The lasting result of an import, row by row: packed in runs, so that a page loads few of them.

`result` of the upload holds what all of its pages need, the rest lies in ImportRows.
"""

from __future__ import annotations

import base64
import json
import zlib
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
    letters = {name: bytes([place]) for place, name in enumerate(OUTCOMES)}
    summary = {name: outcomes.count(name) for name in OUTCOMES}
    packed = zlib.compress(b"".join(map(letters.__getitem__, outcomes)))
    return {
        "file_error": plan.file_error,
        "questions": list(plan.questions),
        "summary": summary | {"left_out": len(plan.left_out)},
        "tables": tables_of(plan),
        "outcomes": base64.b64encode(packed).decode(),
    }


def runs_of(import_id: int, plan: Plan, failed: Failed) -> Iterator[dict[str, Any]]:
    """Yield the records of ImportRows that keep the rows of `plan`."""
    for kind, entries in (
        (_ROWS, kept_rows(plan, failed)),
        (_LEFT_OUT, left_out_places(plan)),
    ):
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
    letters = zlib.decompress(base64.b64decode(result["outcomes"]))
    if outcome:
        wanted = OUTCOMES.index(outcome)
        places = [place for place, letter in enumerate(letters) if letter == wanted][some]
    else:
        places = list(range(len(letters)))[some]
    return [KeptRow(*entry) for entry in _entries(session, import_id, _ROWS, places)]


def some_left_out(session: Session, import_id: int, total: int, some: slice) -> list[ShownLeftOut]:
    """Return some of the `total` lines and cells that were left out."""
    places = list(range(total))[some]
    return [ShownLeftOut(*entry) for entry in _entries(session, import_id, _LEFT_OUT, places)]


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
    runs = session.scalars(
        select(ImportRows.content)
        .where(ImportRows.import_id == import_id, ImportRows.kind == _ROWS)
        .order_by(ImportRows.number)
    )
    for content in runs:
        yield from (KeptRow(*entry) for entry in _unpacked(content))


def _unpacked(content: bytes) -> list[Any]:
    told: list[Any] = json.loads(zlib.decompress(content))
    return told
