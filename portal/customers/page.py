"""What the pages of a customer compare when somebody else was faster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.models import Customer
from portal.settings.catalogue import CATALOGUE
from portal.settings_form import as_stored, shown_in


def stored(customer: Customer) -> dict[str, str]:
    """Return what the form of a customer asks for, as stored now."""
    profile = customer.default_profile
    return {
        "name": customer.name,
        "default_profile": profile.name if profile else "None",
        "networks": "\n".join(customer.networks),
        "note": customer.note,
    }


def overtaken(customer: Customer, layer: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return where the stored settings say something else than `layer`: label, stored, typed."""
    typed = as_stored(layer)
    pairs = (
        (s.label, shown_in(customer.settings, k), shown_in(typed, k)) for k, s in CATALOGUE.items()
    )
    return [(label, theirs, mine) for label, theirs, mine in pairs if theirs != mine]
