"""The columns of the inventory's list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`sort`: by which of filters.SORTS its head sorts; empty: it does not."""

    key: str
    label: str
    sort: str = ""
    is_number: bool = False


# In the order shown. The MAC leads to the device and is always there.
COLUMNS = {
    column.key: column
    for column in (
        Column("mac", "MAC", "mac"),
        Column("id", "Device id", "id", is_number=True),
        Column("description", "Description", "description"),
        Column("model", "Model", "model"),
        Column("customer", "Customer", "customer"),
        Column("profile", "Profile", "profile"),
        Column("accounts", "Accounts"),
        Column("ports", "Ports", "ports", is_number=True),
        Column("free", "Free", "free", is_number=True),
        Column("status", "Status", "status"),
        Column("seen", "Last seen", "seen"),
        Column("firmware", "Firmware", "firmware"),
        Column("address", "Address"),
        Column("inventory_id", "Inventory id", "inventory_id"),
        Column("serial", "Serial number", "serial"),
    )
}
DEFAULT = ("mac", "id", "description", "model", "customer", "profile", "accounts", "ports", "free",
           "status", "inventory_id")  # fmt: skip


def chosen(keys: Iterable[str]) -> list[Column]:
    """Return the columns of those keys in the list's order; the usual ones for none."""
    wanted = {"mac", *keys}
    return [column for key, column in COLUMNS.items() if key in (wanted if keys else DEFAULT)]
