"""Firmware images that the portal serves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now


class FirmwareFile(Base):
    """An image for some models of a family; its bytes lie in `instance/firmware/<sha256>`.

    `models` are model names. One name can hold several versions, for phones that always ask for the
    same one. `after_version` is a stepping stone: a phone must run at least that version before it
    may take this one; empty: any.
    """

    __tablename__ = "firmware_files"
    __table_args__ = (UniqueConstraint("family", "filename", "firmware_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(String(40), index=True)
    filename: Mapped[str] = mapped_column(String(200), index=True)
    firmware_version: Mapped[str] = mapped_column(String(60))
    after_version: Mapped[str] = mapped_column(String(60), default="")
    models: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    uploaded_by: Mapped[str] = mapped_column(String(100), default="")

    def __repr__(self) -> str:
        return f"<FirmwareFile {self.id} {self.filename}>"
