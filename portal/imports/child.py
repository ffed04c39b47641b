"""Parse an uploaded file in a child process with limits; run as ``python -m portal.imports.child``.

A file that makes a reader loop, allocate or crash takes the child down and nothing else. The child
gets the file on its standard input and answers in lines of JSON, which can hold nothing but data.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from portal.errors import SheetUnreadable
from portal.imports.sheets import MAX_FILE_BYTES, Line, Merged, Sheet
from portal.limits import limit_this_process

SECONDS = 10
MEMORY_BYTES = 512 * 2**20
MAX_ANSWER_BYTES = 100 * 2**20  # one long text may stand in very many cells
_LINES_AT_ONCE = 2_000
_ROOT = Path(__file__).parents[2]

_TOO_LONG = (
    "The file takes too long to read; copy the list into a new workbook, only the list, and upload "
    "that"
)
_TOO_MUCH = (
    "The file is damaged or needs far more memory than a list of phones; copy the list into a new "
    "workbook, without the empty rows and columns around it, and upload that"
)
_BROKEN = (
    "The file cannot be read; open it in a spreadsheet program, save it as .xlsx and upload that"
)


def read_sheets(filename: str, data: bytes, *, seconds: float = SECONDS) -> list[Sheet]:
    """Return the sheets of a file, parsed in a child with limits.

    Raises SheetUnreadable with one sentence, also when the child breaks a limit or crashes.
    """
    if len(data) > MAX_FILE_BYTES:
        raise SheetUnreadable(
            f"The file is larger than {MAX_FILE_BYTES // 2**20} MiB; copy the list into a new "
            "workbook and upload that"
        )
    head = json.dumps(filename).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-m", "portal.imports.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={"PYTHONUTF8": "1", "PATH": os.defpath},
    ) as child:
        try:
            answer, _ = child.communicate(head + data, timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise SheetUnreadable(_TOO_LONG) from None
    return list(_received(answer, child.returncode))


def _received(answer: bytes, code: int) -> Iterator[Sheet]:
    is_whole = False
    sheet: Sheet | None = None
    for line in io.BytesIO(answer):
        try:
            told = json.loads(line)
        except ValueError:
            break
        if isinstance(told, list) and sheet:
            sheet.rows.extend(Line(number, tuple(cells)) for number, cells in told)
        elif "sheet" in told:
            if sheet:
                yield sheet
            merged = tuple(Merged(*cell) for cell in told.get("merged", ()))
            sheet = Sheet(told["sheet"], told["hidden"], [], merged)
        elif "unreadable" in told:
            raise SheetUnreadable(told["unreadable"])
        else:
            is_whole = True
    if not is_whole:
        # -24 is SIGXCPU; what runs out of memory inside a reader aborts, -6.
        raise SheetUnreadable({-24: _TOO_LONG, -9: _TOO_LONG, -6: _TOO_MUCH}.get(code, _BROKEN))
    if sheet:
        yield sheet


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Answer the file on `source` within the limits of this process."""
    from portal.imports.parse import parse  # the parent needs none of the readers

    limit_this_process(SECONDS, MEMORY_BYTES)

    told_bytes = 0

    def tell(told: object) -> None:
        nonlocal told_bytes
        line = json.dumps(told, separators=(",", ":")).encode() + b"\n"
        if (told_bytes := told_bytes + len(line)) > MAX_ANSWER_BYTES:
            raise SheetUnreadable(_TOO_MUCH)
        target.write(line)

    filename = json.loads(source.readline())
    try:
        for sheet in parse(filename, source.read()):
            tell({"sheet": sheet.name, "hidden": sheet.hidden, "merged": sheet.merged})
            for start in range(0, len(sheet.rows), _LINES_AT_ONCE):
                tell(sheet.rows[start : start + _LINES_AT_ONCE])
        told_bytes = 0  # the last line always fits
        tell({"whole": True})
    except SheetUnreadable as unreadable:
        told_bytes = 0
        tell({"unreadable": str(unreadable)})
    except MemoryError:
        told_bytes = 0
        tell({"unreadable": _TOO_MUCH})
    target.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
