"""Migrations reach the models' schema, and lead back."""

from __future__ import annotations

import alembic.autogenerate
import alembic.migration
import flask_migrate
import pytest
from sqlalchemy import inspect, text

from portal import let_migrate
from portal.extensions import Base, db


@pytest.fixture(autouse=True)
def migrating(app):
    let_migrate(app)


def test_migrations_reach_the_models_schema(app):
    with db.engine.connect() as connection:
        context = alembic.migration.MigrationContext.configure(
            connection, opts={"compare_type": True}
        )
        assert alembic.autogenerate.compare_metadata(context, Base.metadata) == []


def test_migrations_lead_back_to_an_empty_database(app):
    flask_migrate.downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    flask_migrate.upgrade()
    assert "devices" in inspect(db.engine).get_table_names()


def test_an_older_database_keeps_its_rows(app):
    """SQLite makes a table anew to change it; what refers to its rows must stay."""
    flask_migrate.downgrade(revision="0001")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "insert into devices (id, mac, vendor, family, model, serial, redirect_pin,"
                " description, state, settings, parameters, line_keys, created_at, changed_at,"
                " window_address, last_address, last_firmware, last_fetched_tag, version)"
                " values (1, '805ec0d57d72', '', '', '', '', '', '', 'stock', '{}', '{}', '[]',"
                " '2026-11-01', '2026-11-01', '', '', '', '', 1)"
            )
        )
        connection.execute(
            text("insert into ports (device_id, number, label, settings) values (1, 1, '', '{}')")
        )
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        assert connection.execute(text("select count(*) from ports")).scalar() == 1
        assert connection.execute(text("pragma foreign_keys")).scalar() == 1


def test_users_of_an_older_portal_keep_their_password(app):
    flask_migrate.downgrade(revision="0002")
    with db.engine.begin() as connection:
        connection.execute(text("delete from users"))
        connection.execute(
            text(
                "insert into users (id, name, password_hash, role, is_enabled,"
                " must_change_password, session_stamp, created_at)"
                " values (1, 'alex', 'hash', 'admin', 1, 0, 'stamp', '2026-11-01')"
            )
        )
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        found = connection.execute(text("select name, password_hash from users")).one()
    assert tuple(found) == ("alex", "hash")
