"""What a phone fetched is compared with what it would fetch now; nothing is kept unsealed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from portal.devices import port_service, service, setup_service
from portal.file_differences import Line, differences
from portal.models import FetchedFile
from portal.provision import fetched
from portal.sip_accounts import service as accounts
from tests.browsing import text_of
from tests.factories import ACTOR, assign, make_customer, make_device, make_sip_account

MAC = "001565aabb01"
URL = f"/devices/{MAC}?tab=files"


@pytest.fixture
def phone(app, session, sealer):
    """A T31G with 101 that fetches its file with its token, and tells nobody until `flush`."""
    owner = make_customer(session, "Alder")
    owner.settings = {"sip.registrar_host": "sip.example.net"}
    device = make_device(session, MAC, "T31G", owner)
    assign(session, device, 1, make_sip_account(session, "101", "Old-secret-1", owner))
    raw = {"account.1.password_of_mine": "raw-secret-7"}
    now = datetime.now(UTC)
    service.override(session, ACTOR, sealer, now, device, {}, raw)
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    token = sealer.open(device.token_sealed)

    def fetch():
        answer = app.test_client().get(f"/p/t/{token}/{MAC}.cfg", base_url="https://portal.test")
        assert answer.status_code == 200
        app.extensions["check_ins"].flush()
        session.expire_all()
        return answer

    fetch.device = device
    return fetch


def test_what_was_fetched_is_kept_sealed_and_once(session, sealer, phone):
    phone()
    kept = session.scalars(select(FetchedFile)).one()
    first = kept.inputs_sealed
    inputs = fetched.unpack(sealer.open(first))
    assert (inputs.mac, inputs.ports[0].user_name) == (MAC, "101")
    assert inputs.parameters == {"account.1.password_of_mine": "raw-secret-7"}
    assert "Old-secret-1" not in repr(vars(inputs))  # sealed inside, too
    assert "raw-secret-7" not in str(session.execute(text("SELECT * FROM fetched_files")).all())
    phone()
    assert session.scalars(select(FetchedFile)).one().inputs_sealed == first


def test_the_page_says_that_the_phone_has_it(client_as, phone):
    operator = client_as("operator")
    assert "Changed since" not in text_of(operator.get(URL))
    phone()
    assert "The phone has the file as it is here." in text_of(operator.get(URL))


@pytest.mark.parametrize("tag", ["c0ffee", "c0ffe0"])
def test_encrypted_or_not_it_is_the_same_file_whatever_its_tag_ends_with(
    app, client_as, session, phone, monkeypatch, tag
):
    operator = client_as("operator")
    phone()
    kept = session.scalars(select(FetchedFile)).one()
    monkeypatch.setattr(app.extensions["road"].files, "tag", lambda *_: tag)
    for served in (tag, f"{tag}e"):
        kept.tag = served
        session.commit()
        assert "The phone has the file as it is here." in text_of(operator.get(URL))


def test_differences_are_shown_and_a_changed_password_is_marked(
    session, actor, sealer, client_as, phone
):
    phone()
    now = datetime.now(UTC)
    port_service.label_port(session, actor, now, phone.device, 1, "Reception")
    account = phone.device.port(1).account
    told = {"auth_name": "", "display_name": "", "external_id": "", "is_enabled": True}
    accounts.update_account(session, actor, sealer, account, **told, password="New-secret-2")
    session.commit()
    operator = client_as("operator")
    page = operator.get(URL)
    words = text_of(page)
    assert "Changed since the phone fetched it" in words
    assert "Is: account.1.label = Reception" in words
    assert "Is: account.1.password = •••••• another one" in words
    for secret in ("Old-secret-1", "New-secret-2", "raw-secret-7"):
        assert secret not in page.text
    phone()
    assert "The phone has the file as it is here." in text_of(operator.get(URL))


def test_another_model_is_said_instead_of_compared(session, actor, config, client_as, phone):
    phone()
    facts = service.DeviceFacts(model="Snom D785", customer=phone.device.customer)
    service.override(session, actor, None, datetime.now(UTC), phone.device, {}, {})
    service.update_device(session, actor, config, datetime.now(UTC), phone.device, facts)
    session.commit()
    kept = session.scalars(select(FetchedFile)).one()
    kept.name = "snom{model}-{mac}.htm"
    session.commit()
    assert client_as("operator").get(URL).status_code == 200


def test_what_an_older_portal_kept_is_not_read():
    assert fetched.unpack("e30=") is None
    assert fetched.unpack("no base64") is None


def test_lines_that_differ_only_in_what_is_masked_are_marked():
    old = ["a = 1", "p = one"], ["a = 1", "p = ••"]
    new = ["a = 2", "p = two"], ["a = 2", "p = ••"]
    assert differences(old, new) == [
        Line("gone", "a = 1"),
        Line("gone", "p = ••", True),
        Line("new", "a = 2"),
        Line("new", "p = ••", True),
    ]
