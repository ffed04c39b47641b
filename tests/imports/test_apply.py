"""Storing a plan, and taking it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import object_session

from portal.audit import Actor
from portal.devices import service as devices
from portal.errors import RuleBroken
from portal.imports import results, service, undo
from portal.imports.read import Options
from portal.imports.service import PlanChanged
from portal.models import AuditEntry, Customer, Device, Import, SipAccount
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account
from tests.imports.making import xlsx


@pytest.fixture
def imported(session, actor, sealer, config):
    """Return a function that imports rows and returns the upload."""

    def run(*rows, all_or_nothing=False, **options) -> Import:
        upload = keep(session, actor, *rows, **options)
        plan = service.preview(session, upload)
        now = datetime.now(UTC)
        service.apply_upload(
            session, actor, sealer, config, now, upload, plan.digest(), all_or_nothing
        )
        session.commit()
        return upload

    return run


@pytest.fixture
def taken_back(session, actor, config):
    def run(upload: Import):
        noted = undo.undo(session, actor, config, datetime.now(UTC), upload)
        session.commit()
        return noted

    return run


def keep(session, actor, *rows, **options) -> Import:
    now = datetime.now(UTC)
    return service.keep_upload(session, actor, "list.xlsx", xlsx(*rows), Options(**options), now)


def device_of(session, mac) -> Device | None:
    return session.scalar(select(Device).where(Device.mac == mac))


def rows_of(upload):
    return list(results.all_rows(object_session(upload), upload.id))


def outcomes(upload):
    return [(row.number, row.outcome) for row in rows_of(upload)]


def test_new_devices_have_what_their_row_says(session, imported):
    make_customer(session, "Alder", ("192.0.2.0/24",))
    make_profile(session, "Retail")
    imported(
        ["MAC", "Model", "Serial", "Inventory ID", "Description", "Customer", "Profile"],
        ["001565aabb01", "SIP-T46U", "S1", "CPE-1", "Hall", "alder", "Retail"],
        ["001565aabb02", "", "", "", "", "", ""],
    )
    device = device_of(session, "001565aabb01")
    assert (device.vendor, device.family, device.model) == ("Yealink", "yealink", "T46U")
    assert (device.serial, device.inventory_id, device.description) == ("S1", "CPE-1", "Hall")
    assert (device.customer.name, device.profile.name) == ("Alder", "Retail")
    assert device.state == "assigned"
    assert device.window_until > datetime.now(UTC) + timedelta(days=6)
    assert device_of(session, "001565aabb02").state == "stock"


def test_accounts_are_made_with_their_password_and_put_on_ports(session, imported, sealer):
    make_sip_account(session, "101")
    imported(
        ["MAC", "Model", "Port 1 account", "Port 2 account", "Port 2 password", "Port 2 label"],
        ["001565aabb01", "T46U", "101", "102", "Tr0ub4dor", "Office"],
    )
    ports = {port.number: port for port in device_of(session, "001565aabb01").ports}
    assert ports[1].account.user_name == "101"
    assert (ports[2].account.user_name, ports[2].label) == ("102", "Office")
    assert sealer.open(ports[2].account.password_sealed) == "Tr0ub4dor"


def test_stock_device_goes_to_the_customer_of_its_account(session, imported):
    alder = make_customer(session, "Alder")
    make_sip_account(session, "101", customer=alder)
    imported(["MAC", "Model", "SIP user"], ["001565aabb01", "T46U", "101"])
    assert device_of(session, "001565aabb01").customer is alder


def test_row_that_breaks_a_rule_while_storing_is_an_error_and_leaves_nothing(session, imported):
    make_customer(session, "Alder")
    make_sip_account(session, "101", customer=make_customer(session, "Birch"))
    make_sip_account(session, "202", customer=make_customer(session, "Cedar"))
    upload = imported(
        ["MAC", "Model", "Port 1 account", "Port 2 account", "Port 3 account", "Port 3 password"],
        ["001565aabb01", "T46U", "101", "202", "", ""],
        ["001565aabb02", "T46U", "", "", "303", "Tr0ub4dor"],
    )
    assert outcomes(upload) == [(2, "error"), (3, "new")]
    assert "belongs to Cedar" in rows_of(upload)[0].problem
    assert upload.result["summary"]["error"] == 1
    assert device_of(session, "001565aabb01") is None


def test_account_made_for_a_row_that_fails_is_not_kept(session, imported):
    account = make_sip_account(session, "202")
    account.is_enabled = False
    imported(
        ["MAC", "Model", "Port 1 account", "Port 1 password", "Port 2 account"],
        ["001565aabb01", "T46U", "101", "Tr0ub4dor", "202"],
        ["001565aabb02", "T46U", "101", "Tr0ub4dor", ""],
    )
    assert device_of(session, "001565aabb01") is None
    made = session.scalars(select(SipAccount).where(SipAccount.user_name == "101")).one()
    assert [port.device.mac for port in made.ports] == ["001565aabb02"]


def test_changes_and_what_they_leave_alone(session, imported):
    make_device(session, "001565aabb01", "T46U", serial="S1", description="Hall")
    upload = imported(
        ["MAC", "Model", "Serial", "Description"], ["001565aabb01", "T42S", "", "-clear-"]
    )
    device = device_of(session, "001565aabb01")
    assert (device.model, device.serial, device.description) == ("T42S", "S1", "")
    assert rows_of(upload)[0].changes == {
        "model": ["T46U", "T42S"],
        "description": ["Hall", ""],
    }


def test_every_entry_of_an_import_is_tied_to_it(session, imported):
    make_device(session, "001565aabb01", "T46U")
    make_device(session, "001565aabb02", "T46U")
    before = session.scalar(select(func.max(AuditEntry.id)))
    upload = imported(
        ["MAC", "Serial", "SIP user", "Password"],
        ["001565aabb01", "S1", "101", "Tr0ub4dor"],
        ["001565aabb02", "S2", "102", "Tr0ub4dor"],
        ["001565aabb03", "S3", "103", "Tr0ub4dor"],
    )
    entries = session.scalars(select(AuditEntry).where(AuditEntry.id > before)).all()
    assert {entry.import_id for entry in entries} == {upload.id}
    assert {entry.action for entry in entries} >= {
        "device.create", "device.update", "account.create", "port.assign", "import.apply",
    }  # fmt: skip


def test_same_list_again_changes_nothing(session, imported):
    rows = ["MAC", "Model"], ["001565aabb01", "T46U"]
    imported(*rows)
    before = device_of(session, "001565aabb01").version
    assert outcomes(imported(*rows)) == [(2, "unchanged")]
    assert device_of(session, "001565aabb01").version == before


def test_upload_is_applied_once(session, imported, actor, sealer, config):
    upload = imported(["MAC"], ["001565aabb01"])
    with pytest.raises(RuleBroken, match="imported already"):
        service.apply_upload(session, actor, sealer, config, datetime.now(UTC), upload, "")
    session.rollback()


def test_other_digest_is_refused_and_stores_nothing(session, actor, sealer, config):
    upload = keep(session, actor, ["MAC"], ["001565aabb01"])
    session.commit()
    with pytest.raises(PlanChanged):
        service.apply_upload(session, actor, sealer, config, datetime.now(UTC), upload, "old")
    session.rollback()
    assert device_of(session, "001565aabb01") is None
    assert session.get(Import, upload.id).applied_at is None


def test_all_or_nothing_stores_nothing_while_a_row_is_held_back(session, imported):
    with pytest.raises(RuleBroken, match="held back"):
        imported(["MAC"], ["001565aabb01"], ["nothing:like"], all_or_nothing=True)
    session.rollback()
    assert device_of(session, "001565aabb01") is None


def test_undo_deletes_what_was_added_with_its_accounts_and_customers(session, imported, taken_back):
    upload = imported(
        ["MAC", "Model", "Customer", "SIP user", "Password"],
        ["001565aabb01", "T46U", "Alder", "101", "Tr0ub4dor"],
        ["001565aabb02", "T46U", "Alder", "102", "Tr0ub4dor"],
        may_add_customers=True,
    )
    noted = taken_back(upload)
    assert (noted["deleted"], noted["accounts"], noted["customers"]) == (2, 2, 1)
    for model in (Device, SipAccount, Customer):
        assert session.scalar(select(func.count()).select_from(model)) == 0
    deleted = session.scalars(select(AuditEntry).where(AuditEntry.action == "device.delete")).all()
    assert {entry.import_id for entry in deleted} == {upload.id}


def test_undo_gives_changed_devices_their_old_values(session, imported, taken_back, config):
    alder, birch = make_customer(session, "Alder"), make_customer(session, "Birch")
    retail = make_profile(session, "Retail")
    make_profile(session, "Other")
    device = make_device(session, "001565aabb01", "T46U", alder, retail, serial="S1")
    assign(session, device, 1, make_sip_account(session, "101", customer=alder))
    make_sip_account(session, "202", customer=birch)
    stock = make_device(session, "001565aabb02", "T46U")
    imported_rows = (
        ["MAC", "Model", "Serial", "Customer", "Profile", "Port 1 account", "Port 2 label"],
        ["001565aabb02", "T42S", "S9", "Birch", "Other", "202", "Office"],
        ["001565aabb01", "", "S2", "", "Other", "-clear-", "Hall"],
    )
    upload = imported(*imported_rows)
    assert (device.serial, stock.customer) == ("S2", birch)
    noted = taken_back(upload)
    assert (noted["restored"], noted["kept"]) == (2, [])
    session.expire_all()
    assert (device.serial, device.profile, device.port(1).account.user_name) == (
        "S1",
        retail,
        "101",
    )
    assert device.port(2).label == ""
    assert (stock.model, stock.serial, stock.customer, stock.profile) == ("T46U", "", None, None)
    assert (stock.state, stock.window_until, stock.port(1).account) == ("stock", None, None)


def test_undo_keeps_what_was_edited_or_fetched_since_and_lists_it(
    session, imported, taken_back, config
):
    old = make_device(session, "001565aabb04", "T46U", serial="S1")
    upload = imported(
        ["MAC", "Serial"],
        ["001565aabb01", ""],
        ["001565aabb02", ""],
        ["001565aabb03", ""],
        ["001565aabb04", "S2"],
        ["001565aabb05", ""],
    )
    someone, now = Actor("someone"), datetime.now(UTC)
    edited = device_of(session, "001565aabb01")
    facts = devices.DeviceFacts(description="Hall")
    devices.update_device(session, someone, config, now, edited, facts)
    device_of(session, "001565aabb02").last_fetched_at = now
    old.last_fetched_at = now
    devices.delete_device(session, someone, datetime.now(UTC), device_of(session, "001565aabb05"))
    session.commit()
    noted = taken_back(upload)
    assert noted["deleted"] == 1
    assert {kept["mac"]: kept["why"] for kept in noted["kept"]} == {
        "001565aabb01": "It was edited since, by someone",
        "001565aabb02": "Its phone fetched its file since",
        "001565aabb04": "Its phone fetched its file since",
        "001565aabb05": "It was deleted since",
    }
    assert device_of(session, "001565aabb03") is None
    assert old.serial == "S2"


def test_undo_keeps_a_device_whose_old_values_do_not_fit_any_more(session, imported, taken_back):
    old = make_device(session, "001565aabb01", "T46U", inventory_id="CPE-1")
    upload = imported(["MAC", "Inventory ID"], ["001565aabb01", "CPE-2"])
    make_device(session, "001565aabb02", inventory_id="CPE-1")
    session.commit()
    noted = taken_back(upload)
    assert noted["restored"] == 0
    assert "CPE-1 is that of 00:15:65:AA:BB:02" in noted["kept"][0]["why"]
    session.expire_all()
    assert old.inventory_id == "CPE-2"


def test_account_that_is_used_elsewhere_since_is_kept(session, imported, taken_back, config):
    upload = imported(
        ["MAC", "Model", "SIP user", "Password"], ["001565aabb01", "T46U", "101", "Tr0ub4dor"]
    )
    account = session.scalars(select(SipAccount)).one()
    assign(session, make_device(session, "001565aabb02"), 1, account)
    session.commit()
    assert taken_back(upload)["accounts"] == 0
    assert session.scalar(select(func.count()).select_from(SipAccount)) == 1


def test_import_is_taken_back_once(session, imported, taken_back, actor):
    upload = imported(["MAC"], ["001565aabb01"])
    taken_back(upload)
    with pytest.raises(RuleBroken, match="taken back already"):
        taken_back(upload)
    with pytest.raises(RuleBroken, match="not imported"):
        taken_back(keep(session, actor, ["MAC"], ["001565aabb01"]))
