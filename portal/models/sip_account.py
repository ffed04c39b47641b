"""SIP accounts: what registers at a registrar (RFC 3261)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now

if TYPE_CHECKING:
    from portal.models.customer import Customer
    from portal.models.device import Port


class SipAccount(Base):
    """`auth_name` empty means: the user name. `password_sealed` opens with crypto.Sealer."""

    __tablename__ = "sip_accounts"
    __table_args__ = (
        UniqueConstraint("customer_id", "user_name"),
        # Does a customer's phone book have anybody in it? Asked for each file that phones fetch.
        Index("ix_sip_accounts_customer_id_display_name", "customer_id", "display_name"),
        # All that the list is narrowed and sorted by.
        Index(
            "ix_sip_accounts_search",
            "user_name",
            "display_name",
            "external_id",
            "customer_id",
            "is_enabled",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_name: Mapped[str] = mapped_column(String(128), index=True)
    auth_name: Mapped[str] = mapped_column(String(128), default="")
    password_sealed: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(String(200), default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    external_id: Mapped[str] = mapped_column(String(200), default="", index=True)
    # Since when the password should be changed, because somebody else may know it, and why.
    password_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    password_due_reason: Mapped[str] = mapped_column(String(200), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    version: Mapped[int] = mapped_column(default=1)

    customer: Mapped[Customer | None] = relationship()
    ports: Mapped[list[Port]] = relationship(back_populates="account")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def __repr__(self) -> str:
        return f"<SipAccount {self.id} {self.user_name}>"
