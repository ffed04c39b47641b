from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.devices import port_service, service, setup_service
from portal.devices.service import DeviceFacts
from portal.errors import RuleBroken
from portal.models import AuditEntry
from tests.factories import (
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

NOW = datetime(2026, 2, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def change(session, actor, config):
    """Return a function that changes facts of a device and leaves the others."""

    def update(device, **facts):
        told = {
            "model": device.model,
            "customer": device.customer,
            "profile": device.profile,
            **facts,
        }
        service.update_device(session, actor, config, NOW, device, DeviceFacts(**told))

    return update


def entries(session, action):
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_duplicate_mac_names_who_holds_it(session):
    alder = make_customer(session, "Alder")
    make_device(session, "001565aabbcc", "T46U", alder, description="Lobby")
    with pytest.raises(RuleBroken, match="Yealink T46U, of Alder, “Lobby”") as broken:
        make_device(session, "00:15:65:AA:BB:CC")
    assert broken.value.field == "mac"


def test_duplicate_inventory_id_names_the_other_device(session):
    make_device(session, "001565aabbcc", inventory_id="CPE-1")
    with pytest.raises(RuleBroken, match="CPE-1 is that of 00:15:65:AA:BB:CC"):
        make_device(session, inventory_id="CPE-1")


def test_unknown_model_is_refused_with_similar_names(session):
    with pytest.raises(RuleBroken, match="“GRP26144”; did you mean GRP2614") as broken:
        make_device(session, model="GRP26144")
    assert broken.value.field == "model"


def test_import_may_store_an_unknown_model(session, actor, config):
    facts = DeviceFacts(model="SuperFon 3")
    made = service.create_device(
        session, actor, config, NOW, "001565aabbcc", facts, allow_unknown_model=True
    )
    assert (made.model, made.family, made.vendor) == ("SuperFon 3", "", "Yealink")
    with pytest.raises(RuleBroken, match="model of this device is not known yet"):
        assign(session, made, 1, make_sip_account(session))


def test_device_of_a_customer_may_set_itself_up(session, actor, config):
    alder = make_customer(session, "Alder")
    facts = DeviceFacts(model="T46U", customer=alder)
    made = service.create_device(session, actor, config, NOW, "001565aabbcc", facts)
    assert made.state == "assigned"
    assert made.window_until == NOW + timedelta(hours=24)
    assert make_device(session).window_until is None


def test_port_beyond_the_model_is_refused(session):
    device = make_device(session, model="T31G")
    with pytest.raises(RuleBroken, match="T31G has 2 ports, there is no port 3"):
        assign(session, device, 3, make_sip_account(session))


def test_account_on_two_ports_is_allowed_and_said_where(session):
    account = make_sip_account(session, "101")
    assign(session, make_device(session, "001565aabbcc"), 2, account)
    notices = assign(session, make_device(session), 1, account)
    assert notices == ["101 is also on 00:15:65:AA:BB:CC, port 2: both phones will ring"]


def test_account_of_another_customer_is_refused(session):
    device = make_device(session, customer=make_customer(session, "Alder"))
    account = make_sip_account(session, "201", customer=make_customer(session, "Birch"))
    with pytest.raises(RuleBroken, match="201 belongs to Birch, the device to Alder"):
        assign(session, device, 1, account)


def test_disabled_account_is_refused(session):
    account = make_sip_account(session, "101")
    account.is_enabled = False
    with pytest.raises(RuleBroken, match="101 is disabled"):
        assign(session, make_device(session), 1, account)


def test_stock_device_goes_to_the_customer_of_its_account(session):
    birch = make_customer(session, "Birch")
    device = make_device(session)
    notices = assign(session, device, 1, make_sip_account(session, customer=birch))
    assert (device.customer, device.state) == (birch, "assigned")
    assert device.window_until is not None
    assert notices == ["The device belongs to Birch now"]


def test_assigning_leaves_an_entry_and_marks_the_change(session, actor, config):
    device, account = make_device(session), make_sip_account(session, "101")
    port_service.assign_port(session, actor, config, NOW, device, 1, account)
    (entry,) = entries(session, "port.assign")
    assert entry.changes["port 1"] == [None, "101"]
    assert entry.changes["state"] == ["stock", "assigned"]
    assert device.changed_at == NOW


def test_label_with_a_line_break_is_refused(session, actor):
    with pytest.raises(RuleBroken, match="single line") as broken:
        port_service.label_port(session, actor, NOW, make_device(session), 1, "Lobby\u2028x = 1")
    assert broken.value.field == "label"


def test_profile_of_another_family_is_refused(session):
    profile = make_profile(session, "Snoms", family="snom")
    with pytest.raises(
        RuleBroken, match=r"Profile Snoms is for Snom.*T31G is of Yealink"
    ) as broken:
        make_device(session, profile=profile)
    assert broken.value.field == "profile"


def test_smaller_model_is_refused_while_ports_beyond_are_taken(session, change):
    device = make_device(session, model="T46U")
    assign(session, device, 5, make_sip_account(session, "105"))
    with pytest.raises(RuleBroken, match="T31G has 2 ports; release 105 on port 5 first"):
        change(device, model="T31G")


def test_device_cannot_leave_its_customer_with_the_customers_accounts(session, change):
    alder, birch = make_customer(session, "Alder"), make_customer(session, "Birch")
    device = make_device(session, customer=alder)
    assign(session, device, 1, make_sip_account(session, "101", customer=alder))
    with pytest.raises(RuleBroken, match="release 101 on port 1"):
        change(device, customer=birch)


def test_unchanged_facts_leave_no_entry(session, change):
    change(make_device(session))
    assert entries(session, "device.update") == []


def test_override_of_a_wrong_type_is_refused_at_its_key(session, actor, sealer):
    with pytest.raises(RuleBroken, match="99999 is not between 1 and 4094") as broken:
        service.override(
            session, actor, sealer, NOW, make_device(session), {"net.vlan_id": "99999"}
        )
    assert broken.value.field == "net.vlan_id"


def test_device_wide_setting_on_a_port_is_refused(session, actor, sealer):
    device = make_device(session)
    with pytest.raises(RuleBroken, match="VLAN holds for the whole device") as broken:
        port_service.override_port(session, actor, sealer, NOW, device, 1, {"net.vlan_id": "7"})
    assert broken.value.field == "net.vlan_id"


def test_secret_parameters_and_settings_appear_as_changed(session, actor, sealer):
    device = make_device(session, model="GXP2135")
    service.override(
        session, actor, sealer, NOW, device, {"admin.password": "four words"}, {"P34": "hunter2"}
    )
    (entry,) = entries(session, "device.override")
    assert entry.changes == {"admin.password": [None, "changed"], "P34": [None, "changed"]}
    assert device.settings["admin.password"].keys() == {"sealed"}


def test_retiring_frees_accounts_and_ends_proofs(session, actor, sealer):
    account = make_sip_account(session)
    device = make_device(session, customer=make_customer(session))
    assign(session, device, 1, account)
    setup_service.ensure_proofs(device, sealer)
    service.retire_device(session, actor, NOW, device)
    session.flush()
    session.refresh(account)
    assert (device.state, account.ports, device.token_hash) == ("retired", [], None)
    (noted,) = entries(session, "device.retire")
    assert noted.changes["port 1"] == [account.user_name, None]
    with pytest.raises(RuleBroken, match="retired"):
        assign(session, device, 1, account)
    with pytest.raises(RuleBroken, match="retired"):
        setup_service.open_window(session, actor, device, NOW, 60)
    with pytest.raises(RuleBroken, match="retired"):
        setup_service.show_address(session, actor, device, sealer)


def test_retired_device_comes_back_with_a_window(session, actor, config):
    alder = make_customer(session, "Alder")
    device = make_device(session, customer=alder)
    service.retire_device(session, actor, NOW, device)
    service.reinstate_device(session, actor, config, NOW, device)
    assert (device.state, device.customer) == ("assigned", alder)
    assert device.window_until == NOW + timedelta(hours=24)
    with pytest.raises(RuleBroken, match="in service already"):
        service.reinstate_device(session, actor, config, NOW, device)


def test_showing_the_own_address_is_noted(session, actor, sealer):
    device = make_device(session)
    setup_service.show_address(session, actor, device, sealer)
    assert device.token_sealed
    assert [entry.actor for entry in entries(session, "device.show_address")] == ["tester"]
