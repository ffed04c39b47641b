"""Runs migrations with the app's own engine; started by Flask-Migrate."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

migrate = current_app.extensions["migrate"]


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as what they are in the database: migrations import no model."""
    if kind == "type" and type(item).__name__ == "UtcDateTime":
        return "sa.DateTime(timezone=True)"
    return False


def guard_rows(connection: Connection, on: bool) -> None:
    """Switch SQLite's foreign keys; works only outside a transaction, hence not SQLAlchemy's way.

    A table that is made anew is dropped in between: its dependants' rows must not go along.
    """
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        raw.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with migrate.db.engine.connect().execution_options(writes=True) as own:
        guard_rows(own, on=False)
        run(own)
        own.commit()
        guard_rows(own, on=True)
