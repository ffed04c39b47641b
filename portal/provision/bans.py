"""Count refused requests, for all workers alike, and tell what follows from it.

A ban refuses nothing by itself: what was refused is refused alike, and a proof always counts. It
ends what would be given without proof: the file for a MAC alone in a customer's networks. An alert
of a site address or of the whole portal leaves releases to people.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from portal.models import Ban, Refusal
from portal.provision import counting
from portal.provision.counting import ADDRESS, ALL, COUNTS, GRACE, LIMITS, SITE
from portal.provision.writing import writing

log = logging.getLogger(__name__)

_REFRESH = timedelta(seconds=1)
_REMEMBERED = 5_000


class Bans:
    """Of one process; what it counts and what it knows is in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._in_force: frozenset[tuple[str, str]] = frozenset()
        self._read_at: datetime | None = None
        self._counted: dict[tuple[str, str, str], datetime] = {}

    def is_banned(self, address: str, now: datetime) -> bool:
        return (ADDRESS, counting.key_of(address)) in self.in_force(now)

    def asks_first(self, owner: int, now: datetime) -> bool:
        """Do releases over this site address (0: the portal's own) wait for a person?"""
        return bool({(SITE, str(owner)), (ALL, "")} & self.in_force(now))

    def in_force(self, now: datetime) -> frozenset[tuple[str, str]]:
        """Return all bans as (scope, key), at most a second old."""
        if self._read_at is None or abs(now - self._read_at) >= _REFRESH:
            with self._engine.connect() as connection:
                self._in_force = frozenset(in_force(connection, now))
            self._read_at = now
        return self._in_force

    def note(self, scope: str, key: str, what: str, weight: int, now: datetime) -> None:
        """Count a refusal, and ban when it is one too many. Never fails: the refusal matters more.

        What counts already, or would count for somebody banned, costs no statement.
        """
        if (scope, key) in self.in_force(now) or self._is_counted((scope, key, what), now):
            return
        try:
            with writing(self._engine) as connection:
                tries = add(connection, scope, key, what, weight, now)
                judge(connection, scope, {key}, now)
        except SQLAlchemyError:
            log.warning("a refusal was not counted", exc_info=True)
            return
        if tries >= COUNTS:
            self._remember((scope, key, what), now)
        self._read_at = None

    def _is_counted(self, one: tuple[str, str, str], now: datetime) -> bool:
        at = self._counted.get(one)
        return at is not None and abs(now - at) < LIMITS[one[0]].within / 2

    def _remember(self, one: tuple[str, str, str], now: datetime) -> None:
        with self._lock:
            if len(self._counted) >= _REMEMBERED:
                self._counted.clear()
            self._counted[one] = now


def in_force(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    rows = connection.execute(
        select(Ban.scope, Ban.key, Ban.since_at, Ban.until_at).where(
            Ban.until_at > now, Ban.lifted_at.is_(None)
        )
    )
    return [
        (row.scope, row.key)
        for row in rows
        if counting.is_in_force(row.since_at, row.until_at, now)
    ]


def add(connection: Connection, scope: str, key: str, what: str, weight: int, now: datetime) -> int:
    """Add to what (`scope`, `key`) was refused; returns how much it weighs now."""
    one = Refusal.scope == scope, Refusal.key == key, Refusal.what == what
    known = connection.execute(
        select(Refusal.tries, Refusal.counts_at).where(
            *one, Refusal.at > now - LIMITS[scope].within
        )
    ).first()
    tries = weight + (known.tries if known else 0)
    counts_at = known.counts_at if known else None
    if weight == 0:
        counts_at = counts_at or now + GRACE
    if tries >= COUNTS:
        counts_at = min(counts_at or now, now)
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"tries": tries, "at": now, "counts_at": counts_at}
    statement = dialect.insert(Refusal).values(scope=scope, key=key, what=what, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["scope", "key", "what"], set_=values)
    )
    return tries


def judge(connection: Connection, scope: str, keys: Iterable[str], now: datetime) -> None:
    """Ban those of `keys` that have too much counted against them, and look at the whole."""
    held = set(in_force(connection, now))
    for key in sorted(keys):
        mine = Refusal.scope == scope, Refusal.key == key
        _judge(connection, held, scope, key, select(func.count()).where(*mine), now)
    macs = select(func.count(Refusal.what.distinct())).where(Refusal.what.not_like("name %"))
    _judge(connection, held, ALL, "", macs, now)


def _judge(
    connection: Connection,
    held: set[tuple[str, str]],
    scope: str,
    key: str,
    counted: Select[int],
    now: datetime,
) -> None:
    limit = LIMITS[scope]
    if (scope, key) in held:
        return
    found = connection.execute(
        counted.where(Refusal.counts_at <= now, Refusal.at > now - limit.within)
    ).scalar_one()
    if found < limit.count:
        return
    before = connection.execute(
        select(func.count())
        .select_from(Ban)
        .where(Ban.scope == scope, Ban.key == key, Ban.until_at > now - counting.FORGIVEN)
        .where(Ban.lifted_at.is_(None))
    ).scalar_one()
    reason = limit.sentence.format(count=found)
    until = now + counting.length_of(before)
    connection.execute(
        insert(Ban).values(scope=scope, key=key, since_at=now, until_at=until, reason=reason)
    )
    log.warning("%s %s: %s", scope, key, reason)


def note_challenges(
    connection: Connection,
    challenged: Iterable[tuple[str, str]],
    answered: Iterable[tuple[str, str]],
    now: datetime,
) -> None:
    """Take up first requests without credentials, as (address, MAC), and the right answers.

    Called with the check-ins, so that an honest Digest exchange costs no write of its own.
    """
    challenged = {(counting.key_of(address), mac) for address, mac in challenged}
    answered = {(counting.key_of(address), mac) for address, mac in answered}
    for key, mac in sorted(answered):
        one = Refusal.scope == ADDRESS, Refusal.key == key, Refusal.what == mac
        connection.execute(delete(Refusal).where(*one))
    for key, mac in sorted(challenged - answered):
        add(connection, ADDRESS, key, mac, 0, now)
    if challenged:
        judge(connection, ADDRESS, {key for key, _ in challenged}, now)
    connection.execute(delete(Refusal).where(Refusal.at < now - LIMITS[SITE].within))
