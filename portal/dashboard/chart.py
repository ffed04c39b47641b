"""Fetches per hour as bars: where each stands in the drawing. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HOURS = (24, 48)
# Of the drawing, in its own units; the style sheet makes it as wide as the page.
WIDTH, HEIGHT, TOP, LEFT, BOTTOM = 960, 200, 12, 52, 24


@dataclass(frozen=True)
class Bar:
    """One hour: how many went well and not, and the two parts of its bar from the bottom up."""

    at: datetime
    good: int
    bad: int
    x: float
    width: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float


@dataclass(frozen=True)
class Line:
    """A line across the drawing, at a round number."""

    y: float
    count: int


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]

    @property
    def good(self) -> int:
        return sum(bar.good for bar in self.bars)

    @property
    def bad(self) -> int:
        return sum(bar.bad for bar in self.bars)

    @property
    def marks(self) -> list[Bar]:
        """Return the bars whose hour is written below: every sixth of the day."""
        return [bar for bar in self.bars if bar.at.hour % 6 == 0]


def chart_of(counts: Iterable[tuple[datetime, int, int]], now: datetime, hours: int) -> Chart:
    """Draw counts (hour, good, bad) of the last `hours`, the present one included."""
    told = {at: (good, bad) for at, good, bad in counts}
    last = now.replace(minute=0, second=0, microsecond=0)
    times = [last - timedelta(hours=back) for back in range(hours - 1, -1, -1)]
    most = rounded_up(max((sum(told.get(at, (0, 0))) for at in times), default=0))
    room, step = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT) / hours
    bars = []
    for place, at in enumerate(times):
        good, bad = told.get(at, (0, 0))
        good_height, bad_height = room * good / most, room * bad / most
        floor = HEIGHT - BOTTOM
        bars.append(
            Bar(
                at=at,
                good=good,
                bad=bad,
                x=round(LEFT + place * step + step * 0.12, 1),
                width=round(step * 0.76, 1),
                good_y=round(floor - good_height, 1),
                good_height=round(good_height, 1),
                bad_y=round(floor - good_height - bad_height, 1),
                bad_height=round(bad_height, 1),
            )
        )
    lines = [
        Line(round(HEIGHT - BOTTOM - room * part, 1), int(most * part)) for part in (0, 0.5, 1)
    ]
    return Chart(tuple(bars), tuple(lines))


def rounded_up(count: int) -> int:
    """Return the next even round number: 2, 4, 10, 20, 40, 100 …"""
    step = 2
    while True:
        for factor in (1, 2, 5):
            if step * factor >= count:
                return step * factor
        step *= 10
