"""Raw vendor parameters in a form: those that hold a secret are masked, and come back unchanged."""

from __future__ import annotations

from collections.abc import Mapping

from portal.vendors.context import MASK
from portal.vendors.schema import Family


def shown(parameters: Mapping[str, str], family: Family | None) -> dict[str, str]:
    """Return parameters as people may see them."""
    return {
        name: MASK if value and holds_secret(name, family) else value
        for name, value in parameters.items()
    }


def restored(
    typed: Mapping[str, str], present: Mapping[str, str], family: Family | None
) -> dict[str, str]:
    """Return what was typed; where a mask was left standing, the present value."""
    return {
        name: present[name]
        if value == MASK and name in present and holds_secret(name, family)
        else value
        for name, value in typed.items()
    }


def holds_secret(name: str, family: Family | None) -> bool:
    return bool(family and family.secrets.search(name))
