"""Uploaded lists and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now
from portal.models.sealed import SealedBytes, SealedDict


class Import(Base):
    """A sheet as it came, the choices made for it, and its result once applied.

    Lists hold passwords, so the file and the choices are sealed.
    `options` holds what the person chose (columns, customer, profile, …) and what the list is of,
    if that is not devices; `result` the counters
    and what imports.results says; None until it is applied, its rows are in ImportRows.
    A long list waits as a job from `queued_at` on, by whom and from where, with the digest of the
    preview that was seen; `failure` says in a sentence why nothing of it is stored. `request_key`
    tells an upload of the API that is sent twice.
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(SealedBytes, deferred=True)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    uploaded_by: Mapped[str] = mapped_column(String(100))
    options: Mapped[dict[str, Any]] = mapped_column(SealedDict, default=dict)
    plan_digest: Mapped[str] = mapped_column(String(64), default="")
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_by: Mapped[str] = mapped_column(String(100), default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_by: Mapped[str] = mapped_column(String(100), default="")
    queued_from: Mapped[str] = mapped_column(String(45), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(Text, default="")
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)

    @property
    def list_of(self) -> str:
        """What the list is of: “devices”, or the key of a list_imports.kinds.Kind."""
        return str(self.options.get("list", "devices"))

    @property
    def is_job(self) -> bool:
        """Does it wait to be imported, or is it being imported?"""
        return self.queued_at is not None and self.applied_at is None

    def __repr__(self) -> str:
        return f"<Import {self.id} {self.filename}>"


class ImportRows(Base):
    """A run of the rows of an applied list, or of what it left out, packed by imports.results."""

    __tablename__ = "import_rows"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
