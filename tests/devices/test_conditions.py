from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.customers import service as customers
from portal.devices import conditions, status
from portal.devices.conditions import Conditions, count_by_status, standing_of
from portal.models import Site
from portal.profiles import service as profiles
from portal.sip_accounts import service as accounts
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

NOW = datetime(2099, 2, 14, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def stands(session, device, now=NOW):
    session.flush()
    return standing_of(session, device, now)


def seen(session, device, at=NOW - HOUR):
    """The phone fetched its file, as it was, at a time after everything that was done so far."""
    device.last_seen_at = device.last_fetched_at = at
    device.late_at = at + timedelta(days=2)
    device.refused_at = None
    session.flush()
    return device


@pytest.mark.parametrize(
    ("facts", "key", "text"),
    [
        ({"state": "retired"}, "retired", "retired"),
        ({"family": ""}, "no-model", "model unknown"),
        ({"state": "stock"}, "stock", "in stock"),
        ({"window_until": NOW + HOUR}, "waiting", "waiting"),
        ({"window_until": NOW}, "never", "never seen"),
        ({}, "never", "never seen"),
        ({"refused_at": NOW - HOUR, "refusal": "no window"}, "refused", "refused 1 h ago"),
        ({"last_seen_at": NOW - 3 * HOUR, "last_fetched_at": NOW}, "ok", "seen 3 h ago"),
        ({"last_seen_at": NOW - 3 * HOUR}, "pending", "pending, seen 3 h ago"),
        (
            {"last_seen_at": NOW - 3 * HOUR, "last_fetched_at": NOW, "late_at": NOW - HOUR},
            "late",
            "late, seen 3 h ago",
        ),
    ],
)
def test_a_device_has_one_status_and_words_for_it(session, facts, key, text):
    device = make_device(session)
    for name, value in {"state": "assigned", **facts}.items():
        setattr(device, name, value)
    standing = stands(session, device)
    assert standing.key == key
    assert status.status_of(device, standing, NOW).text == text


def test_every_status_has_words():
    assert tuple(status.LABELS) == conditions.KEYS


def test_statuses_are_counted_and_filtered_alike(session):
    make_device(session)
    seen(session, make_device(session, customer=make_customer(session)))
    counts = count_by_status(session, NOW)
    assert {key: n for key, n in counts.items() if n} == {"stock": 1, "ok": 1}


def change_profile(session, sealer, profile, now):
    draft = {"sip.registrar_host": f"sip{now.hour}.example.net"}
    profiles.save_draft(session, ACTOR, sealer, profile, draft)
    return profiles.publish(session, ACTOR, profile, now)


def test_a_published_version_leaves_the_phones_of_the_profile_behind(session, sealer):
    base = make_profile(session, "Base")
    shops = make_profile(session, "Shops", parent=base)
    other = seen(session, make_device(session, profile=make_profile(session, "Other")))
    device = seen(session, make_device(session, profile=shops))
    assert stands(session, device).key == "ok"
    change_profile(session, sealer, base, NOW - HOUR / 2)
    assert stands(session, device).key == "pending"
    assert stands(session, device).latest == ("its profile", NOW - HOUR / 2)
    assert stands(session, other).key == "ok"
    seen(session, device, NOW)
    assert stands(session, device).key == "ok"


def test_a_version_counts_from_when_it_is_in_force(session, sealer):
    profile = make_profile(session)
    device = seen(session, make_device(session, profile=profile))
    version = change_profile(session, sealer, profile, NOW)
    version.effective_at = NOW + HOUR
    assert stands(session, device).key == "ok"
    assert stands(session, device, NOW + HOUR).key == "pending"


def test_the_customers_default_profile_counts_for_devices_without_one(session, sealer):
    customer = make_customer(session)
    customer.default_profile = make_profile(session)
    device = seen(session, make_device(session, customer=customer))
    change_profile(session, sealer, customer.default_profile, NOW)
    assert stands(session, device).key == "pending"


@pytest.fixture
def fetched_now(session):
    """A device whose phone fetched its file a moment ago, and its customer."""
    customer = make_customer(session, "Birch")
    device = make_device(session, customer=customer)
    assign(session, device, 1, make_sip_account(session, "101", customer=customer))
    seen(session, device, datetime.now(UTC))
    assert stands(session, device, datetime.now(UTC)).key == "ok"
    return device


def is_behind(session, device):
    return stands(session, device, datetime.now(UTC)).key == "pending"


def test_settings_of_the_customer_count(session, sealer, fetched_now):
    customers.set_settings(
        session, ACTOR, sealer, fetched_now.customer, {"sip.registrar_host": "sip.example.net"}
    )
    assert is_behind(session, fetched_now)


def test_another_default_profile_counts_for_devices_without_their_own(session, fetched_now):
    own = make_device(session, customer=fetched_now.customer, profile=make_profile(session))
    seen(session, own, datetime.now(UTC))
    customers.update_customer(
        session, ACTOR, fetched_now.customer, "Birch", (), make_profile(session)
    )
    assert is_behind(session, fetched_now)
    assert not is_behind(session, own)


def test_another_parent_of_the_profile_counts(session, fetched_now):
    fetched_now.profile = profile = make_profile(session, "Shops")
    seen(session, fetched_now, datetime.now(UTC))
    profiles.update_profile(session, ACTOR, profile, "Shops", make_profile(session), "")
    assert is_behind(session, fetched_now)


def test_a_changed_account_counts(session, sealer, fetched_now):
    account = fetched_now.ports[0].account
    accounts.update_account(
        session, ACTOR, sealer, account, auth_name="", display_name="Anna", external_id="",
        is_enabled=True,
    )  # fmt: skip
    assert is_behind(session, fetched_now)


def test_settings_of_the_portal_count(session, fetched_now):
    session.get_one(Site, 1).settings_changed_at = datetime.now(UTC)
    assert is_behind(session, fetched_now)


def test_renaming_a_customer_changes_no_file(session, fetched_now):
    customers.update_customer(session, ACTOR, fetched_now.customer, "Birch Ltd", (), None)
    assert not is_behind(session, fetched_now)


def test_many_standings_are_one_statement(session):
    ids = [make_device(session).id for _ in range(3)]
    assert set(Conditions(NOW).standings(session, ids)) == set(ids)
