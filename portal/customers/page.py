"""What the pages of a customer show of its phones, and compare when somebody else was faster."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.devices import list_page, lists
from portal.devices.filters import Filters
from portal.devices.list_page import Row
from portal.models import Customer

_SHOWN_PHONES = 8


def stored(customer: Customer) -> dict[str, str]:
    """Return what the form of a customer asks for, as stored now."""
    profile = customer.default_profile
    return {
        "name": customer.name,
        "default_profile": profile.name if profile else "None",
        "networks": "\n".join(customer.networks),
        "note": customer.note,
    }


def phones_of(session: Session, customer: Customer, now: datetime) -> list[Row]:
    """Return the newest devices of a customer, as the inventory shows them."""
    filters = Filters(customer_id=customer.id, at=now)
    found, _total = lists.page_of_devices(session, filters, 1, _SHOWN_PHONES)
    return [list_page.row_of(item, filters) for item in found]
