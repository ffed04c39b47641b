"""Add saved views, bulk changes, and what the inventory's list reads."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATUS = ["state", "last_seen_at", "last_fetched_at", "changed_at", "late_at", "refused_at",
           "window_until", "customer_id", "profile_id", "family", "locked_at",
           "reset_at"]  # fmt: skip
_SEARCH = ["mac", "serial", "inventory_id", "description", "model", "customer_id"]
_TIMES = {
    "customers": ("settings_changed_at", "default_profile_changed_at"),
    "profiles": ("parent_changed_at",),
    "site": ("settings_changed_at",),
    "devices": ("late_at", "refused_at"),
}


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_saved_views_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_views_user_id_name")),
    )
    op.create_table(
        "list_choices",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("list_name", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("is_compact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_list_choices_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "list_name", name=op.f("pk_list_choices")),
    )
    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("device_ids", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(length=500), nullable=False),
        sa.Column("seen_entry", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_by", sa.String(length=100), nullable=False),
        sa.Column("queued_from", sa.String(length=45), nullable=False),
        sa.Column("is_undo", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.String(length=100), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")),
    )
    op.create_index("ix_bulk_changes_made_at", "bulk_changes", ["made_at"])
    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.add_column(sa.Column("bulk_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_audit_entries_bulk_id_bulk_changes"), "bulk_changes", ["bulk_id"], ["id"]
        )
        batch_op.create_index("ix_audit_entries_bulk_id", ["bulk_id"])
    for table, names in _TIMES.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    refusal = sa.Column("refusal", sa.String(length=200), nullable=False, server_default="")
    op.add_column("devices", refusal)
    op.create_index("ix_devices_vendor_model", "devices", ["vendor", "model"])
    op.create_index("ix_devices_status", "devices", _STATUS)
    op.create_index("ix_devices_search", "devices", _SEARCH)
    op.create_index("ix_sip_accounts_search", "sip_accounts", ["user_name", "display_name"])
    op.create_index("ix_devices_description", "devices", ["description"])
    op.create_index("ix_devices_last_firmware", "devices", ["last_firmware"])
    op.create_index("ix_ports_device_id_account_id", "ports", ["device_id", "account_id"])


def downgrade() -> None:
    op.drop_index("ix_ports_device_id_account_id", table_name="ports")
    op.drop_index("ix_sip_accounts_search", table_name="sip_accounts")
    for name in ("last_firmware", "description", "search", "status", "vendor_model"):
        op.drop_index(f"ix_devices_{name}", table_name="devices")
    op.drop_column("devices", "refusal")
    for table, names in _TIMES.items():
        for name in names:
            op.drop_column(table, name)
    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.drop_index("ix_audit_entries_bulk_id")
        batch_op.drop_constraint(op.f("fk_audit_entries_bulk_id_bulk_changes"), type_="foreignkey")
        batch_op.drop_column("bulk_id")
    op.drop_table("bulk_changes")
    op.drop_table("list_choices")
    op.drop_table("saved_views")
