"""What the inventory's list shows: its rows, its filter, the columns that the person chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal import htmx
from portal.devices import checks, columns, lists, queries, view_queries
from portal.devices.blueprint import config
from portal.devices.bulk import ACTIONS
from portal.devices.filter_form import FilterForm
from portal.devices.lists import ListedDevice
from portal.devices.status import Status, status_of
from portal.imports.macs import macs_in
from portal.models import Device, Port
from portal.paging import Pages, page_number
from portal.security import can, current_user
from portal.values import parse_mac


@dataclass(frozen=True)
class Row:
    """A device in the list. `limit`: how many ports its model has, None for an unknown one."""

    device: Device
    status: Status
    limit: int | None
    used: list[Port]

    @property
    def free(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - len(self.used))


def context_of(session: Session, form: FilterForm, page: str | None) -> dict[str, Any]:
    """Return what templates/devices/index.html needs, and every partial of it."""
    filters, number = form.filters, page_number(page)
    size = config().rows_per_page
    found, total = lists.page_of_devices(
        session, filters, number, size, form.sort, form.is_descending
    )
    choice = view_queries.choice_of(session, current_user())
    form.offer(lists.options(session))
    context: dict[str, Any] = {
        "form": form,
        "chips": form.chips,
        "args": form.args,
        "pages": Pages(number, size, total),
        "rows": [row_of(item, filters) for item in found],
        "columns": columns.chosen(choice.columns if choice else ()),
        "is_compact": choice is not None and choice.is_compact,
        "is_blank": not found and not form.given and queries.is_empty(session),
        "addable": _mac_in(form.q),
        "actions": {key: act for key, act in ACTIONS.items() if can(act.permission)},
    }
    if not htmx.wants_partial():
        context |= {
            "all_columns": columns.COLUMNS.values(),
            "views": view_queries.views_for(session, current_user()),
        }
    return context


def row_of(item: ListedDevice, filters: Any) -> Row:
    device = item.device
    return Row(
        device,
        status_of(device, item.standing, filters.at),
        checks.port_limit(device),
        [port for port in device.ports if port.account],
    )


def _mac_in(text: str) -> str | None:
    """Return the MAC that a search for nothing in the inventory names, so it can be added."""
    try:
        return parse_mac(next(iter(macs_in(text)), text))
    except ValueError:
        return None
