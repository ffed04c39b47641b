"""Requests of phones, how many there were, and the callers among them that nobody knows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import Base
from portal.models.base import UtcDateTime

if TYPE_CHECKING:
    from portal.models.customer import Customer
    from portal.models.device import Device


class CheckIn(Base):
    """One request by a phone for a file. `reason` says why it was refused, in our words."""

    __tablename__ = "check_ins"
    __table_args__ = (
        Index("ix_check_ins_device_id_at", "device_id", "at"),
        Index("ix_check_ins_reason_at", "reason", "at"),
    )

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

    device: Mapped[Device | None] = relationship()

    def __repr__(self) -> str:
        return f"<CheckIn {self.id} of {self.mac}>"


class CheckInHour(Base):
    """How many check-ins of one outcome there were in an hour; see provision/outcomes.py.

    `reason` is a fixed word of ours, so that an hour has a few dozen rows at most.
    """

    __tablename__ = "check_in_hours"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int]

    def __repr__(self) -> str:
        return f"<CheckInHour {self.hour:%Y-%m-%d %H} {self.outcome}>"


class UnknownPhone(Base):
    """A phone that called in and is not in the inventory.

    `caller` is its MAC; where it asked for the literal `placeholder`, it told none, and `caller` is
    made of where it called from. `door`, `filename` and `reason` are those of its latest request.
    """

    __tablename__ = "unknown_phones"
    __table_args__ = (Index("ix_unknown_phones_is_ignored_first_at", "is_ignored", "first_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str] = mapped_column(String(64), unique=True)
    mac: Mapped[str | None] = mapped_column(String(12), unique=True)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    count: Mapped[int] = mapped_column(default=1)
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    filename: Mapped[str] = mapped_column(String(200))
    family: Mapped[str] = mapped_column(String(40), default="")
    model: Mapped[str] = mapped_column(String(60), default="")
    placeholder: Mapped[str] = mapped_column(String(20), default="")
    door: Mapped[str] = mapped_column(String(10), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    is_ignored: Mapped[bool] = mapped_column(default=False)

    customer: Mapped[Customer | None] = relationship()

    def __repr__(self) -> str:
        return f"<UnknownPhone {self.id} {self.caller}>"
