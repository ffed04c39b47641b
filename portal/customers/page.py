"""What the pages of a customer compare when somebody else was faster. Pure."""

from __future__ import annotations

from portal.models import Customer


def stored(customer: Customer) -> dict[str, str]:
    """Return what the form of a customer asks for, as stored now."""
    profile = customer.default_profile
    return {
        "name": customer.name,
        "default_profile": profile.name if profile else "None",
        "networks": "\n".join(customer.networks),
        "note": customer.note,
    }
