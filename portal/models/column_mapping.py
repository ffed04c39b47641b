"""Which column of a list is which field, as people chose it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now


class ColumnMapping(Base):
    """Columns for lists whose header has `fingerprint`, remembered of an import or saved by name.

    `columns` maps a field to the column's letter and its header's text; to nothing where the field
    shall have no column. One without name is the default for the next list with that header.
    """

    __tablename__ = "column_mappings"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - uploads note the id

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str | None] = mapped_column(String(100), unique=True)
    columns: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    chosen_by: Mapped[str] = mapped_column(String(100))

    def __repr__(self) -> str:
        return f"<ColumnMapping {self.id} {self.name or self.fingerprint}>"
