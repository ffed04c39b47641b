"""Add the customers that a user is limited to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_limited", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    op.create_table(
        "user_customers",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_user_customers_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_customers_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "customer_id", name=op.f("pk_user_customers")),
    )
    with op.batch_alter_table("user_customers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_customers_customer_id"), ["customer_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("user_customers")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("is_limited")
