"""Add what search, the dashboard and the list of unknown phones read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite can add a computed column only where it is not stored, PostgreSQL only where it is.
    is_stored = op.get_bind().dialect.name == "postgresql"
    end = sa.Computed("substr(mac, 9)", persisted=is_stored)
    op.add_column("devices", sa.Column("mac_end", sa.String(length=4), end))
    op.create_index("ix_devices_mac_end", "devices", ["mac_end"])

    op.create_index("ix_devices_firmware", "devices", ["vendor", "model", "last_firmware"])
    op.create_index("ix_devices_window_until", "devices", ["window_until"])
    op.create_index("ix_check_ins_reason_at", "check_ins", ["reason", "at"])

    op.create_table(
        "check_in_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "outcome", "reason", name="pk_check_in_hours"),
    )

    with op.batch_alter_table("unknown_phones") as batch_op:
        batch_op.add_column(sa.Column("caller", sa.String(length=64), nullable=True))
        batch_op.add_column(
            sa.Column("placeholder", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("door", sa.String(length=10), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("reason", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.alter_column("mac", existing_type=sa.String(length=12), nullable=True)
    op.execute("UPDATE unknown_phones SET caller = mac")
    with op.batch_alter_table("unknown_phones") as batch_op:
        batch_op.alter_column("caller", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_unique_constraint("uq_unknown_phones_caller", ["caller"])

    op.add_column(
        "site", sa.Column("checklist_dismissed_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("site", "checklist_dismissed_at")
    op.execute("DELETE FROM unknown_phones WHERE mac IS NULL")
    with op.batch_alter_table("unknown_phones") as batch_op:
        batch_op.drop_constraint("uq_unknown_phones_caller", type_="unique")
        batch_op.alter_column("mac", existing_type=sa.String(length=12), nullable=False)
        batch_op.drop_column("reason")
        batch_op.drop_column("door")
        batch_op.drop_column("placeholder")
        batch_op.drop_column("caller")
    op.drop_table("check_in_hours")
    op.drop_index("ix_check_ins_reason_at", table_name="check_ins")
    op.drop_index("ix_devices_window_until", table_name="devices")
    op.drop_index("ix_devices_firmware", table_name="devices")
    op.drop_index("ix_devices_mac_end", table_name="devices")
    op.drop_column("devices", "mac_end")
