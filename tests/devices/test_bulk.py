from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import current_app
from sqlalchemy import select

from portal.devices import bulk_jobs, bulk_queries, bulk_service, bulk_undo, service
from portal.devices.bulk import pack, unpack
from portal.errors import RuleBroken
from portal.marks import version_of
from portal.models import AuditEntry, BulkChange
from portal.users import service as users
from portal.values import format_mac
from tests.browsing import send, text_of
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

NOW = datetime.now(UTC)


@pytest.fixture
def alder(session):
    return make_customer(session, "Alder")


@pytest.fixture
def fleet(session, alder):
    """Three phones of Alder; the first has 101 on port 1, which belongs to Alder."""
    made = [make_device(session, customer=alder, profile=None) for _ in range(3)]
    assign(session, made[0], 1, make_sip_account(session, "101", customer=alder))
    session.commit()
    return made


def selected(session, devices, action):
    ids = [device.id for device in devices]
    bulk = bulk_service.select_devices(session, ACTOR, NOW, action, ids, "chosen")
    session.commit()
    return bulk


def change(session, config, devices, action, value):
    bulk = selected(session, devices, action)
    bulk_service.apply_change(session, ACTOR, config, NOW, bulk, str(value))
    session.commit()
    return bulk


def undo(session, config, bulk):
    sealer = current_app.extensions["sealer"]
    bulk_undo.undo(session, ACTOR, config, NOW, bulk, sealer)
    session.commit()
    session.expire_all()


def reasons(bulk):
    return {entry["why"]: entry["count"] for entry in bulk.result["skipped"]}


def test_ids_are_packed_and_unpacked():
    assert list(unpack(pack([7, 40_000_000_000, 1]))) == [7, 40_000_000_000, 1]


def test_a_profile_is_assigned_and_taken_back(session, config, fleet):
    old, new = make_profile(session, "Old"), make_profile(session, "New")
    fleet[0].profile = old
    bulk = change(session, config, fleet, "profile", new.id)
    assert [device.profile for device in fleet] == [new, new, new]
    assert bulk.result["changed"] == 3
    undo(session, config, bulk)
    assert [device.profile for device in fleet] == [old, None, None]
    assert bulk.result["undone"]["restored"] == 3


def test_all_of_a_change_is_one_batch_in_the_audit(session, config, fleet):
    bulk = change(session, config, fleet, "profile", make_profile(session).id)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.bulk_id == bulk.id)).all()
    assert sorted(entry.action for entry in entries) == ["bulk.change"] + 3 * ["device.update"]


def test_a_profile_of_another_family_is_skipped_with_the_reason(session, config, fleet):
    snom = make_profile(session, "Snoms", family="snom")
    fleet.append(make_device(session, "000413aabbcc", "D785"))
    bulk = change(session, config, fleet, "profile", snom.id)
    assert bulk.result["changed"] == 1
    assert reasons(bulk) == {"Snoms is for another family of phones": 3}


def test_accounts_of_the_customer_hold_a_device_back(session, config, fleet):
    birch = make_customer(session, "Birch")
    bulk = change(session, config, fleet, "customer", birch.id)
    assert [device.customer.name for device in fleet] == ["Alder", "Birch", "Birch"]
    assert list(reasons(bulk)) == [
        "Accounts of its present customer are on its ports; release them first"
    ]
    undo(session, config, bulk)
    assert {device.customer.name for device in fleet} == {"Alder"}


def test_retiring_is_taken_back_with_the_accounts(session, config, fleet):
    bulk = change(session, config, fleet, "state", "retired")
    assert {device.state for device in fleet} == {"retired"}
    assert fleet[0].ports[0].account is None
    undo(session, config, bulk)
    assert {device.state for device in fleet} == {"assigned"}
    assert fleet[0].ports[0].account.user_name == "101"


def test_stock_is_taken_back(session, config, fleet, alder):
    bulk = change(session, config, fleet, "state", "stock")
    assert [device.state for device in fleet] == ["assigned", "stock", "stock"]
    undo(session, config, bulk)
    assert [device.customer for device in fleet] == [alder] * 3


def test_a_retired_device_goes_to_stock_and_is_retired_again(session, config, fleet):
    service.retire_device(session, ACTOR, NOW, fleet[1])
    bulk = change(session, config, fleet[1:2], "state", "stock")
    assert (fleet[1].state, fleet[1].customer) == ("stock", None)
    undo(session, config, bulk)
    assert (fleet[1].state, fleet[1].customer.name) == ("retired", "Alder")


def test_a_window_is_opened_and_closed_again(session, config, fleet):
    before = [device.window_until for device in fleet]
    bulk = change(session, config, fleet, "window", 10080)
    assert all((device.window_until - NOW).days == 7 for device in fleet)
    undo(session, config, bulk)
    assert [device.window_until for device in fleet] == before


def test_what_was_edited_since_the_selection_is_left_alone(session, config, fleet):
    new = make_profile(session, "New")
    bulk = selected(session, fleet, "profile")
    service.retire_device(session, ACTOR, NOW, fleet[1])
    session.delete(fleet[2])
    session.commit()
    preview = bulk_queries.preview_of(
        session, bulk, bulk_queries.change_of(session, "profile", str(new.id))
    )
    assert preview.changes == 1
    bulk_service.apply_change(session, ACTOR, config, NOW, bulk, str(new.id))
    assert reasons(bulk) == {
        "It was edited since you selected it, by factory": 1,
        "It was deleted since you selected it": 1,
    }


