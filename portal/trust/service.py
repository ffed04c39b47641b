"""Writing what the Security page ends: bans and alerts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import Ban


def lift_ban(session: Session, actor: Actor, now: datetime, ban: Ban) -> None:
    """End a ban or an alert; what is refused from now on counts anew."""
    if ban.lifted_at is not None or ban.until_at <= now:
        raise RuleBroken("It is over already")
    ban.lifted_at, ban.lifted_by = now, actor.name
    changes = {"until": (ban.until_at, now), "address": (ban.key, None)}
    audit.record(session, actor, "ban.lift", ban, changes)
