"""Which page of a list is shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pages:
    """Page `number` (from 1) of a list of `total` rows, `size` rows a page."""

    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """Place in the list of the first row shown, from 1; 0 when there is none."""
        return min((self.number - 1) * self.size + 1, self.total)

    @property
    def last_row(self) -> int:
        return min(self.number * self.size, self.total)

    @property
    def links(self) -> list[int | None]:
        """Page numbers to offer; None where some are left out: 1 … 6 7 8 … 40."""
        near = {1, self.last, *range(self.number - 1, self.number + 2)}
        shown = sorted(n for n in near if 1 <= n <= self.last)
        links: list[int | None] = []
        for before, n in zip([0, *shown], shown, strict=False):
            links += [n - 1] if n - before == 2 else [None] if n - before > 2 else []
            links.append(n)
        return links


def page_number(text: str | None) -> int:
    """Return the page asked for in an address; 1 when it is missing or no number."""
    return max(1, int(text)) if text and text.isdecimal() and len(text) < 8 else 1
