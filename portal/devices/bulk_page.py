"""What the page of a bulk change shows: its preview, its progress, its result."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from sqlalchemy.orm import Session

from portal.customers import queries as customers
from portal.devices import bulk_queries
from portal.devices.bulk import ACTIONS, STATES, WINDOWS
from portal.devices.bulk_jobs import KIND, is_long
from portal.models import BulkChange
from portal.profiles import queries as profiles
from portal.values import counted


def context_of(session: Session, bulk: BulkChange, value: str, error: str) -> dict[str, Any]:
    """Return what templates/devices/bulk.html needs; `value` is what the person chose so far."""
    action = ACTIONS.get(bulk.action)
    shared = {
        "bulk": bulk,
        "action": action,
        "error": error,
        "count": counted(bulk.count, "device"),
    }
    if bulk.is_job:
        return shared | _progress(bulk)
    if bulk.applied_at is not None:
        result = bulk.result or {"changed": 0}
        return shared | {"result": result, "undo_text": undo_text(result["changed"])}
    return shared | _preview(session, bulk, value)


def undo_text(changed: int) -> str:
    return (
        f"{counted(changed, 'device')} will have again what {'it' if changed == 1 else 'they'} "
        "had. Devices that were edited since stay as they are, and are listed."
    )


def _preview(session: Session, bulk: BulkChange, value: str) -> dict[str, Any]:
    change = bulk_queries.change_of(session, bulk.action, value) if value else None
    return {
        "choices": _choices(session, bulk.action),
        "value": value,
        "change": change,
        "preview": bulk_queries.preview_of(session, bulk, change) if change else None,
        "is_long": is_long(bulk),
    }


def _progress(bulk: BulkChange) -> dict[str, Any]:
    done, total = current_app.extensions["jobs"].progress(bulk.id, KIND) or (0, 0)
    asked = max(0, min(request.args.get("asked", 0, type=int), 1_000))
    job = {"done": done, "total": total, "is_started": bulk.started_at is not None}
    return {"job": job, "asked": asked + 1, "wait_s": min(1 + asked // 15, 10)}


def _choices(session: Session, action: str) -> list[tuple[str, str]]:
    if action == "profile":
        own = [(str(p.id), p.name) for p in profiles.all_profiles(session)]
        return [("none", "The customer’s default profile"), *own]
    if action == "customer":
        return [(str(c.id), c.name) for c in customers.all_customers(session)]
    return list((STATES if action == "state" else WINDOWS).items())
