"""Add states of trust, rotation of proofs, counters and bans."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEALED = (("imports", "options"), ("devices", "parameters"), ("profile_versions", "parameters"))


def upgrade() -> None:
    op.create_table(
        "bans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bans")),
    )
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.create_index("ix_bans_scope_key", ["scope", "key"], unique=False)
        batch_op.create_index(batch_op.f("ix_bans_until_at"), ["until_at"], unique=False)

    op.create_table(
        "refusals",
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("scope", "key", "what", name=op.f("pk_refusals")),
    )
    with op.batch_alter_table("refusals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refusals_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_refusals_counts_at"), ["counts_at"], unique=False)

    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_releases_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_releases_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.create_index("ix_releases_customer_id_at", ["customer_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_releases_device_id"), ["device_id"], unique=False)

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("trust_level_until", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("trust_level_then", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.create_index(batch_op.f("ix_customers_trust_level"), ["trust_level"], unique=False)

    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("window_by_person", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("old_proofs", sa.String(length=10), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("old_token_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("old_digest_user", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("old_digest_secret_sealed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("lock_reason", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("reset_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("reset_address", sa.String(length=45), nullable=False, server_default="")
        )
        batch_op.create_index(batch_op.f("ix_devices_locked_at"), ["locked_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_devices_old_digest_user"), ["old_digest_user"], unique=True
        )
        batch_op.create_index(
            batch_op.f("ix_devices_old_token_hash"), ["old_token_hash"], unique=True
        )
        batch_op.create_index(batch_op.f("ix_devices_reset_at"), ["reset_at"], unique=False)

    with op.batch_alter_table("sip_accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("password_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "password_due_reason", sa.String(length=200), nullable=False, server_default=""
            )
        )
        batch_op.create_index(
            batch_op.f("ix_sip_accounts_password_due_at"), ["password_due_at"], unique=False
        )
        batch_op.create_index(
            "ix_sip_accounts_customer_id_display_name",
            ["customer_id", "display_name"],
            unique=False,
        )

    # Raw parameters and the choices for a list can hold passwords: they lie sealed from now on.
    for table, column in SEALED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(
                column,
                existing_type=sa.JSON(),
                type_=sa.Text(),
                existing_nullable=False,
                postgresql_using=f"{column}::text",
            )


def downgrade() -> None:
    for table, column in SEALED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(
                column,
                existing_type=sa.Text(),
                type_=sa.JSON(),
                existing_nullable=False,
                postgresql_using=f"{column}::json",
            )
    with op.batch_alter_table("sip_accounts", schema=None) as batch_op:
        batch_op.drop_index("ix_sip_accounts_customer_id_display_name")
        batch_op.drop_index(batch_op.f("ix_sip_accounts_password_due_at"))
        batch_op.drop_column("password_due_reason")
        batch_op.drop_column("password_due_at")

    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_devices_reset_at"))
        batch_op.drop_index(batch_op.f("ix_devices_old_token_hash"))
        batch_op.drop_index(batch_op.f("ix_devices_old_digest_user"))
        batch_op.drop_index(batch_op.f("ix_devices_locked_at"))
        batch_op.drop_column("reset_address")
        batch_op.drop_column("reset_at")
        batch_op.drop_column("lock_reason")
        batch_op.drop_column("locked_at")
        batch_op.drop_column("wiped_at")
        batch_op.drop_column("old_digest_secret_sealed")
        batch_op.drop_column("old_digest_user")
        batch_op.drop_column("old_token_hash")
        batch_op.drop_column("old_proofs")
        batch_op.drop_column("window_by_person")

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customers_trust_level"))
        batch_op.drop_column("trust_level_then")
        batch_op.drop_column("trust_level_until")

    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_releases_device_id"))
        batch_op.drop_index("ix_releases_customer_id_at")

    op.drop_table("releases")
    with op.batch_alter_table("refusals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refusals_counts_at"))
        batch_op.drop_index(batch_op.f("ix_refusals_at"))

    op.drop_table("refusals")
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bans_until_at"))
        batch_op.drop_index("ix_bans_scope_key")

    op.drop_table("bans")
