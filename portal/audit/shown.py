"""What changed, as people read it: settings by their labels, times in words, secrets masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.audit import CHANGED, EMPTY
from portal.models import AuditEntry
from portal.settings.catalogue import CATALOGUE, Setting
from portal.shell import when
from portal.values import format_mac
from portal.vendors.context import MASK

# As the audit keeps times: 2026-02-14T12:00:00.5+00:00
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")
_MAC = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Change:
    """One thing that changed; None: not there."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name}: {self.after}"
        return f"{self.name}: {self.before} → {self.after or 'nothing'}"


def changes_of(entry: AuditEntry) -> list[Change]:
    """Return what an entry says changed."""
    return changes_in(entry.changes)


def changes_in(
    told: Mapping[str, Sequence[Any]], secret: re.Pattern[str] | None = None
) -> list[Change]:
    """Return changes, told as (before, after) by name. Values of names that `secret` finds are
    masked."""
    return [
        _change(name, before, after, bool(secret and secret.search(name)))
        for name, (before, after) in told.items()
        if before != after and (before or after)
    ]


def object_name(entry: AuditEntry) -> str:
    """Return what people call what an entry is about; MACs as they are written."""
    name = entry.object_name
    return format_mac(name) if _MAC.fullmatch(name) and entry.object_type == "device" else name


def _change(name: str, before: Any, after: Any, hides: bool) -> Change:
    key, of, port = name.partition(" of port ")
    setting = CATALOGUE.get(key)
    if setting is not None:
        label = f"{setting.label}{of}{port}"
        return Change(label, _as_set(setting, before), _as_set(setting, after))
    if name in {"mac", "replaces", "replaced by"}:
        before, after = (mac and format_mac(mac) for mac in (before, after))
    return Change(name, None if hides else _shown(before), MASK if hides else _shown(after))


def _as_set(setting: Setting, value: Any) -> str | None:
    if value == EMPTY:
        return "sent empty"
    return value if value is None or value == CHANGED else setting.show(value)


def _shown(value: Any) -> str | None:
    if value in (None, "", [], {}):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return when(datetime.fromisoformat(value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    if isinstance(value, list):
        return (
            f"{len(value)} keys"
            if value and isinstance(value[0], dict)
            else ", ".join(map(str, value))
        )
    return str(value)
