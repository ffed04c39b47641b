"""Index what lists and pages count, so that they read no whole rows."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OLD = {
    "ix_devices_status": ("devices", [
        "state", "last_seen_at", "last_fetched_at", "changed_at", "late_at", "refused_at",
        "window_until", "customer_id", "profile_id", "family", "locked_at", "reset_at",
    ]),
    "ix_devices_search": ("devices", [
        "mac", "serial", "inventory_id", "description", "model", "customer_id",
    ]),
    "ix_devices_profile_id": ("devices", ["profile_id"]),
    "ix_devices_window_until": ("devices", ["window_until"]),
    "ix_sip_accounts_search": ("sip_accounts", ["user_name", "display_name"]),
}  # fmt: skip
_NEW = {
    "ix_devices_status": ("devices", [
        "profile_id", "customer_id", "state", "last_seen_at", "last_fetched_at", "changed_at",
        "late_at", "refused_at", "window_until", "family", "model", "vendor", "locked_at",
        "reset_at",
    ]),
    "ix_devices_profile": ("devices", [
        "profile_id", "vendor", "family", "model", "state", "customer_id",
    ]),
    "ix_devices_search": ("devices", [
        "mac", "serial", "inventory_id", "description", "model", "customer_id", "profile_id",
        "state", "family",
    ]),
    "ix_devices_window": ("devices", ["window_until", "window_address"]),
    "ix_sip_accounts_search": ("sip_accounts", [
        "user_name", "display_name", "external_id", "customer_id", "is_enabled",
    ]),
    "ix_unknown_phones_is_ignored_first_at": ("unknown_phones", ["is_ignored", "first_at"]),
}  # fmt: skip
# Of the few rows that it is about: those that say anything of their own, and moves.
_PARTIAL = {
    "ix_devices_says": (
        "devices",
        ["profile_id"],
        "(CAST(settings AS TEXT) != '{}' OR CAST(parameters AS TEXT) != '{}'"
        " OR CAST(line_keys AS TEXT) != '[]')",
    ),
    "ix_ports_says": ("ports", ["device_id"], "CAST(settings AS TEXT) != '{}'"),
    "ix_audit_entries_left_customer": (
        "audit_entries",
        ["object_id", "at"],
        "(CASE WHEN object_type = 'device' THEN instr(changes, '\"customer\": [\"')"
        " ELSE 0 END > 0) = 1",
    ),
}


def upgrade() -> None:
    for name, (table, _) in _OLD.items():
        op.drop_index(name, table_name=table)
    for name, (table, columns) in _NEW.items():
        op.create_index(name, table, columns)
    for name, (table, columns, where) in _PARTIAL.items():
        there = where.replace("instr(changes,", "strpos(CAST(changes AS TEXT),")
        there = there.removesuffix(" = 1")  # PostgreSQL has truth values
        op.create_index(
            name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(there)
        )


def downgrade() -> None:
    for name, (table, _, _) in _PARTIAL.items():
        op.drop_index(name, table_name=table)
    for name, (table, _) in _NEW.items():
        op.drop_index(name, table_name=table)
    for name, (table, columns) in _OLD.items():
        op.create_index(name, table, columns)
