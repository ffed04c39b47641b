"""Custom families in force: this process, others, and the phones' road."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from portal.custom_families import service
from portal.custom_families.register import Register
from portal.devices import previews, queries, setup_service
from portal.extensions import db
from portal.vendors.loader import load_families
from tests.custom_families.making import TEMPLATE, family_text, file_text
from tests.factories import ACTOR, assign, make_device, make_sip_account

MAC = "02aacc000001"
NOW = datetime(2026, 2, 14, 13, 5, tzinfo=UTC)


@pytest.fixture
def acme(app, session):
    declaration = service.tried("custom_acme", family_text())
    family = service.create_family(session, ACTOR, NOW, "custom_acme", declaration)
    session.commit()
    app.extensions["custom_families"].refresh()
    return family


@pytest.fixture
def url(acme, session, sealer):
    """The own address of a Desk-3 with account 101 on port 1."""
    device = make_device(session, MAC, "Desk-3")
    assign(session, device, 1, make_sip_account(session, "101", "Secret-of-101"))
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    return previews.addresses(session, device, sealer, "")[1]


def ask(app, url, **headers):
    return app.test_client().get(url, base_url="https://portal.test", headers=headers)


def change(session, family, now, **changes):
    declaration = service.tried(family.key, family_text(**changes))
    service.update_family(session, ACTOR, now, family, declaration)
    session.commit()


def test_a_phone_of_a_custom_family_gets_its_file(app, url):
    answer = ask(app, f"{url}acme-{MAC}.cfg")
    assert answer.status_code == 200
    assert "user.1 = 101\npassword.1 = Secret-of-101\n" in answer.text
    assert "user.2 = ~\n" in answer.text
    assert "enabled.2 = off\n" in answer.text
    assert ask(app, f"{url}other-{MAC}.cfg").status_code == 404


def test_the_first_file_comes_over_the_site_address(app, session, sealer, url):
    device = queries.find_device(session, MAC)
    site = previews.addresses(session, device, sealer, "")[0]
    agent = f"Acme Desk-3 1.4 {MAC}"
    answer = ask(app, f"{site}acme-{MAC}.cfg", **{"User-Agent": agent})
    assert "Secret-of-101" in answer.text


def test_a_change_is_in_force_and_has_another_tag(app, session, acme, url):
    first = ask(app, f"{url}acme-{MAC}.cfg")
    change(session, acme, NOW + timedelta(1), files=(file_text(template=TEMPLATE + "new = 1\n"),))
    app.extensions["custom_families"].refresh()
    second = ask(app, f"{url}acme-{MAC}.cfg", **{"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "new = 1\n" in second.text


def test_a_phones_request_costs_no_statement_more(app, url):
    statements = []
    listener = lambda *told: statements.append(told[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    ask(app, f"{url}acme-{MAC}.cfg")
    event.remove(db.engine, "before_cursor_execute", listener)
    assert len(statements) <= 4
    assert not any("custom_families" in statement for statement in statements)


def test_another_process_follows_within_its_time(app, session, acme):
    theirs = load_families()
    other = Register(db.engine, theirs, every_s=0.05)
    other.start()
    assert list(theirs) == ["custom_acme"]
    other.follow()
    change(session, acme, NOW + timedelta(1), label="Acme again")
    until(lambda: theirs["custom_acme"].label == "Acme again")
    service.delete_family(session, ACTOR, acme)
    session.commit()
    until(lambda: not theirs)
    other.stop()


def until(check):
    end = time.monotonic() + 10
    while not check():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_nothing_is_loaded_again_without_a_change(app, acme):
    theirs = load_families()
    other = Register(db.engine, theirs, every_s=60)
    other.start()
    before = theirs["custom_acme"]
    other.refresh()
    assert theirs["custom_acme"] is before


def test_a_family_that_cannot_be_loaded_leaves_the_others(app, session, acme, caplog):
    declaration = {**acme.declaration, "resync": "x", "from_a_later_version": 1}
    service.create_family(session, ACTOR, NOW, "custom_bad", (declaration, acme.templates))
    session.commit()
    theirs = load_families()
    Register(db.engine, theirs, every_s=60).start()
    assert list(theirs) == ["custom_acme"]
    assert (
        "custom family custom_bad is left out: family: there is no key “from_a_later_version”"
        in caplog.text
    )


def test_a_custom_family_takes_no_name_from_a_shipped_one(app, session):
    text = family_text(files=(file_text("{mac}.cfg"),), ouis="001565", user_agents="^Yealink .")
    declaration = service.tried("custom_acme", text)
    service.create_family(session, ACTOR, NOW, "custom_acme", declaration)
    session.commit()
    app.extensions["custom_families"].refresh()
    families = app.extensions["road"].families
    assert families.seen("Yealink SIP-T46U 108.86.0.90 00:15:65:aa:bb:cc").family == "yealink"
    assert families.by_oui("001565aabbcc")[0].key == "yealink"
