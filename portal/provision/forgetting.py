"""Forget check-ins, and the counts of hours, that are older than the portal keeps them.

A few after each few that are written: so it keeps pace with any number of phones, needs no clock of
its own, and nobody waits long for the database.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_

from portal.models import CheckIn, CheckInHour

# Several times what is written at once, so that what has gathered goes as well.
AT_ONCE = 1_000
_OF_HOUR = CheckInHour.hour, CheckInHour.outcome, CheckInHour.reason


def forget(connection: Connection, before: datetime, most: int = AT_ONCE) -> int:
    """Delete check-ins from before that time, the oldest first; return how many, at most `most`."""
    # PostgreSQL: what another process is forgetting now is left to it.
    oldest = select(CheckIn.id).where(CheckIn.at < before).order_by(CheckIn.at).limit(most)
    oldest = oldest.with_for_update(skip_locked=True)
    gone = connection.execute(delete(CheckIn).where(CheckIn.id.in_(oldest))).rowcount
    if gone:
        hours = select(*_OF_HOUR).where(CheckInHour.hour < before).with_for_update(skip_locked=True)
        connection.execute(delete(CheckInHour).where(tuple_(*_OF_HOUR).in_(hours)))
    return gone
