"""Reading what the dashboard shows: counts of one scan at most, and the hours' table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.models import BulkChange, CheckIn, CheckInHour, Customer, Device, Import, Profile, Site
from portal.provision import outcomes

_SHOWN_JOBS = 20


@dataclass(frozen=True)
class Job:
    """Long work that waits, or is being done since `started_at`."""

    id: int
    name: str
    queued_at: datetime | None
    queued_by: str
    started_at: datetime | None


@dataclass(frozen=True)
class Begun:
    """What exists already of what a new portal needs."""

    has_profile: bool
    has_customer: bool
    has_device: bool
    has_fetched: bool


def counts_since(session: Session, since: datetime) -> list[CheckInHour]:
    """Return the counts of all hours from that of `since` on, oldest first."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    found = select(CheckInHour).where(CheckInHour.hour >= hour)
    return list(session.scalars(found.order_by(CheckInHour.hour)))


def firmwares(session: Session) -> list[tuple[str, str, str, int]]:
    """Return vendor, model, firmware last told, and how many devices, for all that told one."""
    counted = (
        select(Device.vendor, Device.model, Device.last_firmware, func.count())
        .where(Device.last_firmware != "")
        .group_by(Device.vendor, Device.model, Device.last_firmware)
    )
    return [(vendor, model, version, n) for vendor, model, version, n in session.execute(counted)]


def running_imports(session: Session) -> list[Job]:
    """Return lists that wait to be imported or are being so, the oldest first."""
    found = session.execute(
        select(Import.id, Import.filename, Import.queued_at, Import.queued_by, Import.started_at)
        .where(Import.queued_at.is_not(None), Import.applied_at.is_(None), Import.failure == "")
        .order_by(Import.queued_at)
        .limit(_SHOWN_JOBS)
    )
    return [Job(*row) for row in found]


def running_bulk_changes(session: Session) -> list[Job]:
    """Return changes of many devices that wait or are being made, the oldest first."""
    found = session.execute(
        select(
            BulkChange.id,
            BulkChange.said,
            BulkChange.queued_at,
            BulkChange.queued_by,
            BulkChange.started_at,
        )
        .where(BulkChange.queued_at.is_not(None), BulkChange.failure == "")
        .order_by(BulkChange.queued_at)
        .limit(_SHOWN_JOBS)
    )
    return [Job(*row) for row in found]


def count_open_windows(session: Session, now: datetime) -> int:
    """Return how many devices may set themselves up now, from any address."""
    found = select(func.count(Device.id)).where(
        Device.window_until > now, Device.window_address == ""
    )
    return session.scalar(found) or 0


def is_checklist_dismissed(session: Session) -> bool:
    return session.scalar(select(Site.checklist_dismissed_at).where(Site.id == 1)) is not None


def begun(session: Session) -> Begun:
    found = session.execute(
        select(
            exists(select(Profile.id)),
            exists(select(Customer.id)),
            exists(select(Device.id)),
            # By last_seen_at, which has an index: what fetched was seen.
            exists(
                select(Device.id).where(
                    Device.last_seen_at.is_not(None), Device.last_fetched_at.is_not(None)
                )
            ),
        )
    ).one()
    return Begun(*map(bool, found))


def refused(kind: str, since: datetime) -> Select[CheckIn]:
    """Return the statement of the check-ins from a time on whose reason counts as `kind`."""
    # The first condition is for the index: nearly all check-ins have no reason.
    told = and_(CheckIn.reason >= kind, CheckIn.reason.startswith(kind, autoescape=True))
    longer = [
        CheckIn.reason != other
        for other in outcomes.REASONS
        if other.startswith(kind) and other != kind
    ]
    return select(CheckIn).where(told, CheckIn.at >= since, *longer)


def answered(outcome: str, since: datetime, until: datetime) -> Select[CheckIn]:
    """Return the statement of the check-ins that the chart counts as ``served`` or ``refused``."""
    found = select(CheckIn).where(CheckIn.at >= since, CheckIn.at < until)
    if outcome == outcomes.SERVED:
        return found.where(CheckIn.reason == "")
    neither = [CheckIn.reason.startswith(kind, autoescape=True) for kind in outcomes.NEITHER]
    return found.where(CheckIn.reason > "", not_(or_(*neither)))


def page_of(
    session: Session, found: Select[CheckIn], page: int, size: int
) -> tuple[list[CheckIn], int]:
    """Return a page of check-ins, newest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = found.options(selectinload(CheckIn.device).selectinload(Device.customer))
    found = found.order_by(CheckIn.at.desc(), CheckIn.id.desc())
    return list(session.scalars(found.limit(size).offset((page - 1) * size))), total
