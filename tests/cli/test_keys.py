"""`portal keys`: everything is sealed anew while phones fetch."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from portal import crypto, sealing_service
from portal.cli import main
from portal.devices import previews, setup_service
from portal.extensions import db
from portal.imports import service as imports
from portal.imports.read import Options
from portal.models import Profile, SipAccount
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

MAC, SECRET = "805ec0d57d72", "Secret-of-the-account"


@pytest.fixture
def run(config, monkeypatch):
    monkeypatch.setenv("PORTAL_INSTANCE", str(config.instance))
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def own(session, sealer):
    """The address of a device whose file holds sealed things of every layer."""
    customer = make_customer(session)
    profile = make_profile(session, admin__password="Secret-of-the-profile")
    device = make_device(session, MAC, "T31G", customer, profile)
    assign(session, device, 1, make_sip_account(session, password=SECRET))
    for number in range(sealing_service.BATCH + 5):
        make_sip_account(session, f"9{number}", customer=customer)
    setup_service.ensure_proofs(device, sealer)
    device.parameters = {"account.2.password": "Secret-of-a-parameter"}
    imports.keep_upload(
        session, ACTOR, "list.csv", b"MAC;SIP Password", Options(), datetime.now(UTC)
    )
    session.commit()
    return previews.addresses(session, device, sealer, "")[1]


def sealed_in(session):
    session.rollback()
    passwords = [account.password_sealed for account in session.query(SipAccount)]
    settings = session.query(Profile).one().versions[0].settings["admin.password"]
    raw = "select parameters from devices union all select options from imports"
    rest = session.execute(text(raw)).scalars().all()
    content = session.execute(text("select content from imports")).scalar_one()
    return [*passwords, settings["sealed"], *rest, content.decode()]


def test_everything_is_sealed_anew_and_opens_with_the_new_key_alone(run, session, own, config):
    before = sealed_in(session)
    assert run("keys", "rotate").exit_code == 0
    after = sealed_in(session)
    assert not set(before) & set(after)
    first = config.sealing_key_file.read_bytes().split()[:1]
    opened = [crypto.Sealer(first).open(text) for text in after]
    assert SECRET in opened
    assert '{"account.2.password": "Secret-of-a-parameter"}' in opened
    assert "MAC;SIP Password" in opened
    assert config.sealing_key_file.stat().st_mode & 0o777 == 0o600


def test_phones_fetch_while_the_keys_change(app, run, session, own):
    client, done, failed = app.test_client(), threading.Event(), []

    def fetch():
        while not done.is_set():
            answer = client.get(f"{own}{MAC}.cfg", base_url="https://portal.test")
            if SECRET not in answer.text:
                failed.append(answer.status)

    phone = threading.Thread(target=fetch)
    phone.start()
    try:
        for _ in range(3):
            assert run("keys", "rotate").exit_code == 0
    finally:
        done.set()
        phone.join()
    assert failed == []


def test_old_keys_go_once_nothing_needs_them(run, session, own, config, sealer):
    old = config.sealing_key_file.read_bytes().split()
    crypto.replace_key_file(config.sealing_key_file, [crypto.new_sealing_key(), *old])
    refused = run("keys", "drop-old")
    assert refused.exit_code == 1
    assert "`portal keys rotate` first" in refused.output
    assert run("keys", "rotate").exit_code == 0
    assert run("keys", "drop-old").exit_code == 0
    assert len(config.sealing_key_file.read_bytes().split()) == 1
    assert sealer.open(sealed_in(session)[0])


def test_what_is_changed_meanwhile_is_left_as_it_is(app, session, own, sealer):
    """The row was sealed with the new key when it was changed; an older value must not return."""
    account = session.query(SipAccount).first()
    table = SipAccount.__table__
    place = sealing_service.Place(table, table.c.password_sealed)
    with db.engine.begin() as connection:
        changed = sealing_service._store(connection, place, (account.id,), "another value", "x")
    assert changed == 0
