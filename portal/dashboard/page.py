"""What the dashboard shows: each number with the address of its list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, url_for
from sqlalchemy.orm import Session

from portal.config import Config
from portal.customer_limits import limits_of
from portal.dashboard import certificate, chart, checklist, queries
from portal.devices import status
from portal.devices.conditions import URGENCY, count_by_status
from portal.models import CheckInHour
from portal.provision import outcomes
from portal.security import can
from portal.unknown_phones import advice
from portal.unknown_phones import queries as unknown_phones
from portal.vendors import FAMILIES

HOURS = 24
_SHOWN_MODELS, _SHOWN_VERSIONS, _SHOWN_PHONES = 8, 4, 5
_MOST = 40  # models, and versions of one, that can be unfolded
# How each status looks.
_KINDS = {"locked": "bad", "reset": "warn", "refused": "bad", "no-model": "bad", "late": "warn",
          "never": "warn", "pending": "info", "waiting": "info", "ok": "ok", "stock": "off",
          "retired": "off"}  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """A number that opens its list; `kind` as in the macro `status`."""

    label: str
    count: int
    kind: str
    url: str


@dataclass(frozen=True)
class Refusal:
    """How often phones got no file of their own for one reason, and what to do about it."""

    reason: str
    count: int
    remedy: str
    url: str


@dataclass(frozen=True)
class Spread:
    """The firmware of a model: (version, devices, percent, address), the most frequent first."""

    name: str
    versions: list[tuple[str, int, int, str]]


def context_of(session: Session, now: datetime, hours: int) -> dict[str, Any]:
    """Return what templates/dashboard/index.html needs."""
    config: Config = current_app.config["PORTAL"]
    own = certificate.read(config, now)
    tiles = _tiles(session, now)
    phones = unknown_phones.latest(session, _SHOWN_PHONES)
    return {
        "tiles": tiles,
        "devices": sum(tile.count for tile in tiles),
        **_requests(session, now, hours),
        "spreads": _spreads(queries.firmwares(session)),
        "most_models": _SHOWN_MODELS,
        "most_versions": _SHOWN_VERSIONS,
        "phones": [(one, advice.guessed(one, FAMILIES)) for one in phones],
        "unknown": unknown_phones.count_open(session),
        "jobs": _jobs(session),
        "certificate": own,
        "now": now,
        "certificate_url": _address_of("certificates.index"),
        "windows": queries.count_open_windows(session, now) if can("trust.view") else None,
        "steps": _steps(session, config, own) if can("checklist.dismiss") else [],
    }


def _tiles(session: Session, now: datetime) -> list[Tile]:
    counts = count_by_status(session, now)
    return [
        Tile(
            status.LABELS[key],
            counts[key],
            _KINDS.get(key, "warn"),
            url_for("devices.index", status=key),
        )
        for key in URGENCY
    ]


def _requests(session: Session, now: datetime, hours: int) -> dict[str, Any]:
    """Return the requests by hour and by reason; `chart` None: not for this user to see.

    They are counted for the whole portal, so that a limited user would see how many phones of
    other customers called.
    """
    if limits_of(session):
        return {"chart": None}
    counts = queries.counts_since(session, now - timedelta(hours=hours - 1))
    return {
        "chart": chart.chart_of(_by_hour(counts), now, hours),
        "drawing": chart,
        "hours": hours,
        "hours_choices": chart.HOURS,
        "refusals": _refusals(counts, hours),
    }


def _by_hour(counts: Iterable[CheckInHour]) -> list[tuple[datetime, int, int]]:
    good: Counter[datetime] = Counter()
    bad: Counter[datetime] = Counter()
    for one in counts:
        if one.outcome in outcomes.GOOD:
            good[one.hour] += one.count
        elif one.outcome in outcomes.BAD:
            bad[one.hour] += one.count
    return [(at, good[at], bad[at]) for at in {*good, *bad}]


def _refusals(counts: Iterable[CheckInHour], hours: int) -> list[Refusal]:
    by_reason: Counter[str] = Counter()
    for one in counts:
        if one.outcome in outcomes.BAD:
            by_reason[one.reason] += one.count
    return [
        Refusal(
            reason,
            count,
            outcomes.REASONS.get(reason, ""),
            url_for("dashboard.refusals", reason=reason, hours=hours)
            if reason in outcomes.REASONS
            else "",
        )
        for reason, count in by_reason.most_common()
    ]


def _spreads(rows: Iterable[tuple[str, str, str, int]]) -> list[Spread]:
    models: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for vendor, model, version, count in rows:
        models.setdefault((vendor, model), []).append((version, count))
    largest = sorted(models.items(), key=lambda item: -sum(n for _, n in item[1]))
    return [_spread(vendor, model, told) for (vendor, model), told in largest[:_MOST]]


def _spread(vendor: str, model: str, told: list[tuple[str, int]]) -> Spread:
    total = sum(count for _, count in told)
    told.sort(key=lambda pair: -pair[1])
    versions = [
        (
            version,
            count,
            round(100 * count / total),
            url_for("devices.index", vendor=vendor, model=model, firmware=version),
        )
        for version, count in told[:_MOST]
    ]
    return Spread(f"{vendor} {model}", versions)


def _jobs(session: Session) -> list[tuple[str, str, queries.Job]]:
    """Return what runs or waits, each with what it is and its address."""
    jobs = []
    if can("import.run"):
        for one in queries.running_imports(session):
            jobs.append(("Import of", url_for("imports.show", import_id=one.id), one))
    if can("device.edit"):
        for one in queries.running_bulk_changes(session):
            jobs.append(("Change of devices:", url_for("devices.show_bulk", bulk_id=one.id), one))
    return jobs


def _steps(session: Session, config: Config, own: certificate.Certificate) -> list[checklist.Step]:
    """Return the first steps; none once they are all done, or were dismissed."""
    if queries.is_checklist_dismissed(session):
        return []
    address = _address_of("certificates.index") or "#own-certificate"
    steps = checklist.steps_of(queries.begun(session), own, bool(config.public_url), address)
    return steps if not all(step.is_done for step in steps) else []


def _address_of(endpoint: str) -> str:
    """Return the address of a page that this portal may not have."""
    return url_for(endpoint) if endpoint in current_app.view_functions else ""