def test_undo_keeps_and_lists_what_was_edited_since(session, config, fleet):
    new, newer = make_profile(session, "New"), make_profile(session, "Newer")
    bulk = change(session, config, fleet, "profile", new.id)
    facts = service.DeviceFacts(model="T31G", customer=fleet[1].customer, profile=newer)
    service.update_device(session, ACTOR, config, NOW, fleet[1], facts)
    session.commit()
    undo(session, config, bulk)
    assert [device.profile for device in fleet] == [None, newer, None]
    (kept,) = bulk.result["undone"]["kept"]
    assert kept == {"mac": fleet[1].mac, "why": "It was edited since, by factory"}


def test_a_change_is_made_once_and_taken_back_once(session, config, fleet):
    profile = make_profile(session)
    bulk = change(session, config, fleet, "profile", profile.id)
    with pytest.raises(RuleBroken, match="made already"):
        bulk_service.apply_change(session, ACTOR, config, NOW, bulk, str(profile.id))
    undo(session, config, bulk)
    with pytest.raises(RuleBroken, match="taken back already"):
        bulk_undo.undo(session, ACTOR, config, NOW, bulk, current_app.extensions["sealer"])


def test_an_empty_selection_is_refused(session):
    with pytest.raises(RuleBroken, match="Tick at least one"):
        bulk_service.select_devices(session, ACTOR, NOW, "profile", [], "")


# As a job


@pytest.fixture
def factory(session):
    """Who asks for the jobs."""
    users.create_user(session, ACTOR, ACTOR.name, "correct horse battery", role="operator")
    session.commit()


def test_a_job_makes_the_change_and_takes_it_back(app, session, fleet, factory):
    profile = make_profile(session)
    bulk = selected(session, fleet, "profile")
    for is_undo, expected in ((False, profile.id), (True, None)):
        bulk_service.queue(session, ACTOR, NOW, bulk, str(profile.id), is_undo)
        session.commit()
        bulk_jobs.change_devices(app, bulk.id)
        session.expire_all()
        assert {device.profile_id for device in fleet} == {expected}
        assert not bulk.is_job


def test_a_job_that_was_cut_off_is_told_and_one_that_waits_is_asked_for_again(session, fleet):
    begun, waits = selected(session, fleet, "profile"), selected(session, fleet, "profile")
    for bulk in (begun, waits):
        bulk_service.queue(session, ACTOR, NOW, bulk, "none", is_undo=False)
    assert bulk_service.begin(session, begun, NOW)
    assert bulk_jobs.take_up(session) == [waits.id]
    assert begun.failure == bulk_jobs.STOPPED
    assert not begun.is_job


def test_a_job_that_fails_changes_nothing_and_says_why(app, session, fleet, factory):
    bulk = selected(session, fleet, "profile")
    bulk_service.queue(session, ACTOR, NOW, bulk, "987", is_undo=False)
    session.commit()
    bulk_jobs.change_devices(app, bulk.id)
    session.expire_all()
    assert bulk.failure == "Choose one from the list"
    assert bulk.applied_at is None


# The pages


@pytest.fixture
def operator(client_as):
    return client_as("operator")


def choose(operator, url, profile):
    """Press the button of a preview."""
    chosen = {"value": str(profile.id)}
    return send(operator, url, chosen, page=f"{url}?value={profile.id}")


def test_from_all_that_match_to_the_result_and_back(session, operator, fleet):
    profile = make_profile(session, "New")
    make_device(session, description="Other")
    session.commit()
    answer = send(operator, "/devices/selection", {"scope": "all", "q": "alder", "do": "profile"})
    page = operator.get(answer.location)
    assert "3 devices" in text_of(page)
    assert "search “alder”" in text_of(page).replace("&#34;", "")
    preview = operator.get(answer.location, query_string={"value": profile.id})
    assert "3 devices will change to “New”" in text_of(preview)
    assert choose(operator, answer.location, profile).status_code == 303
    assert "3 devices changed to “New”" in text_of(operator.get(answer.location))
    assert "will have again what they had" in text_of(operator.get(answer.location + "/undo"))
    send(operator, answer.location + "/undo")
    assert "3 devices have again what they had" in text_of(operator.get(answer.location))


def test_a_value_that_means_nothing_is_refused(operator, session, fleet):
    bulk = selected(session, fleet, "profile")
    seen = {"version": version_of(bulk), "value": "99"}
    answer = send(operator, f"/devices/bulk/{bulk.id}", seen)
    assert answer.status_code == 422
    assert "Choose one from the list" in text_of(answer)


def test_nothing_ticked_is_said(operator, fleet):
    answer = send(operator, "/devices/selection", {"scope": "ticked", "do": "profile", "q": "a"})
    assert answer.location == "/devices?q=a"
    assert "Tick at least one device" in text_of(operator.get("/devices?q=a"))


def test_viewers_export_and_print_but_change_nothing(client_as, session, fleet):
    viewer = client_as("viewer")
    data = {"scope": "ticked", "mac": [fleet[0].mac]}
    assert "assign a profile" not in viewer.get("/devices").text
    answer = send(viewer, "/devices/selection", data | {"do": "profile"})
    assert answer.location == "/devices"
    assert session.scalar(select(BulkChange)) is None
    answer = send(viewer, "/devices/selection", data | {"do": "csv"})
    with viewer.get(answer.location) as file:
        lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(format_mac(fleet[0].mac))


def test_many_devices_are_a_job(app, operator, session, fleet, monkeypatch):
    from portal.devices import bulk

    profile = make_profile(session)
    made = selected(session, fleet, "profile")
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    answer = choose(operator, f"/devices/bulk/{made.id}", profile)
    assert answer.status_code == 303
    page = operator.get(answer.location)
    assert "It waits for its turn" in text_of(page)
    assert "load delay:1s" in page.text
    bulk_jobs.change_devices(app, made.id)
    assert "3 devices changed" in text_of(operator.get(answer.location))
