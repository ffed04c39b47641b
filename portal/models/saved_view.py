"""How people like to see lists: filters saved by name, columns chosen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now
from portal.models.user import User


class SavedView(Base):
    """A filter of the inventory by name; `args` are those of the list's address."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    args: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    user: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<SavedView {self.id} {self.name}>"


class ListChoice(Base):
    """What a user wants to see of a list: its columns in their order, and how dense."""

    __tablename__ = "list_choices"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    list_name: Mapped[str] = mapped_column(String(40), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_compact: Mapped[bool] = mapped_column(default=False)
