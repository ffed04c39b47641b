"""A change of many devices at once: what was selected, what was done with it, what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now


class BulkChange(Base):
    """`device_ids` is the selection, packed by devices.selection; `said` is how a person made it.

    `seen_entry` is the newest audit entry of that moment: what was edited later is left alone.
    A change of many waits as a job from `queued_at` on, as does taking it back (`is_undo`).
    `result` holds what was changed and what was skipped and why; None until it is applied.
    """

    __tablename__ = "bulk_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(40), default="")
    device_ids: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    count: Mapped[int]
    said: Mapped[str] = mapped_column(String(500), default="")
    seen_entry: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    made_by: Mapped[str] = mapped_column(String(100))
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_by: Mapped[str] = mapped_column(String(100), default="")
    queued_from: Mapped[str] = mapped_column(String(45), default="")
    is_undo: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_by: Mapped[str] = mapped_column(String(100), default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    failure: Mapped[str] = mapped_column(Text, default="")

    @property
    def is_job(self) -> bool:
        """Does it wait to be done or taken back, or is it being so?"""
        return self.queued_at is not None

    @property
    def name(self) -> str:
        return f"bulk change {self.id}"

    def __repr__(self) -> str:
        return f"<BulkChange {self.id} {self.action}>"
