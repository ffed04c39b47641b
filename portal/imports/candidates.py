"""Judge columns by what stands in them: which may hold the MACs, which a model. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from portal.imports.layouts import Meaning, meaning_of
from portal.imports.macs import looks_like_mac, read_mac
from portal.imports.sheets import Line, cell_text
from portal.vendors.schema import Families

_SAMPLE = 500


class Candidates:
    """The columns below a header, and what a sample of their cells looks like."""

    def __init__(
        self, body: Sequence[Line], headers: Sequence[str], known_prefixes: Collection[str]
    ) -> None:
        self._body = body
        self._headers = headers
        self._known = known_prefixes
        self._counts: dict[int, int] = {}

    def places(self) -> range:
        """Return all columns that have something in the sample."""
        return range(max((len(line.cells) for line in self._body[:_SAMPLE]), default=0))

    def sample(self, place: int) -> list[object]:
        """Return the filled cells of a column's first lines."""
        return [
            line.cells[place]
            for line in self._body[:_SAMPLE]
            if place < len(line.cells) and cell_text(line.cells[place])
        ]

    def macs_in(self, place: int) -> int:
        """Return how many cells of the sample are a MAC and nothing else."""
        if place not in self._counts:
            self._counts[place] = sum(self._is_mac(cell) for cell in self.sample(place))
        return self._counts[place]

    def has_letters(self, place: int) -> bool:
        """Do most of a column's cells have a letter, as names of models do?"""
        cells = [cell_text(cell) for cell in self.sample(place)]
        return 2 * sum(any(c.isalpha() for c in cell) for cell in cells) > len(cells)

    def best_mac(self, macs: Sequence[tuple[int, Meaning]]) -> int | None:
        """Return the one MAC column among those whose header says so; None when it must be asked.

        One that holds addresses beats an empty one, the wired one the others, an exact header a
        longer one; equals with the same content are one.
        """
        if len(macs) > 1:
            macs = [(place, told) for place, told in macs if self.macs_in(place)] or list(macs)
        if len(macs) > 1:
            sure = [pair for pair in macs if pair[1].strength > 1]
            macs = sure or macs
            best = max(told.rank for _, told in macs)
            macs = [(place, told) for place, told in macs if told.rank == best]
        if len(macs) > 1 and not self._are_equal([place for place, _ in macs]):
            return None
        return macs[0][0] if macs else None

    def is_about_macs(self, place: int) -> bool:
        """Does any cell of the sample look like an attempt at a MAC?"""
        readings = (read_mac(cell, self._known) for cell in self.sample(place))
        return any(r.reason != "mac_bad_character" for r in readings)

    def mac_columns(self, serial: int | None, has_header: bool) -> tuple[int, ...]:
        """Return the columns that may be the MAC's by their content, the headers saying nothing,
        or too much.

        Half as many addresses as in the best column make a candidate. A column that its header
        names for something else is none; only `serial`, that of the serials, where no other is.
        """
        counts = {place: self.macs_in(place) for place in self.places()}
        named = [place for place, told in self._named_mac() if counts.get(place)]
        if len(named) > 1:
            return tuple(named)
        free = {place: n for place, n in counts.items() if n and not self._is_known(place)}
        if not free and has_header:
            free = {place: n for place, n in counts.items() if n and place == serial}
        most = max(free.values(), default=0)
        places = [place for place, count in free.items() if 2 * count >= most]
        return (places[0],) if self._are_equal(places) else tuple(places)

    def _named_mac(self) -> list[tuple[int, Meaning]]:

        told = ((place, meaning_of(header)) for place, header in enumerate(self._headers))
        return [(place, meaning) for place, meaning in told if meaning and meaning.field == "mac"]

    def _is_known(self, place: int) -> bool:

        header = self._headers[place] if place < len(self._headers) else ""
        meaning = meaning_of(header) if header else None
        return meaning is not None and meaning.field not in ("mac", "sometimes_mac")

    def _are_equal(self, places: Sequence[int]) -> bool:
        """Do the columns hold the same addresses, line by line?"""
        return bool(places) and all(
            len({read_mac(c, ()).mac for c in self._cells(line, places)} - {None}) <= 1
            for line in self._body[:_SAMPLE]
        )

    @staticmethod
    def _cells(line: Line, places: Sequence[int]) -> list[object]:
        return [line.cells[place] for place in places if place < len(line.cells)]

    def _is_mac(self, cell: object) -> bool:
        mac = read_mac(cell, self._known).mac
        if mac is None:
            return False
        return mac[:6] in self._known or (isinstance(cell, str) and looks_like_mac(cell))


def field_by_content(cells: Sequence[object], families: Families, taken: set[str]) -> str | None:
    """Return "model" or "vendor" for a column without header whose cells are mostly such."""
    texts = {text for cell in cells if (text := cell_text(cell))}
    if not texts or len(texts) > 200:
        return None
    vendors = {family.vendor.casefold() for family in families.values()}
    if "vendor" not in taken and sum(t.casefold() in vendors for t in texts) * 2 > len(texts):
        return "vendor"
    if "model" not in taken and sum(bool(families.find_models(t)) for t in texts) * 2 > len(texts):
        return "model"
    return None
