"""Rows of the database as the API shows them: plain values, and no secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.audit import CHANGED
from portal.devices.checks import port_limit
from portal.imports.shown import KeptRow
from portal.imports.validate import Row
from portal.models import Customer, Device, Import, Profile, ProfileVersion, SipAccount
from portal.profiles import queries as profiles
from portal.profiles.differences import hides
from portal.profiles.service import SECRETS

_DEVICE = (
    "mac", "vendor", "family", "model", "serial", "inventory_id", "description", "state",
    "window_until", "bound_at", "last_seen_at", "last_address", "last_firmware", "last_fetched_at",
    "created_at", "changed_at", "version",
)  # fmt: skip
_ACCOUNT = (
    "id", "user_name", "auth_name", "display_name", "external_id", "is_enabled", "version",
)  # fmt: skip
_CUSTOMER = ("id", "name", "networks", "note", "trust_level", "version")
_IMPORT = (
    "id", "filename", "sha256", "failure", "uploaded_at", "uploaded_by", "applied_at", "applied_by",
)  # fmt: skip


def device(found: Device) -> dict[str, Any]:
    """Return a device with all ports that its model has."""
    used = [port.number for port in found.ports]
    numbers = range(1, max([port_limit(found) or 0, *used]) + 1)
    return {
        **_taken(found, _DEVICE),
        "customer": found.customer.name if found.customer else None,
        "profile": found.profile.name if found.profile else None,
        "ports": [port(found, number) for number in numbers],
    }


def port(found: Device, number: int) -> dict[str, Any]:
    """Return a port, also one that nothing was ever put on."""
    stored = next((port for port in found.ports if port.number == number), None)
    account = stored.account if stored else None
    return {
        "number": number,
        "account": account.user_name if account else None,
        "label": stored.label if stored else "",
    }


def account(found: SipAccount) -> dict[str, Any]:
    """Return a SIP account with the places where it is."""
    return {
        **_taken(found, _ACCOUNT),
        "customer": found.customer.name if found.customer else None,
        "ports": [f"{port.device.mac}/{port.number}" for port in found.ports],
    }


def customer(found: Customer) -> dict[str, Any]:
    """Return a customer, without its site token."""
    default = found.default_profile
    return {**_taken(found, _CUSTOMER), "default_profile": default.name if default else None}


def profile(found: Profile, devices: int, now: datetime) -> dict[str, Any]:
    """Return a profile with the version in force and the draft."""
    current, draft = profiles.current_version(found, now), profiles.draft_of(found)
    return {
        **_taken(found, ("id", "name", "family", "description")),
        "version": profiles.mark_of(found),
        "parent": found.parent.name if found.parent else None,
        "devices": devices,
        "current": _version(current, found.family) if current else None,
        "draft": _version(draft, found.family) if draft else None,
    }


def _version(found: ProfileVersion, family: str) -> dict[str, Any]:
    names = ("number", "line_keys", "note", "author", "published_at", "effective_at")
    return {
        **_taken(found, names),
        "settings": {
            key: CHANGED if key in SECRETS else value for key, value in found.settings.items()
        },
        "parameters": {
            name: CHANGED if hides(family, name) else value
            for name, value in found.parameters.items()
        },
    }


def upload(found: Import, progress: tuple[int, int] | None = None) -> dict[str, Any]:
    """Return an uploaded list; `progress` is how many rows of how many are stored."""
    result: Mapping[str, Any] = found.result or {}
    return {
        **_taken(found, _IMPORT),
        "list": found.list_of,
        "status": _status(found, bool(result.get("undone"))),
        "all_or_nothing": bool(found.options.get("all_or_nothing")),
        "summary": result.get("summary"),
        "progress": dict(zip(("done", "total"), progress, strict=True)) if progress else None,
        "undone": result.get("undone"),
    }


def _status(found: Import, is_undone: bool) -> str:
    if found.applied_at is not None:
        return "taken_back" if is_undone else "imported"
    if found.is_job:
        return "storing" if found.started_at else "queued"
    return "failed" if found.failure else "waiting"


def row(found: Row | KeptRow) -> dict[str, Any]:
    """Return a row of a list, as the preview has it."""
    suggestions = found.suggestions if isinstance(found, Row) else ()
    return {
        **_taken(found, ("sheet", "mac", "outcome", "problem", "changes")),
        "row": found.number,
        "warnings": list(found.warnings),
        "suggestions": list(suggestions),
    }


def _taken(found: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(found, name) for name in names}
