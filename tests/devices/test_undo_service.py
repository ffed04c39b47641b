from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.devices import port_service, service, setup_service, undo_service
from portal.devices.told import all_of
from portal.errors import RuleBroken
from portal.models import AuditEntry, Import
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account

NOW = datetime(2026, 2, 14, 12, tzinfo=UTC)


@pytest.fixture
def take_back(session, actor, config, sealer):
    def take_back(device):
        session.flush()
        change = undo_service.last_change(session, device)
        return undo_service.take_back(session, actor, config, sealer, NOW, change)

    return take_back


@pytest.fixture
def lobby(session):
    owner = make_customer(session, "Alder")
    facts = {"description": "Lobby", "serial": "SN7", "inventory_id": "CPE-7"}
    return make_device(session, model="T31G", customer=owner, **facts)


def facts(device, **changed):
    told = {name: getattr(device, name) or "" for name in ("model", "serial", "redirect_pin")}
    told |= {"inventory_id": device.inventory_id or "", "description": device.description}
    told |= {"customer": device.customer, "profile": device.profile}
    return service.DeviceFacts(**{**told, **changed})


def test_facts_come_back_all_at_once(session, actor, config, lobby, take_back):
    before, window = all_of(lobby), lobby.window_until
    other, profile = make_customer(session, "Birch"), make_profile(session, "Retail")
    new = facts(
        lobby, model="T46U", description="Hall", serial="", inventory_id="", profile=profile
    )
    new = service.DeviceFacts(**{**vars(new), "customer": other})
    service.update_device(session, actor, config, NOW, lobby, new)
    assert all_of(lobby) != before
    take_back(lobby)
    assert all_of(lobby) == before
    assert lobby.window_until == window  # the one that Birch's would have is closed


def test_settings_parameters_and_line_keys_come_back(session, actor, sealer, lobby, take_back):
    first = {"sip.transport": "tls", "ui.idle_text": None}
    raw = {"phone_setting.ring_type": "Ring1.wav"}
    keys = [{"number": 3, "type": "blf", "value": "102"}]
    service.override(session, actor, sealer, NOW, lobby, first, raw, keys)
    before = all_of(lobby)
    changed = {"sip.transport": None, "net.vlan_id": 7}
    service.override(session, actor, sealer, NOW, lobby, changed, {"features.dnd": "1"}, [])
    take_back(lobby)
    assert all_of(lobby) == before
    assert lobby.settings == first


def test_a_setting_that_is_sent_empty_is_noted_and_comes_back(
    session, actor, sealer, lobby, take_back
):
    service.override(session, actor, sealer, NOW, lobby, {"ui.idle_text": None})
    assert lobby.changed_at == NOW
    take_back(lobby)
    assert lobby.settings == {}


def test_settings_of_a_port_come_back(session, actor, sealer, lobby, take_back):
    one = {"sip.registrar_host": "one.example.net"}
    port_service.override_port(session, actor, sealer, NOW, lobby, 2, one)
    session.flush()
    port_service.override_port(session, actor, sealer, NOW, lobby, 2, {})
    take_back(lobby)
    assert lobby.port(2).settings == one


def test_a_password_is_not_taken_back_and_says_so(session, actor, sealer, lobby, take_back):
    service.override(session, actor, sealer, NOW, lobby, {"admin.password": "hunter2-hunter2"})
    with pytest.raises(RuleBroken, match="keeps no old passwords, so type it again"):
        take_back(lobby)
    assert "admin.password" in lobby.settings


def test_a_stock_device_goes_back_into_stock(session, lobby, take_back):
    spare = make_device(session, model="T31G")
    assign(session, spare, 1, make_sip_account(session, "101", customer=lobby.customer))
    assert spare.customer is lobby.customer
    take_back(spare)
    assert (spare.customer, spare.state, spare.window_until) == (None, "stock", None)


def test_an_account_that_is_gone_is_named(session, actor, config, lobby, take_back):
    account = make_sip_account(session, "101")
    assign(session, lobby, 1, account)
    session.flush()
    assign(session, lobby, 1, None)
    session.flush()
    session.delete(account)
    with pytest.raises(RuleBroken, match="The account 101, which was on it, is gone"):
        take_back(lobby)


def test_the_last_change_counts_not_what_the_phone_or_a_look_left(session, actor, lobby):
    assign(session, lobby, 1, make_sip_account(session, "101"))
    session.flush()
    entry = AuditEntry(actor="x", action="device.show_address", object_type="device", changes={})
    entry.object_id, entry.object_name = lobby.id, lobby.mac
    session.add(entry)
    session.flush()
    assert undo_service.last_change(session, lobby).entry.action == "port.assign"


def test_retiring_is_taken_back_with_the_accounts_and_the_proofs(
    session, actor, sealer, lobby, take_back
):
    assign(session, lobby, 1, make_sip_account(session, "101", customer=lobby.customer))
    setup_service.ensure_proofs(lobby, sealer)
    session.flush()
    before, token = all_of(lobby), lobby.token_hash
    service.retire_device(session, actor, NOW, lobby)
    assert not any(port.account for port in lobby.ports)
    take_back(lobby)
    assert all_of(lobby) == before
    assert (lobby.old_token_hash, lobby.old_proofs) == (token, "valid")


def test_putting_back_into_service_is_taken_back(session, actor, config, lobby, take_back):
    service.retire_device(session, actor, NOW, lobby)
    service.reinstate_device(session, actor, config, NOW, lobby)
    take_back(lobby)
    assert (lobby.state, lobby.token_hash) == ("retired", None)


def test_a_new_device_says_what_to_do_instead(session, lobby, take_back):
    session.flush()
    with pytest.raises(RuleBroken, match="delete it, or retire it"):
        take_back(lobby)


def test_what_an_import_did_is_left_to_the_import(session, actor, config, lobby, take_back):
    assign(session, lobby, 1, make_sip_account(session, "101"))
    session.flush()
    newest = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    upload = Import(filename="a.csv", sha256="", content=b"", uploaded_by="x", options={})
    session.add(upload)
    session.flush()
    newest.import_id = upload.id
    with pytest.raises(RuleBroken, match="take that import back"):
        take_back(lobby)


def test_a_first_release_since_does_not_hold_it_up(session, actor, config, lobby, take_back):
    new = facts(lobby, customer=make_customer(session, "Birch"))
    service.update_device(session, actor, config, NOW, lobby, new)
    lobby.window_until += timedelta(minutes=30)  # as the road does at the first release
    take_back(lobby)
    assert lobby.customer.name == "Alder"
