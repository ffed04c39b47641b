"""What the device page shows: its head, its ports and the tab that is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from portal import security
from portal.customers.trust import LEVELS
from portal.customers.trust_service import level_of
from portal.devices import (
    checks,
    conditions,
    file_views,
    history_queries,
    parameters,
    previews,
    queries,
    status,
    timeline,
    trust,
    trust_queries,
    undo_service,
)
from portal.devices.blueprint import config, sealer
from portal.devices.forms import NoteForm
from portal.devices.previews import EffectiveSetting
from portal.models import Device, Port, SipAccount
from portal.paging import Pages, page_number
from portal.settings.line_keys import TYPES, LineKey
from portal.vendors import FAMILIES
from portal.vendors.context import MASK

TABS = {
    "settings": "Settings",
    "files": "Files",
    "timeline": "Time line",
    "trust": "Trust",
    "uploads": "Uploads",
}
# Free ports that are shown at once; a gateway has dozens.
_SHOWN_PORTS = 4


@dataclass(frozen=True)
class PortRow:
    """One port; `elsewhere` are the other ports of its account, `own` counts its own settings."""

    number: int
    account: SipAccount | None = None
    label: str = ""
    elsewhere: tuple[Port, ...] = ()
    own: int = 0

    @property
    def version(self) -> str:
        """Return a mark of what is on the port, to notice other editors."""
        return f"{self.account.id if self.account else ''}:{self.label}"


def port_row(device: Device, number: int) -> PortRow:
    stored = next((port for port in device.ports if port.number == number), None)
    if stored is None:
        return PortRow(number)
    others = stored.account.ports if stored.account else []
    elsewhere = tuple(port for port in others if port.id != stored.id)
    return PortRow(number, stored.account, stored.label, elsewhere, len(stored.settings))


def port_rows(device: Device) -> list[PortRow]:
    return [port_row(device, n) for n in range(1, (checks.port_limit(device) or 0) + 1)]


def context_of(session: Session, device: Device, tab: str, now: datetime) -> dict[str, Any]:
    """Return what templates/devices/show.html needs, and every partial of it."""
    tab = tab if tab in TABS else "settings"
    settings = previews.effective_settings(session.connection(), device, now)
    standing = conditions.standing_of(session, device, now)
    rows = port_rows(device)
    used = max((row.number for row in rows if row.account or row.label), default=0)
    return {
        "device": device,
        "family": FAMILIES.get(device.family),
        "state": status.status_of(device, standing, now),
        "delivery": status.delivery_of(device, standing, _interval_s(settings), now),
        "rows": rows[: max(used + 1, _SHOWN_PORTS)],
        "more_rows": rows[max(used + 1, _SHOWN_PORTS) :],
        "free": sum(row.account is None for row in rows),
        "tabs": TABS,
        "tab": tab,
        "mask": MASK,
        "last": _last_change(session, device),
        **_TAB_CONTEXT[tab](session, device, settings, now),
    }


def delivery_of(session: Session, device: Device, now: datetime) -> status.Delivery:
    """Return when the phone will have its file, by its own effective interval."""
    settings = previews.effective_settings(session.connection(), device, now)
    standing = conditions.standing_of(session, device, now)
    return status.delivery_of(device, standing, _interval_s(settings), now)


def _interval_s(settings: list[EffectiveSetting]) -> int:
    found = (e.resolved.value for e in settings if e.setting.key == "provisioning.interval_s")
    return next(found, None) or 86400


def _last_change(session: Session, device: Device) -> dict[str, Any] | None:
    """Return the last change in words, and why it cannot be taken back; for those who may."""
    if not security.can("device.edit"):
        return None
    change = undo_service.last_change(session, device)
    if change is None:
        return None
    family = FAMILIES.get(device.family)
    own = [entry for entry in change.entries if entry.object_id == device.id]
    event = timeline.of_act(own, family.secrets if family else None)
    entry = change.entry
    return {"id": entry.id, "by": entry.actor, "event": event, "instead": change.instead}


def own_settings(device: Device, number: int) -> dict[str, Any]:
    return next((port.settings for port in device.ports if port.number == number), {})


def grouped(settings: list[EffectiveSetting]) -> dict[str, list[EffectiveSetting]]:
    groups: dict[str, list[EffectiveSetting]] = {}
    for item in settings:
        groups.setdefault(item.setting.group, []).append(item)
    return groups


def _settings_tab(
    session: Session, device: Device, settings: list[EffectiveSetting], now: datetime
) -> dict[str, Any]:
    return {
        "groups": grouped([item for item in settings if item.resolved.origin != "default"]),
        "default_groups": grouped([e for e in settings if e.resolved.origin == "default"]),
        "parameters": parameters.shown(device.parameters, FAMILIES.get(device.family)),
        "keys": [LineKey(**stored) for stored in device.line_keys],
        "key_types": TYPES,
        "origin": "this device",
        "q": request.args.get("show", ""),
    }


def _files_tab(
    session: Session, device: Device, settings: list[EffectiveSetting], now: datetime
) -> dict[str, Any]:
    return {"files": file_views.all_of(session, device, now)}


def _timeline_tab(
    session: Session, device: Device, settings: list[EffectiveSetting], now: datetime
) -> dict[str, Any]:
    family, size = FAMILIES.get(device.family), config().rows_per_page
    kind, number = request.args.get("kind", ""), page_number(request.args.get("page"))
    kind = kind if kind in history_queries.KINDS else ""
    with_changes = security.can("audit.view")
    found = history_queries.page_of(session, device, kind, with_changes, number, size)
    secret = family.secrets if family else None
    hidden = set() if with_changes else {"changes", "imports"}
    return {
        "events": timeline.merged(found.check_ins, found.acts, found.notes, secret),
        "pages": Pages(number, size, found.total),
        "kind": kind,
        "kinds": {k: label for k, label in history_queries.KINDS.items() if k not in hidden},
        "note_form": NoteForm(formdata=None),
        "kept_days": config().check_in_keep_s // 86400,
    }


def _trust_tab(
    session: Session, device: Device, settings: list[EffectiveSetting], now: datetime
) -> dict[str, Any]:
    site, _own = previews.addresses(session, device, sealer(), config().base_url)
    customer = device.customer
    return {
        "trust": trust.state_of(device, now),
        "level": LEVELS[level_of(customer, now)] if customer else None,
        "releases": trust_queries.releases_of(session, device),
        "release_kinds": trust.RELEASES,
        "is_open": status.is_window_open(device, now),
        "minutes": config().window_support_s // 60,
        "site_address": site,
        "own_address": "",
    }


def _uploads_tab(
    session: Session, device: Device, settings: list[EffectiveSetting], now: datetime
) -> dict[str, Any]:
    return {"uploads": queries.uploads_of(session, device)}


_TAB_CONTEXT = {
    "settings": _settings_tab,
    "files": _files_tab,
    "timeline": _timeline_tab,
    "trust": _trust_tab,
    "uploads": _uploads_tab,
}
