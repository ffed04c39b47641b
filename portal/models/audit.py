"""Who did what to what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import GenericFunction

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now

# How an entry says that a device was of a customer before. The text is the condition of an index,
# and such that only this index fits, which has few entries.
_LEFT = {
    "sqlite": "CASE WHEN {} = 'device' THEN instr({}, '\"customer\": [\"') ELSE 0 END > 0",
    "postgresql": "CASE WHEN {} = 'device' THEN strpos(CAST({} AS TEXT), '\"customer\": [\"')"
    " ELSE 0 END > 0",
}


class left_customer(GenericFunction[bool]):  # noqa: N801 - named like the functions of SQL
    """``left_customer(object_type, changes)``: did a customer's device become somebody else's?"""

    type = Boolean()
    inherit_cache = True


@compiles(left_customer)
def _as_indexed(element: left_customer, compiler: Any, **kw: Any) -> str:
    columns = (compiler.process(one, **kw) for one in element.clauses)
    return f"({_LEFT[compiler.dialect.name].format(*columns)})"


class AuditEntry(Base):
    """`changes` maps a name to [before, after]; a secret appears as “changed”.

    Entries of one `batch` were made by one act of one person, and are taken back together.
    `via` names the API token by which a program acted for the actor.
    """

    __tablename__ = "audit_entries"
    # For the audit's page: each filter finds its entries in the order of time.
    __table_args__ = (
        Index("ix_audit_entries_at_action", "at", "action"),
        Index("ix_audit_entries_actor_at", "actor", "at", "action"),
        Index("ix_audit_entries_object_type_object_id_at", "object_type", "object_id", "at"),
        Index("ix_audit_entries_import_id_at", "import_id", "at"),
        # For limited users, who see of a device what was done since it left another customer.
        Index(
            "ix_audit_entries_left_customer", "object_id", "at",
            # SQLite has no truth values, and SQLAlchemy compares them with 1.
            sqlite_where=text(f"({_LEFT['sqlite']}) = 1".format("object_type", "changes")),
            postgresql_where=text(_LEFT["postgresql"].format("object_type", "changes")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int | None]
    object_name: Mapped[str] = mapped_column(String(200))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    address: Mapped[str] = mapped_column(String(45), default="")
    via: Mapped[str] = mapped_column(String(60), default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    bulk_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_changes.id"), index=True)
    batch: Mapped[str | None] = mapped_column(String(32), index=True)

    def __repr__(self) -> str:
        return f"<AuditEntry {self.id} {self.action}>"
