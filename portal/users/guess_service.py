"""Counting wrong tries, in the database: all workers share it, and a restart forgets nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models import Guess
from portal.users.slowing import FORGET_S, Counter

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Counted:
    """A try that was counted, or has to wait. `is_first` in a while, as far as the widest knows."""

    wait_s: int
    is_first: bool = False
    slows: bool = False


def wait_s(session: Session, counters: Sequence[Counter], now: datetime) -> int:
    """Return the seconds until a try is taken; 0: now."""
    return _longest(counters, _stored(session, counters), now)


def count_try(session: Session, counters: Sequence[Counter], now: datetime) -> Counted:
    """Count a try as wrong before it is looked at, so that of many at once none slips through.

    One that comes too early is not counted, and not to be looked at. Follow a right one with
    `take_back`.
    """
    _make_missing(session, counters, now)
    stored = _stored(session, counters)
    if wait := _longest(counters, stored, now):
        return Counted(wait)
    slows = False
    for counter in counters:
        guess = stored[counter.key]
        guess.count = _live(guess, now) + 1
        guess.last_at = now
        slows = slows or guess.count == counter.curve.free
    return Counted(0, stored[counters[-1].key].count == 1, slows)


def take_back(session: Session, counters: Sequence[Counter]) -> None:
    """Note that the last try was right: nothing is held against this place, and one less else."""
    for number, guess in enumerate(_stored(session, counters).values()):
        guess.count = 0 if number == 0 else max(0, guess.count - 1)


def _stored(session: Session, counters: Sequence[Counter]) -> dict[str, Guess]:
    """Return what is stored, in the order of `counters`; locked, where rows can be."""
    keys = [counter.key for counter in counters]
    found = session.scalars(
        select(Guess).where(Guess.key.in_(keys)).order_by(Guess.id).with_for_update()
    )
    by_key = {guess.key: guess for guess in found}
    return {key: by_key[key] for key in keys if key in by_key}


def _make_missing(session: Session, counters: Sequence[Counter], now: datetime) -> None:
    session.execute(delete(Guess).where(Guess.last_at < now - timedelta(days=1)))
    insert = _INSERT[session.get_bind().dialect.name]
    rows = [{"key": counter.key, "count": 0, "last_at": now} for counter in counters]
    session.execute(insert(Guess).values(rows).on_conflict_do_nothing())


def _longest(counters: Sequence[Counter], stored: dict[str, Guess], now: datetime) -> int:
    return max((_rest_s(c, stored[c.key], now) for c in counters if c.key in stored), default=0)


def _rest_s(counter: Counter, guess: Guess, now: datetime) -> int:
    wait = counter.curve.wait_s(_live(guess, now))
    since = (now - guess.last_at).total_seconds()
    return max(0, min(wait, math.ceil(wait - since)))  # also where the clock was set back


def _live(guess: Guess, now: datetime) -> int:
    return 0 if now - guess.last_at > timedelta(seconds=FORGET_S) else guess.count
