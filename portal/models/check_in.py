"""Requests of phones, and the MACs among them that nobody knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime


class CheckIn(Base):
    """One request by a phone for a file. `reason` says why it was refused, in our words."""

    __tablename__ = "check_ins"
    __table_args__ = (Index("ix_check_ins_device_id_at", "device_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    mac: Mapped[str | None] = mapped_column(String(12), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    protocol: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    proof: Mapped[str] = mapped_column(String(20))
    status: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    tag: Mapped[str] = mapped_column(String(64))

    def __repr__(self) -> str:
        return f"<CheckIn {self.id} of {self.mac}>"


class UnknownPhone(Base):
    """A MAC that called in and is not in the inventory."""

    __tablename__ = "unknown_phones"

    id: Mapped[int] = mapped_column(primary_key=True)
    mac: Mapped[str] = mapped_column(String(12), unique=True)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    count: Mapped[int] = mapped_column(default=1)
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    filename: Mapped[str] = mapped_column(String(200))
    family: Mapped[str] = mapped_column(String(40), default="")
    model: Mapped[str] = mapped_column(String(60), default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    is_ignored: Mapped[bool] = mapped_column(default=False)

    def __repr__(self) -> str:
        return f"<UnknownPhone {self.id} {self.mac}>"
