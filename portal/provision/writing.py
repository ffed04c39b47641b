"""How the phones' road writes: in short transactions of its own, beside any session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that takes the database's write lock at its begin."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection
