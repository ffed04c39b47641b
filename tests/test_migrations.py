"""Migrations reach the models' schema, and lead back."""

from __future__ import annotations

import alembic.autogenerate
import alembic.migration
import flask_migrate
from sqlalchemy import inspect

from portal.extensions import Base, db


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
