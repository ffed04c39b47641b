"""What phones' road remembers of trust: releases, refused MACs, bans."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime


class Release(Base):
    """A phone that knew no secret was given its own. `kind`: see devices/trust.RELEASES."""

    __tablename__ = "releases"
    __table_args__ = (Index("ix_releases_customer_id_at", "customer_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(45))

    def __repr__(self) -> str:
        return f"<Release {self.id} of {self.device_id}>"


class Refusal(Base):
    """Somebody (`scope`, `key`) was refused `what`, a MAC or a malformed name, `tries` times.

    `counts_at`: when it begins to count, None while it does not; see provision/counting.py.
    """

    __tablename__ = "refusals"

    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    what: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    counts_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<Refusal {self.what} of {self.scope} {self.key}>"


class Ban(Base):
    """An address that tried too many MACs, or an alert of a site address or of the whole portal.

    `key` is the address (IPv6: its /64), the id of the site's customer, or empty. Nothing is ever
    refused for a ban alone: what would be released by itself then waits for a person.
    """

    __tablename__ = "bans"
    __table_args__ = (Index("ix_bans_scope_key", "scope", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(60))
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str] = mapped_column(String(200))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str] = mapped_column(String(100), default="")

    def __repr__(self) -> str:
        return f"<Ban {self.id} of {self.scope} {self.key}>"
