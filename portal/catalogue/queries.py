"""Reading what is in the inventory of each model."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.models import Device


def count_by_model(session: Session) -> dict[tuple[str, str], int]:
    """Return how many devices there are of each family and model."""
    counted = select(Device.family, Device.model, func.count()).group_by(
        Device.family, Device.model
    )
    return {(family, model): count for family, model, count in session.execute(counted)}
