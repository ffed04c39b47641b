"""Phones that prove themselves with a certificate, over the whole road."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.certificates import service
from portal.models import CheckIn
from portal.provision.asked import Presented
from tests.certificates.making import CN, YEAR, make
from tests.factories import make_device
from tests.provision.asking import AGENT, MAC, SECRET, flush

NOW = datetime.now(UTC)
SINCE, UNTIL = NOW - timedelta(days=9), NOW + YEAR


def dated(subject, by=None, **given):
    return make(subject, by, **{"since": SINCE, "until": UNTIL, **given})


@pytest.fixture(scope="module")
def root():
    return dated("Maker Root", is_ca=True)


@pytest.fixture
def ask(app, session, actor, device, root):
    """Ask with a certificate, of whose authority the portal knows; returns the response."""
    service.add_authorities(session, actor, [root.certificate], "Yealink", False, NOW)
    session.commit()
    app.extensions["certificates"].refresh()
    client = app.test_client()

    def with_certificate(certificate, name=f"{MAC}.cfg"):
        shown = {"portal.certificate": Presented(certificate.der)} if certificate else {}
        return client.get(
            f"/p/{name}",
            base_url="https://portal.test",
            headers={"User-Agent": AGENT},
            environ_overrides={"REMOTE_ADDR": "192.0.2.7", **shown},
        )

    return with_certificate


def test_a_right_certificate_opens_the_phones_own_file(app, session, ask, device, root):
    answer = ask(dated(MAC, root))
    assert answer.status_code == 200
    assert SECRET in answer.text
    flush(app)
    assert device.last_certificate_at is not None
    assert session.scalars(select(CheckIn)).one().proof == "certificate"


def test_no_wrong_certificate_opens_anything_and_all_refusals_are_alike(app, session, ask, root):
    make_device(session, "805ec0112233")
    session.commit()
    wrong = {
        "no proof": None,
        "it expired on": dated(MAC, root, since=NOW - 2 * YEAR, until=NOW - YEAR),
        "it is signed by itself": dated(MAC),
        "it has several CNs": dated([(CN, MAC), (CN, MAC)], root),
        "no MAC": dated(f"{MAC}.example.net", root),
        "no loaded authority": dated(MAC, dated("Other Root", is_ca=True)),
    }
    bodies = set()
    for why, certificate in wrong.items():
        answer = ask(certificate)
        assert answer.status_code == 401, why
        assert SECRET not in answer.text
        bodies.add(answer.data)
        flush(app)
        latest = session.scalars(select(CheckIn).order_by(CheckIn.id.desc())).first()
        assert why in latest.reason
    assert len(bodies) == 1


def test_the_certificate_of_another_phone_opens_no_file_of_this_one(session, ask, root):
    make_device(session, "805ec0112233")
    session.commit()
    for mac in ("805ec0112233", "805ec0ffffff"):
        assert SECRET not in ask(dated(mac, root)).text


def test_the_right_certificate_of_a_retired_phone_gets_no_secret(session, ask, device, root):
    device.state = "retired"
    session.commit()
    assert SECRET not in ask(dated(MAC, root)).text
