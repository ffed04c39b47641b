"""Entries of customers' phone books."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base


class Contact(Base):
    """A person or place in the phone book of a customer; unused numbers are empty."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(60), default="")
    mobile: Mapped[str] = mapped_column(String(60), default="")
    other: Mapped[str] = mapped_column(String(60), default="")

    def __repr__(self) -> str:
        return f"<Contact {self.id} {self.name}>"
