"""Index the audit for its page: who, what, of which object or import, in the order of time."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OLD = {
    "ix_audit_entries_at": ["at"],
    "ix_audit_entries_object_type_object_id": ["object_type", "object_id"],
    "ix_audit_entries_import_id": ["import_id"],
}
_NEW = {
    "ix_audit_entries_at_action": ["at", "action"],
    "ix_audit_entries_actor_at": ["actor", "at", "action"],
    "ix_audit_entries_object_type_object_id_at": ["object_type", "object_id", "at"],
    "ix_audit_entries_import_id_at": ["import_id", "at"],
}


def upgrade() -> None:
    for name in _OLD:
        op.drop_index(name, table_name="audit_entries")
    for name, columns in _NEW.items():
        op.create_index(name, "audit_entries", columns)


def downgrade() -> None:
    for name in _NEW:
        op.drop_index(name, table_name="audit_entries")
    for name, columns in _OLD.items():
        op.create_index(name, "audit_entries", columns)
