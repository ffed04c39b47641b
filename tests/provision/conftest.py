"""A phone of a customer, and a client that asks as phones do."""

from __future__ import annotations

import pytest

from portal.devices import previews, setup_service
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account
from tests.provision.asking import AGENT, MAC, SECRET


@pytest.fixture
def device(session):
    """A T31G of a customer, account 101 on port 1, its window open."""
    profile = make_profile(session, sip__registrar_host="sip.example.net")
    device = make_device(session, MAC, "T31G", make_customer(session), profile)
    account = make_sip_account(session, "101", SECRET, display_name="Anna")
    assign(session, device, 1, account)
    session.commit()
    return device


@pytest.fixture
def phone(app):
    """A client that asks as a phone does; returns the response."""
    client = app.test_client()

    def ask(path, agent=AGENT, address="192.0.2.7", method="GET", **headers):
        return client.open(
            path,
            method=method,
            base_url="https://portal.test",
            headers={"User-Agent": agent, **{k.replace("_", "-"): v for k, v in headers.items()}},
            environ_base={"REMOTE_ADDR": address},
        )

    return ask


@pytest.fixture
def urls(session, sealer, device):
    """The site address and the own address of the device."""
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    return previews.addresses(session, device, sealer, "")


@pytest.fixture
def site(session, sealer, device):
    """The site address of the device's customer, without host."""
    return previews.addresses(session, device, sealer, "")[0]
