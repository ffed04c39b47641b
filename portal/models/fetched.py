"""What a phone's file was made from when it was fetched last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.base import UtcDateTime


class FetchedFile(Base):
    """The inputs of the file `name` (as the family declares it, ``{mac}.cfg``) at its last change.

    Sealed as a whole, because raw parameters among them may hold passwords. The file itself is
    never stored: provision/fetched.py makes it again from these.
    """

    __tablename__ = "fetched_files"

    device_id: Mapped[int] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64))
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    inputs_sealed: Mapped[str] = mapped_column(Text)

    def __repr__(self) -> str:
        return f"<FetchedFile {self.name} of {self.device_id}>"
