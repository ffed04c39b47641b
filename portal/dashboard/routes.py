"""The first page after sign-in, and the requests behind its numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.dashboard import chart, page, queries, service
from portal.extensions import begin_write, db
from portal.paging import Pages, page_number
from portal.provision import outcomes
from portal.security import current_actor, require

bp = Blueprint("dashboard", __name__)
security.guard(bp)

_OUTCOMES = {
    outcomes.SERVED: "Requests that were served",
    outcomes.REFUSED: "Requests without a file of their own",
}


@bp.get("/")
@require("device.view")
def index() -> ResponseReturnValue:
    context = page.context_of(db.session(), datetime.now(UTC), _hours())
    return render_template("dashboard/index.html", **context)


@bp.get("/refusals")
@require("device.view")
def refusals() -> ResponseReturnValue:
    """The requests behind one reason of the dashboard."""
    kind, hours = request.args.get("reason", ""), _hours()
    if kind not in outcomes.REASONS:
        abort(404)
    session, size = db.session(), current_app.config["PORTAL"].rows_per_page
    since = datetime.now(UTC) - timedelta(hours=hours)
    since = since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    number = page_number(request.args.get("page"))
    rows, total = queries.page_of(session, queries.refused(kind, since), number, size)
    return htmx.render(
        "dashboard/refusals.html",
        "dashboard/_requests.html",
        kind=kind,
        hours=hours,
        remedy=outcomes.REASONS[kind],
        rows=rows,
        pages=Pages(number, size, total),
        args={"reason": kind, "hours": hours},
        list="dashboard.refusals",
    )


@bp.get("/requests")
@require("device.view")
def requests() -> ResponseReturnValue:
    """The requests behind a number of the chart: of one hour, or of all that are drawn."""
    outcome, hours = request.args.get("outcome", outcomes.SERVED), _hours()
    if outcome not in _OUTCOMES:
        abort(404)
    session, size = db.session(), current_app.config["PORTAL"].rows_per_page
    args: dict[str, Any] = {"outcome": outcome, "hours": hours}
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    since = until - timedelta(hours=hours)
    if hour := _hour_in(request.args.get("hour", "")):
        since, until = hour, hour + timedelta(hours=1)
        args = {"outcome": outcome, "hour": f"{hour:%Y-%m-%dT%H}"}
    number, found = page_number(request.args.get("page")), queries.answered(outcome, since, until)
    rows, total = queries.page_of(session, found, number, size)
    return htmx.render(
        "dashboard/requests.html",
        "dashboard/_requests.html",
        title=_OUTCOMES[outcome],
        since=since,
        until=until,
        rows=rows,
        pages=Pages(number, size, total),
        args=args,
        list="dashboard.requests",
    )


@bp.post("/checklist/dismiss")
@require("checklist.dismiss")
def dismiss_checklist() -> ResponseReturnValue:
    begin_write()
    service.dismiss_checklist(db.session(), current_actor(), datetime.now(UTC))
    db.session.commit()
    htmx.toast("The first steps are off the dashboard")
    return htmx.see_other("dashboard.index")


def _hour_in(text: str) -> datetime | None:
    """Return the hour that an address names, such as 2026-11-23T07; None where it names none."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None


def _hours() -> int:
    asked = request.args.get("hours", type=int)
    return asked if asked in chart.HOURS else page.HOURS
