"""Add notes on devices, what phones fetched last, and acts of several audit entries."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_notes_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes") as table:
        table.create_index("ix_notes_device_id_at", ["device_id", "at"], unique=False)
    op.create_table(
        "fetched_files",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inputs_sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_fetched_files_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_id", "name", name=op.f("pk_fetched_files")),
    )
    with op.batch_alter_table("audit_entries") as table:
        table.add_column(sa.Column("batch", sa.String(length=32), nullable=True))
        table.create_index(op.f("ix_audit_entries_batch"), ["batch"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audit_entries") as table:
        table.drop_index(op.f("ix_audit_entries_batch"))
        table.drop_column("batch")
    op.drop_table("fetched_files")
    op.drop_table("notes")
