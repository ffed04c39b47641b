"""Certificates that phones prove themselves with: authorities that vouch, and single ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now


class CertificateAuthority(Base):
    """A maker's CA, root or intermediate. `vendor` empty: it vouches for phones of any maker.

    `accepts_old`: so do signatures with SHA-1 and keys of 1024 bits below it. Never changed once
    stored, only removed.
    """

    __tablename__ = "certificate_authorities"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[str] = mapped_column(String(300))
    vendor: Mapped[str] = mapped_column(String(60), default="")
    accepts_old: Mapped[bool] = mapped_column(default=False)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    added_by: Mapped[str] = mapped_column(String(100), default="")

    @property
    def name(self) -> str:
        return self.subject

    def __repr__(self) -> str:
        return f"<CertificateAuthority {self.id} {self.subject}>"


class PinnedCertificate(Base):
    """One certificate, by the SHA-256 of its DER form, that proves one MAC.

    `subject` is empty and `valid_until` None where only the fingerprint was told.
    """

    __tablename__ = "pinned_certificates"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    mac: Mapped[str] = mapped_column(String(12), index=True)
    subject: Mapped[str] = mapped_column(String(300), default="")
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    added_by: Mapped[str] = mapped_column(String(100), default="")

    def __repr__(self) -> str:
        return f"<PinnedCertificate {self.id} of {self.mac}>"
