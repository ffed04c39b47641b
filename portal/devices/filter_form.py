"""The list's filter as it stands in the address: its fields, their choices, its chips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.devices import status
from portal.devices.filters import SORTS, Filters
from portal.devices.forms import STATES
from portal.devices.lists import Options
from portal.values import id_in
from portal.vendors import FAMILIES

Choices = Sequence[tuple[str, str]]

PORT_USES = {"not-used": "no port used", "partly": "partly used", "full": "all ports used"}
_LONGEST = 200

# Name in the address: label, and what the empty choice says. The first few are always in sight.
_FIELDS = {
    "status": ("Status", "Any status"),
    "customer": ("Customer", "Any customer"),
    "model": ("Model", "Any model"),
    "ports": ("Ports", "Any port use"),
    "profile": ("Profile", "Any profile"),
    "vendor": ("Vendor", "Any vendor"),
    "family": ("Family", "Any family"),
    "firmware": ("Firmware", "Any firmware"),
    "state": ("State", "Any state"),
    "seen": ("Seen", "Seen or not"),
    "behind": ("Up to date", "Behind or not"),
}
_IN_SIGHT = 4


@dataclass(frozen=True)
class FilterField:
    """A choice of the filter; `value` is chosen, "" is none."""

    name: str
    label: str
    choices: Choices
    value: str


@dataclass(frozen=True)
class Chip:
    """A filter in force; `args` are those of the list without it."""

    label: str
    text: str
    args: Mapping[str, str]


class FilterForm:
    """What makes no sense in an address finds nothing, or is ignored where it is no choice."""

    def __init__(self, args: Mapping[str, str]) -> None:
        given = {name: args.get(name, "").strip()[:_LONGEST] for name in ("q", *_FIELDS)}
        self.given = {name: text for name, text in given.items() if text}
        self.sort = args.get("sort", "") if args.get("sort", "") in SORTS else ""
        self.is_descending = args.get("dir") == "desc" if self.sort else True
        self._choices: dict[str, Choices] = {}

    @property
    def q(self) -> str:
        return self.given.get("q", "")

    @property
    def filters(self) -> Filters:
        given = self.given
        return Filters(
            q=self.q,
            customer_id=_id_in(given.get("customer")),
            profile_id=_id_in(given.get("profile")),
            vendor=given.get("vendor", ""),
            family=given.get("family", ""),
            model=given.get("model", ""),
            firmware=given.get("firmware", ""),
            state=given.get("state", ""),
            status=given.get("status", ""),
            ports=given.get("ports", "") if given.get("ports") in PORT_USES else "",
            seen=given.get("seen", ""),
            is_behind=given.get("behind") == "1",
        )

    @property
    def order(self) -> dict[str, str]:
        """Return how the list is sorted, as arguments of its address."""
        if not self.sort:
            return {}
        return {"sort": self.sort, "dir": "desc" if self.is_descending else "asc"}

    @property
    def args(self) -> dict[str, str]:
        """Return filter and order as arguments of the list's address."""
        return self.given | self.order

    def sorted_by(self, sort: str) -> dict[str, str]:
        """Return the arguments of the list sorted by `sort`; the other way round where it is."""
        turns = self.sort == sort and not self.is_descending
        return self.given | {"sort": sort, "dir": "desc" if turns else "asc"}

    def offer(self, options: Options) -> None:
        families = sorted(FAMILIES.values(), key=lambda family: family.label)
        vendors = sorted({family.vendor for family in families})
        self._choices = {
            "status": list(status.LABELS.items()),
            "customer": options.customers,
            "model": options.models,
            "ports": list(PORT_USES.items()),
            "profile": options.profiles,
            "vendor": [(vendor, vendor) for vendor in vendors],
            "family": [(family.key, family.label) for family in families],
            "firmware": options.firmwares,
            "state": list(STATES.items()),
            "seen": [("never", "never seen"), ("yes", "seen")],
            "behind": [("1", "behind: lacks the last change")],
        }

    @property
    def fields(self) -> list[FilterField]:
        """Return the fields that are always in sight."""
        return self._all()[:_IN_SIGHT]

    @property
    def more_fields(self) -> list[FilterField]:
        return self._all()[_IN_SIGHT:]

    @property
    def has_more(self) -> bool:
        """Is any of the fields in use that are not always in sight?"""
        return any(field.value for field in self.more_fields)

    @property
    def chips(self) -> list[Chip]:
        found = [Chip("Search", f"“{self.q}”", self._without("q"))] if self.q else []
        return found + [
            Chip(field.label, dict(field.choices)[field.value], self._without(field.name))
            for field in self._all()
            if field.value
        ]

    @property
    def said(self) -> str:
        """Return the filter in words; empty for none."""
        return ", ".join(f"{chip.label.lower()} {chip.text}" for chip in self.chips)

    def _without(self, name: str) -> dict[str, str]:
        return {key: text for key, text in self.args.items() if key != name}

    def _all(self) -> list[FilterField]:
        fields = []
        for name, (label, nothing) in _FIELDS.items():
            value, choices = self.given.get(name, ""), list(self._choices.get(name, ()))
            if value and value not in dict(choices):
                choices.append((value, f"{value} (none)"))
            fields.append(FilterField(name, label, [("", nothing), *choices], value))
        return fields


def _id_in(text: str | None) -> int | None:
    """Return the id that stands in an address; -1, which nobody has, for what is none."""
    return None if not text else id_in(text) or -1
