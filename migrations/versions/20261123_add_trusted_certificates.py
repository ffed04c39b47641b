"""Add certificates that phones prove themselves with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_authorities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("vendor", sa.String(length=60), nullable=False),
        sa.Column("accepts_old", sa.Boolean(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_authorities")),
        sa.UniqueConstraint("sha256", name=op.f("uq_certificate_authorities_sha256")),
    )
    op.create_table(
        "pinned_certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pinned_certificates")),
        sa.UniqueConstraint("sha256", name=op.f("uq_pinned_certificates_sha256")),
    )
    with op.batch_alter_table("pinned_certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pinned_certificates_mac"), ["mac"], unique=False)
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("last_certificate_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.create_index(
            batch_op.f("ix_devices_last_certificate_at"), ["last_certificate_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_devices_last_certificate_at"))
        batch_op.drop_column("last_certificate_at")
    with op.batch_alter_table("pinned_certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pinned_certificates_mac"))
    op.drop_table("pinned_certificates")
    op.drop_table("certificate_authorities")
