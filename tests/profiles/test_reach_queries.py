from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.devices import port_service
from portal.devices import service as devices
from portal.profiles import queries, reach_queries, service
from portal.profiles.differences import Difference
from portal.profiles.group_queries import groups_of
from tests.factories import ACTOR, assign, make_customer, make_device, make_profile
from tests.factories import make_sip_account as make_account

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EXPIRES = Difference("setting", "sip.register_expires_s", "Registration expiry", "1", "2")
KEY = Difference("key", "Key 2", "Key 2", "a", "b")
RAW = Difference("parameter", "a.b", "a.b", "1", "2")


@pytest.fixture
def office(session):
    return make_profile(session, "Office", family="yealink")


def hidden(session, profile, *changes):
    ids = queries.descendants(session, profile)
    return reach_queries.hidden_from(session, profile, ids, changes, NOW)


def test_uses_tell_own_by_customer_and_below_apart(session, office):
    child = make_profile(session, family="yealink", parent=office)
    customer = make_customer(session)
    customer.default_profile = office
    make_device(session, profile=office)
    make_device(session, customer=customer)
    make_device(session, customer=customer)
    make_device(session, profile=child)
    make_device(session)
    gone = make_device(session, profile=office)
    gone.state = "retired"
    session.flush()
    uses = reach_queries.uses_of(
        session, office, groups_of(session, queries.descendants(session, office))
    )
    assert uses == reach_queries.Uses(direct=1, by_customer=2, below=1, customers=1)
    assert uses.total == 4


def test_examples_are_of_different_models_the_common_ones_first(session, office):
    for model in ("T46U", "T31G", "T31G", "T54W", "T54W", "T54W"):
        make_device(session, model=model, profile=office)
    found = reach_queries.examples(session, groups_of(session, [office.id]), [office.id], 3)
    assert [device.model for device in found] == ["T54W", "T31G", "T46U"]
    assert (
        len(reach_queries.examples(session, groups_of(session, [office.id]), [office.id], 5)) == 5
    )


def test_own_setting_of_a_port_hides_a_change(session, sealer, office):
    device = make_device(session, profile=office)
    assign(session, device, 1, make_account(session))
    own = {"sip.register_expires_s": "600"}
    port_service.override_port(session, ACTOR, sealer, NOW, device, 1, own)
    found = hidden(session, office, EXPIRES).devices
    assert [(one.device, one.labels) for one in found] == [
        (device, ["Registration expiry (port 1)"])
    ]


def test_own_keys_and_parameters_hide_changes_of_the_same_name_alone(session, sealer, office):
    def own(keys, parameters):
        device = make_device(session, profile=office)
        devices.override(session, ACTOR, sealer, NOW, device, {}, parameters, keys)
        return device

    both = own([{"number": 2, "type": "line"}], {"a.b": "7"})
    own([{"number": 3, "type": "line"}], {"c.d": "7"})
    found = hidden(session, office, KEY, RAW)
    assert [(one.device, one.labels) for one in found.devices] == [(both, ["Key 2", "a.b"])]
    assert not found.is_more


def test_more_devices_than_are_looked_at_are_said_to_be_more(session, sealer, office, monkeypatch):
    monkeypatch.setattr(reach_queries, "MOST_LOOKED_AT", 2)
    for _ in range(3):
        device = make_device(session, profile=office)
        own = {"sip.register_expires_s": "600"}
        devices.override(session, ACTOR, sealer, NOW, device, own)
    found = hidden(session, office, EXPIRES)
    assert (len(found.devices), found.is_more) == (2, True)


def test_nothing_is_hidden_where_nothing_changes(session, office):
    assert hidden(session, office) == reach_queries.Hidden([], False, [])


def test_waiting_version_of_a_child_hides_nothing_yet(session, sealer, office):
    child = make_profile(session, "Child", family="yealink", parent=office)
    service.save_draft(session, ACTOR, sealer, child, {"sip.register_expires_s": 600})
    assert hidden(session, office, EXPIRES).profiles == []
    service.publish(session, ACTOR, child, datetime(2029, 1, 1, tzinfo=UTC))
    assert hidden(session, office, EXPIRES).profiles == [(child, ["Registration expiry"])]
