"""What a person chooses for single rows and kinds of suggestions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.imports.read import Options


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
