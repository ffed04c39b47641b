"""How many ports devices have and how many are used, as SQL: to narrow and sort a list by it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    select,
)

from portal.models import Device, Port
from portal.vendors import FAMILIES

USES = ("not-used", "partly", "full")
_SEPARATOR = "\t"


class PortCounts:
    """Expressions over the devices of a statement that `join` was given.

    `total` and `free` are None for models that no family knows.
    """

    def __init__(self) -> None:
        self._models = _model_ports()
        self.total = self._models.c.ports
        # Never none: for a condition that none cannot meet, SQLite joins the other way round, and
        # goes through all devices for each model.
        used, total = _used_ports(), func.coalesce(self.total, 0)
        self.free = self.total - used  # fewer than none where a model has more accounts than ports
        self._uses: dict[str, ColumnElement[bool]] = {
            "partly": used.between(1, total - 1),
            "full": (total > 0) & (used >= total),
        }

    def join(self, found: Select[Any]) -> Select[Any]:
        """Let a statement over devices see what the expressions need."""
        name = Device.family + _SEPARATOR + Device.model
        return found.outerjoin(self._models, self._models.c.name == name)

    def narrow(self, found: Select[int], use: str) -> Select[int]:
        """Narrow a statement to devices by one of USES; for all but the first it must be joined."""
        if use == "not-used":
            return found.where(~exists().where(*_ON_DEVICE))
        return found.where(self._uses[use])


_ON_DEVICE = (Port.device_id == Device.id, Port.account_id.is_not(None))


def _used_ports() -> Any:
    # Counted for each device from an index: a table of all counts would have to be made first.
    return select(func.count()).select_from(Port).where(*_ON_DEVICE).scalar_subquery()


def _model_ports() -> Any:
    """Return a table of how many ports each model has.

    It is told to the database with each statement that needs it: families are declarations, and
    custom ones change while the portal runs.
    """
    told = {
        f"{family.key}{_SEPARATOR}{model.name}": model.ports
        for family in FAMILIES.values()
        for model in family.models.values()
    }
    rows = func.json_each(bindparam("models", told, JSON)).table_valued("key", "value")
    number = cast(cast(rows.c.value, Text), Integer)  # PostgreSQL has JSON there, SQLite a number
    return select(rows.c.key.label("name"), number.label("ports")).cte("model_ports")
