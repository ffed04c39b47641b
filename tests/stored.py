"""The database as bytes: kept, put back, compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

Rows = dict[str, list[tuple[object, ...]]]


class Snapshot:
    """The database as it was; `restore` makes it so again while the portal has it open."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(file)) as stored:
            stored.backup(self._kept)

    def restore(self) -> None:
        with closing(sqlite3.connect(self._file)) as stored:
            self._kept.backup(stored)

    def close(self) -> None:
        self._kept.close()


def rows_in(file: Path, but: Mapping[str, frozenset[str]] | None = None) -> Rows:
    """Return every row of every table; of tables in `but` without those columns, "*": all."""
    left_out, found = but or {}, {}
    with closing(sqlite3.connect(file)) as stored:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        for (table,) in stored.execute(names).fetchall():
            cursor = stored.execute(f'SELECT * FROM "{table}"')
            hidden = left_out.get(table, frozenset())
            columns = [column[0] for column in cursor.description]
            if "*" not in hidden:
                kept = [place for place, name in enumerate(columns) if name not in hidden]
                found[table] = [tuple(row[place] for place in kept) for row in cursor]
    return found


@contextmanager
def unchanged(file: Path, but: Mapping[str, frozenset[str]] | None = None) -> Iterator[None]:
    """Fail when the body changes a row; names the tables."""
    before = rows_in(file, but)
    yield
    after = rows_in(file, but)
    assert [name for name in after if after[name] != before[name]] == []
