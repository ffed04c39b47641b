"""A list of customers: its fields, and what its rows come to beside what is stored. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal import values
from portal.customers.trust import LEVELS
from portal.imports.sheets import one_line
from portal.list_imports.fields import Field
from portal.list_imports.plan import Row
from portal.provision.levels import LAN, STANDARD


def parse_networks(text: str) -> str:
    """Return networks as a list has them: in CIDR notation, with commas. Raises ValueError."""
    return ", ".join(values.parse_networks(text))


def parse_level(text: str) -> str:
    """Return the key of a trust level. Raises ValueError."""
    if (level := text.strip().casefold()) in LEVELS:
        return level
    raise ValueError(f"“{text}” is no trust level; there are strict, standard and lan")


FIELDS = (
    Field("name", "Customer", values.parse_line, 200, 30, is_kept=True,
          help="Its name, which says which customer is meant; in capitals or not is the same."),
    Field("networks", "Allowed networks", parse_networks, 5_000, 36,
          help="Where its phones may fetch their first file from, with commas: 192.0.2.0/24, "
          "2001:db8::/48. Empty for a new customer: from anywhere."),
    Field("default_profile", "Default profile", values.parse_line, 200, 22,
          help="A profile that exists, for its devices that have none of their own."),
    Field("trust_level", "Trust level", parse_level, 20, 14, is_kept=True,
          help="strict, standard or lan; lan needs allowed networks."),
    Field("note", "Note", str.strip, 2_000, 50, has_lines=True),
)  # fmt: skip
KEYS = ("name",)


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What is stored of a customer. `trust_level` holds now; `is_lan` if it is, or comes back."""

    id: int
    name: str
    networks: str = ""
    default_profile: str = ""
    trust_level: str = STANDARD
    note: str = ""
    is_lan: bool = False


def compare(
    rows: Sequence[Row], stored: Mapping[str, CustomerFacts], profiles: Collection[str]
) -> None:
    """Find what each row is about, and what it changes; `stored` is by name in lower case."""
    names = {one_line(name).casefold(): name for name in profiles}
    for row in rows:
        _check_profile(row, names)
        name = row.values.get("name")
        if not name:
            row.problems.setdefault("name", "A customer needs a name")
            continue
        facts = stored.get(one_line(name).casefold())
        row.key = one_line(name).casefold()
        if facts is not None:
            row.stored = facts.id
            _compare(row, facts)
        _check_level(row, facts)


def _check_profile(row: Row, names: Mapping[str, str]) -> None:
    if text := row.values.get("default_profile"):
        if stored := names.get(one_line(text).casefold()):
            row.values["default_profile"] = stored
        else:
            row.problems["default_profile"] = (
                f"There is no profile “{text}”; create it first, or correct the name"
            )


def _compare(row: Row, facts: CustomerFacts) -> None:
    row.values["name"] = facts.name
    for name in ("networks", "default_profile", "trust_level", "note"):
        new, old = row.values.get(name), getattr(facts, name)
        if new is not None and new != "\n".join(old.splitlines()).strip():
            row.changes[name] = [old, new]


def _check_level(row: Row, facts: CustomerFacts | None) -> None:
    """Hold the rules of service.py and trust_service.py, and say what a level gives up."""
    networks = row.values.get("networks", facts.networks if facts else "")
    level = row.values.get("trust_level", facts.trust_level if facts else STANDARD)
    is_changed = "trust_level" in row.changes or (facts is None and level != STANDARD)
    if level == LAN and not networks and is_changed:
        row.problems["trust_level"] = (
            "Without allowed networks the level “lan” would give every file to everybody; add the "
            "networks too"
        )
    elif not networks and facts and facts.networks and facts.is_lan and not is_changed:
        row.problems["networks"] = (
            "Its phones prove themselves by these networks alone; raise its trust level first"
        )
    elif is_changed and LEVELS[level].gives_up:
        row.warnings += (f"Trust level {level}: {LEVELS[level].gives_up}",)
