from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.profiles import listing, service
from tests.factories import ACTOR, make_customer, make_device, make_profile

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def estate(session, sealer):
    """Base without devices, Retail with a draft, Shops for Snom with a version that waits."""
    base = make_profile(session, "Base")
    retail = make_profile(session, "Retail", parent=base)
    service.save_draft(session, ACTOR, sealer, retail, {"sip.transport": "tls"})
    shops = make_profile(session, "Shops", family="snom")
    service.save_draft(session, ACTOR, sealer, shops, {"sip.transport": "tls"})
    service.publish(session, ACTOR, shops, NOW, "", NOW + timedelta(days=1))
    make_device(session, profile=retail)
    customer = make_customer(session)
    customer.default_profile = retail
    make_device(session, customer=customer)
    session.commit()


def names(session, q="", family="", state=""):
    return [row.profile.name for row in listing.all_rows(session, q, family, state, now=NOW)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Base", "Retail", "Shops"]),
        ({"q": "hop"}, ["Shops"]),
        ({"family": "snom"}, ["Shops"]),
        ({"family": "any"}, ["Base", "Retail"]),
        ({"state": "draft"}, ["Retail"]),
        ({"state": "waiting"}, ["Shops"]),
        ({"state": "unused"}, ["Base", "Shops"]),
        ({"state": "base"}, ["Base"]),
        ({"state": "nonsense"}, []),
    ],
)
def test_list_is_narrowed(session, estate, asked, found):
    assert names(session, **asked) == found


def test_rows_count_devices_and_children(session, estate):
    rows = {row.profile.name: row for row in listing.all_rows(session, now=NOW)}
    assert (rows["Retail"].devices, rows["Base"].devices, rows["Base"].children) == (2, 0, 1)


def test_only_families_that_profiles_are_for_are_offered(session, estate):
    keys = [key for key, _label in listing.used_families(session)]
    assert keys == ["any", "snom"]
