from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.devices import lists
from portal.devices.filters import SORTS, Filters, matching
from portal.models import Device
from portal.vendors import FAMILIES
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account

NOW = datetime.now(UTC)


def found(session, **filters):
    session.flush()
    return {
        session.get(Device, n).description for n in session.scalars(matching(Filters(**filters)))
    }


@pytest.fixture
def fleet(session):
    """Three T31G (2 ports): none, one and both ports used. A gateway that no family knows."""
    alder = make_customer(session, "Alder 100%")
    for name, used in (("empty", 0), ("half", 1), ("full", 2)):
        device = make_device(session, customer=alder, description=name, model="T31G")
        for number in range(1, used + 1):
            assign(session, device, number, make_sip_account(session, customer=alder))
    odd = make_device(session, description="odd")
    odd.family, odd.model = "", "Box"
    session.flush()
    return alder


@pytest.mark.parametrize(
    ("use", "names"),
    [("not-used", {"empty", "odd"}), ("partly", {"half"}), ("full", {"full"})],
)
def test_ports_that_are_used(session, fleet, use, names):
    assert found(session, ports=use) == names


def test_ports_follow_the_families_as_they_are_now(session, fleet, monkeypatch):
    from dataclasses import replace

    yealink = FAMILIES["yealink"]
    larger = replace(
        yealink, models={**yealink.models, "T31G": replace(yealink.models["T31G"], ports=3)}
    )
    monkeypatch.setitem(FAMILIES._tables.families, "yealink", larger)
    assert found(session, ports="full") == set()
    assert found(session, ports="partly") == {"half", "full"}


def test_filters_narrow_together(session, fleet):
    assert found(session, ports="partly", customer_id=fleet.id, model="T31G") == {"half"}
    assert found(session, ports="partly", vendor="Snom") == set()


def test_status_and_behind_narrow_each_other(session, fleet):
    device = session.query(Device).filter_by(description="half").one()
    device.last_seen_at = device.last_fetched_at = NOW - timedelta(days=3)
    device.late_at = NOW - timedelta(days=1)
    assert found(session, status="late") == {"half"}
    assert found(session, status="pending") == set()
    assert found(session, is_behind=True) == {"half"}
    assert found(session, is_behind=True, status="late") == {"half"}
    assert found(session, status="no such") == set()


@pytest.mark.parametrize("q", ["100%", "ALDER", "alder 100%"])
def test_search_takes_signs_as_they_are_and_ignores_case(session, fleet, q):
    make_device(session, description="1000 others", customer=make_customer(session, "Alderman"))
    names = found(session, q=q)
    assert {"empty", "half", "full"} <= names
    assert ("1000 others" in names) == (q == "ALDER")


def test_firmware_is_an_exact_one(session, fleet):
    device = session.query(Device).filter_by(description="half").one()
    device.last_firmware = "108.86.0.90"
    assert found(session, firmware="108.86.0.90") == {"half"}
    assert found(session, firmware="108.86") == set()


@pytest.fixture
def three(session):
    """Devices named by what they come as in each order: a before b before c."""
    made = []
    for name in "bca":
        customer = make_customer(session, f"{name} Ltd")
        device = make_device(
            session,
            customer=customer,
            profile=make_profile(session, f"{name} profile"),
            description=f"{name} desk",
            serial=f"{name}-1",
            inventory_id=f"{name}-2",
        )
        device.model, device.last_firmware = f"{name} model", f"{name}.0"
        device.last_seen_at = NOW + timedelta(hours=ord(name))
        made.append(device)
    session.flush()
    return made


@pytest.mark.parametrize("sort", sorted(SORTS - {"id", "mac", "status", "ports", "free"}))
def test_a_list_is_sorted_by_any_column(session, three, sort):
    def order(is_descending, **filters):
        rows, total = lists.page_of_devices(session, Filters(**filters), 1, 9, sort, is_descending)
        assert total == 3
        return "".join(row.device.description[0] for row in rows)

    assert order(False) == "abc"
    assert order(True) == "cba"
    assert order(True, q="desk") == "cba"


def sorted_by(session, sort, is_descending=False, **filters):
    session.flush()
    rows, _ = lists.page_of_devices(session, Filters(**filters), 1, 9, sort, is_descending)
    return [row.device.description for row in rows]


def test_a_list_is_sorted_by_free_ports_unknown_models_aside(session, fleet):
    assert sorted_by(session, "free") == ["odd", "full", "half", "empty"]
    assert sorted_by(session, "free", True) == ["empty", "half", "full", "odd"]
    assert sorted_by(session, "free", ports="partly") == ["half"]


def test_more_accounts_than_ports_leave_none_free(session, fleet):
    full = session.query(Device).filter_by(description="full").one()
    full.model = "W52P"  # which has five
    session.flush()
    assert sorted_by(session, "free") == ["odd", "half", "empty", "full"]
    full.model = "T19P"  # one
    assert sorted_by(session, "free") == ["odd", "full", "half", "empty"]


def test_a_list_is_sorted_by_the_number_of_ports(session, fleet):
    make_device(session, description="large", model="T46U")
    assert sorted_by(session, "ports") == ["odd", "empty", "half", "full", "large"]
    assert sorted_by(session, "ports", True, ports="not-used") == ["large", "empty", "odd"]


def test_a_list_is_sorted_by_status_what_needs_somebody_first(session, fleet):
    for name, facts in {
        "empty": {"last_seen_at": NOW, "last_fetched_at": NOW + timedelta(days=1)},
        "half": {"locked_at": NOW},
        "full": {"state": "retired"},
    }.items():
        device = session.query(Device).filter_by(description=name).one()
        for column, value in facts.items():
            setattr(device, column, value)
    assert sorted_by(session, "status") == ["half", "odd", "empty", "full"]
    assert sorted_by(session, "status", True) == ["full", "empty", "odd", "half"]
    assert sorted_by(session, "status", status="locked") == ["half"]
    assert sorted_by(session, "status", status="ok", is_behind=False) == ["empty"]


def test_pages_of_a_costly_filter_count_all(session, three):
    for page, expected in ((1, 2), (2, 1), (3, 0)):
        rows, total = lists.page_of_devices(session, Filters(q="desk"), page, 2)
        assert (len(rows), total) == (expected, 3)
    assert lists.page_of_devices(session, Filters(q="nothing"), 1, 2) == ([], 0)
