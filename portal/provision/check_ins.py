"""Record check-ins off the road: they wait in memory and are written together.

A crash loses at most the last few seconds. Only counters and times are written, never a file's
content, and never a token: the address asked for is kept as its file name alone. Old ones are
forgotten as new ones come.
"""

from __future__ import annotations

import atexit
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from portal.crypto import Sealer
from portal.models import CheckIn, CheckInHour, Device
from portal.provision import bans, fetched, forgetting, outcomes, unknown
from portal.provision.asked import PhoneRequest, Trail
from portal.provision.writing import writing

log = logging.getLogger(__name__)

MAX_WAITING = 20_000
# Entries beyond these lose what their file was made from, which is some kilobytes each.
MAX_INPUTS = 2_000


@dataclass(frozen=True)
class Entry:
    """One answered request."""

    at: datetime
    request: PhoneRequest
    trail: Trail
    status: int
    protocol: str

    @property
    def was_challenged(self) -> bool:
        """Did it come without credentials, as the first request of a Digest exchange does?"""
        return self.status == 401 and self.request.credentials is None


class CheckIns:
    """Takes entries from all threads of a process; one thread of its own writes them."""

    def __init__(
        self, engine: Engine, sealer: Sealer, flush_s: int, flush_count: int, keep_s: int
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._flush_s = flush_s
        self._flush_count = flush_count
        self._keep = timedelta(seconds=keep_s)
        self._waiting: list[Entry] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    def add(self, entry: Entry) -> None:
        """Take an entry; costs microseconds. Past MAX_WAITING the newest are dropped."""
        with self._lock:
            if len(self._waiting) >= MAX_INPUTS:
                entry.trail.inputs = None
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="check-ins", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
            full = len(self._waiting) >= self._flush_count
        if full:
            self._wake.set()

    def flush(self) -> None:
        """Write everything that waits, in one transaction; then forget some that are old."""
        with self._lock:
            entries, self._waiting = self._waiting, []
        if not entries:
            return
        try:
            with writing(self._engine) as connection:
                write(connection, self._sealer, entries)
        except OperationalError:
            # Somebody writes for longer than the database waits, a long list for instance.
            log.warning("%d check-ins wait for the database", len(entries))
            with self._lock:
                self._waiting = [*entries, *self._waiting][:MAX_WAITING]
        except Exception:
            log.exception("%d check-ins could not be written", len(entries))
        else:
            self._forget(entries[-1].at)

    def _forget(self, now: datetime) -> None:
        if not self._keep:
            return
        try:
            with writing(self._engine) as connection:
                forgetting.forget(connection, now - self._keep)
        except SQLAlchemyError:
            log.warning("old check-ins were not forgotten; after the next ones", exc_info=True)

    def stop(self) -> None:
        """Write what waits and end the thread, in a process that goes on without this app."""
        self._is_stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            atexit.unregister(self.flush)

    def _run(self) -> None:
        while not self._is_stopped:
            self._wake.wait(self._flush_s)
            self._wake.clear()
            self.flush()


def write(connection: Connection, sealer: Sealer, entries: list[Entry]) -> None:
    """Write entries, their counts, what they tell about devices, and callers nobody knows."""
    known = _still_there(connection, entries)
    rows = [_row(entry, known) for entry in entries]
    connection.execute(insert(CheckIn), rows)
    count(connection, [(row["at"], row["status"], row["reason"]) for row in rows])
    for device_id, values in _device_changes(entries).items():
        if device_id in known:
            connection.execute(update(Device).where(Device.id == device_id).values(values))
    bans.note_challenges(
        connection,
        [(e.request.address, e.trail.mac) for e in entries if e.trail.mac and e.was_challenged],
        [(e.request.address, e.trail.mac) for e in entries if e.trail.mac and e.trail.proof],
        entries[-1].at,
    )
    served = [(e.at, e.trail) for e in entries if e.status == 200 and e.trail.device_id in known]
    fetched.write(connection, sealer, served)
    unknown.write(connection, [unknown.caller_of(e.at, e.request, e.trail) for e in entries])


def count(connection: Connection, told: list[tuple[datetime, int, str]]) -> None:
    """Add check-ins (when, status, reason) to the counts of their hours."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(CheckInHour)
    statement = statement.on_conflict_do_update(
        index_elements=["hour", "outcome", "reason"],
        set_={"count": CheckInHour.count + statement.excluded.count},
    )
    # In one order in all processes: two that wait for each other's rows would be a deadlock.
    rows = [
        {"hour": hour, "outcome": outcome, "reason": reason, "count": times}
        for (hour, outcome, reason), times in sorted(outcomes.by_hour(told).items())
    ]
    if rows:
        connection.execute(statement, rows)


def _still_there(connection: Connection, entries: list[Entry]) -> set[int]:
    """Return the ids of devices that were not deleted since they called."""
    ids = {e.trail.device_id for e in entries if e.trail.device_id is not None}
    return set(connection.scalars(select(Device.id).where(Device.id.in_(ids)))) if ids else set()


def _row(entry: Entry, known: set[int]) -> dict[str, Any]:
    trail, request = entry.trail, entry.request
    return {
        "at": entry.at,
        "device_id": trail.device_id if trail.device_id in known else None,
        "mac": trail.mac,
        "filename": request.filename[:200],
        "protocol": entry.protocol,
        "address": request.address[:45],
        "user_agent": request.user_agent[:300],
        "proof": trail.proof,
        "status": entry.status,
        "reason": _reason(trail)[:200],
        "tag": trail.tag,
    }


def _reason(trail: Trail) -> str:
    """Return why a phone was refused, with what was wrong with its certificate."""
    return "; ".join(filter(None, (trail.reason, trail.reason and trail.certificate)))


def _device_changes(entries: list[Entry]) -> dict[int, dict[str, Any]]:
    changes: dict[int, dict[str, Any]] = {}
    for entry in entries:
        trail = entry.trail
        if trail.device_id is None:
            continue
        if not trail.proof:
            refused = {"refused_at": entry.at, "refusal": trail.reason[:200]}
            changes.setdefault(trail.device_id, {}).update(refused)
            continue
        values = changes.setdefault(trail.device_id, {})
        values |= {"last_seen_at": entry.at, "last_address": entry.request.address[:45]}
        if trail.firmware:
            values["last_firmware"] = trail.firmware[:60]
        if trail.proof == "certificate":
            values["last_certificate_at"] = entry.at
        if trail.is_own_file and entry.status in {200, 304}:
            late_at = entry.at + timedelta(seconds=2 * trail.interval_s)
            values |= {
                "last_fetched_at": entry.at,
                "last_fetched_tag": trail.tag,
                "late_at": late_at,
            }
            # Its own address may have been given to it by hand.
            values.setdefault("bound_at", func.coalesce(Device.bound_at, entry.at))
    return changes
