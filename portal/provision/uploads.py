"""Keep what phones send: only declared names, from proven phones, bounded in size and number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select

from portal.errors import Refused
from portal.models import Upload
from portal.provision.writing import writing


@dataclass(frozen=True)
class UploadLimits:
    """Bytes of one upload, and uploads kept of one device."""

    max_bytes: int
    max_count: int


def store(engine: Engine, device_id: int, name: str, content: bytes, limits: UploadLimits) -> None:
    """Keep `content` under `name`, in place of what was there; the oldest goes when there are many.

    Raises Refused (413) when it is larger than allowed.
    """
    if len(content) > limits.max_bytes:
        raise Refused("upload is too large", 413)
    name = name.lower()
    with writing(engine) as connection:
        own = Upload.device_id == device_id
        connection.execute(delete(Upload).where(own, Upload.name == name))
        newest = (
            select(Upload.id)
            .where(own)
            .order_by(Upload.uploaded_at.desc(), Upload.id.desc())
            .limit(limits.max_count - 1)
        )
        kept = list(connection.scalars(newest))
        connection.execute(delete(Upload).where(own, Upload.id.not_in(kept)))
        connection.execute(
            insert(Upload).values(
                device_id=device_id,
                name=name,
                content=content,
                size_bytes=len(content),
                uploaded_at=datetime.now(UTC),
            )
        )
