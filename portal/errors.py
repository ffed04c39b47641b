"""Errors that cross a border between packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


class RuleBroken(Exception):  # noqa: N818 - it names what happened, not what failed
    """A rule of the business forbids what was asked.

    `message` is written for the person who asked: what is wrong, where, what to do. `field` is the
    form field, or command line argument, that it belongs to; None when it is the whole.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def parsed(field: str, parser: Callable[[T], U], given: T) -> U:
    """Return what `parser` makes of what was typed; raises RuleBroken on `field` with its words."""
    try:
        return parser(given)
    except ValueError as error:
        raise RuleBroken(str(error), field) from None


class SheetUnreadable(Exception):  # noqa: N818
    """An uploaded file is no list that can be read; the message names the remedy."""


class CannotRender(Exception):  # noqa: N818
    """A config file cannot be made; the message names the parameter and why."""


class Refused(Exception):  # noqa: N818
    """A phone may not have what it asks for.

    `reason` is for our check-ins only. The phone sees `status` and nothing else. `weight`: how much
    it counts against the address, see provision/counting.py.
    """

    def __init__(self, reason: str, status: int = 404, weight: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.weight = weight
