"""Customers, and the one row of what holds for the whole portal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now

if TYPE_CHECKING:
    from portal.models.profile import Profile


class Customer(Base):
    """Who has the phones. `networks` is a list of CIDR texts, `settings` a layer of settings."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    networks: Mapped[list[str]] = mapped_column(JSON, default=list)
    default_profile_id: Mapped[int | None] = mapped_column(
        ForeignKey("profiles.id", ondelete="SET NULL"), index=True
    )
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    site_token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    site_token_sealed: Mapped[str] = mapped_column(Text)
    # Its accounts' names and numbers are in the phone book that its phones fetch.
    lists_accounts: Mapped[bool] = mapped_column(default=True)
    # How its phones prove themselves, see provision/access.py; until a time, and which level then.
    trust_level: Mapped[str] = mapped_column(String(20), default="standard", index=True)
    trust_level_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trust_level_then: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    # When that changed which its phones get; None: not since it was made.
    settings_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    default_profile_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    default_profile: Mapped[Profile | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy wants it

    def __repr__(self) -> str:
        return f"<Customer {self.id} {self.name}>"


class Site(Base):
    """The portal as a whole, one row: its layer of settings and its own site token."""

    __tablename__ = "site"
    name = "The whole portal"  # what the audit calls it

    id: Mapped[int] = mapped_column(primary_key=True)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    site_token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    site_token_sealed: Mapped[str] = mapped_column(Text)
    settings_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checklist_dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def __repr__(self) -> str:
        return "<Site>"
