from __future__ import annotations

import pytest

from portal import crypto
from portal.customers import service
from portal.errors import RuleBroken
from tests.factories import make_customer, make_device


def test_customer_gets_a_site_token_of_its_own(session, sealer):
    alder, birch = make_customer(session, "Alder"), make_customer(session, "Birch")
    token = sealer.open(alder.site_token_sealed)
    assert crypto.digest_of(token) == alder.site_token_hash
    assert alder.site_token_hash != birch.site_token_hash


def test_name_is_taken_whatever_its_case(session):
    make_customer(session, "Alder")
    with pytest.raises(RuleBroken, match="There is a customer “ALDER” already") as broken:
        make_customer(session, "ALDER")
    assert broken.value.field == "name"


def test_network_that_is_none_is_refused(session):
    with pytest.raises(RuleBroken, match="“office” is not a network") as broken:
        make_customer(session, networks=("office",))
    assert broken.value.field == "networks"


def test_settings_replace_the_layer_and_secrets_are_sealed(session, actor, sealer):
    customer = make_customer(session)
    service.set_settings(session, actor, sealer, customer, {"net.vlan_id": "42"})
    service.set_settings(session, actor, sealer, customer, {"admin.password": "Mond"})
    assert customer.settings.keys() == {"admin.password"}
    assert sealer.open(customer.settings["admin.password"]["sealed"]) == "Mond"


def test_customer_with_devices_is_not_deleted(session, actor):
    customer = make_customer(session, "Alder")
    make_device(session, customer=customer)
    with pytest.raises(RuleBroken, match="Alder still has 1 devices and 0 SIP accounts"):
        service.delete_customer(session, actor, customer)
