"""What of the families a search finds, and how the catalogue shows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from portal.imports.macs import macs_in
from portal.vendors.schema import Families, Family, Model

# In the order of how sure they are, with the look of shared/_ui.html's status().
SURENESS = {"vendor guide": "ok", "open source": "info", "from memory": "warn"}
_SHOWN_MODELS = 24


@dataclass(frozen=True)
class Found:
    """A family in the list; `models` are those that the search means, empty: it is the family."""

    family: Family
    models: tuple[Model, ...]
    devices: int

    @property
    def shown(self) -> tuple[Model, ...]:
        return self.models[:_SHOWN_MODELS]

    @property
    def ports(self) -> str:
        """``1–16``"""
        numbers = [model.ports for model in self.family.models.values()]
        least, most = min(numbers), max(numbers)
        return str(least) if least == most else f"{least}–{most}"


def sureness(family: Family) -> dict[str, str]:
    """Return the words for how sure the facts are, with their look; surest first."""
    claim = family.confidence.partition(";")[0]
    return {word: look for word, look in SURENESS.items() if word in claim}


def find(
    families: Families, q: str, counts: Mapping[tuple[str, str], int]
) -> dict[str, list[Found]]:
    """Return the families that `q` means, by vendor in alphabetical order; blank: all.

    By vendor, name, model in any spelling, first digits of a MAC, or a file's name.
    """
    text = q.strip()
    meant = {family.key for family in _families_meant(families, text)} if text else set(families)
    groups: dict[str, list[Found]] = {}
    for family in sorted(families.values(), key=lambda f: (f.vendor.lower(), f.label.lower())):
        models = _models_meant(families, family, text) if text else ()
        if family.key in meant or models:
            devices = sum(counts.get((family.key, name), 0) for name in family.models)
            groups.setdefault(family.vendor, []).append(Found(family, models, devices))
    return groups


def _families_meant(families: Families, text: str) -> list[Family]:
    words = text.lower().split()
    named = [f for f in families.values() if all(w in _words_of(f) for w in words)]
    digits = re.sub(r"[:.\- ]", "", text.lower())
    for mac in macs_in(text) or [digits]:
        if re.fullmatch("[0-9a-f]{6,12}", mac):
            named += families.by_oui(mac)
    if "." in text:
        named += [family for family, _, _ in families.asked(text)]
    return named


def _words_of(family: Family) -> str:
    return f"{family.vendor} {family.label} {family.key}".lower()


def _models_meant(families: Families, family: Family, text: str) -> tuple[Model, ...]:
    exact = [model for owner, model in families.find_models(text) if owner is family]
    plain = _plain(text)
    holding = [
        model
        for model in family.models.values()
        if len(plain) > 1
        and model not in exact
        and any(plain in _plain(name) for name in (model.name, *model.aliases))
    ]
    return (*exact, *holding)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return re.sub(r"[\s_\-]", "", text.lower())
