"""Writing what the dashboard remembers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.models import Site


def dismiss_checklist(session: Session, actor: Actor, now: datetime) -> None:
    """Take the first steps off the dashboard, for everybody and for good."""
    site = session.get_one(Site, 1)
    if site.checklist_dismissed_at is None:
        site.checklist_dismissed_at = now
        audit.record(session, actor, "checklist.dismiss", site, {"dismissed": (False, True)})
