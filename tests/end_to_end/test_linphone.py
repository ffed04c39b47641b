"""What the product does, in one story: a softphone is configured by nothing but its own address.

The portal, two SIP registrars and Linphone's client are real programs; everything is set up through
the portal's own commands, and everything the client knows about SIP it learns from the portal.
"""

from __future__ import annotations

import pytest

from tests.end_to_end.running import Portal, wait_for
from tests.end_to_end.sip import Linphone, Registrar

USER, PASSWORD = "101", 'pa55 & "word" <1>'
MAC = "02:00:00:00:01:01"  # locally administered: a softphone has no MAC of its own


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path / "instance")
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture
def registrars(tmp_path):
    made = [
        Registrar(tmp_path / f"registrar-{n}", f"127.0.0.{10 + n}", USER, "pa55word")
        for n in (1, 2)
    ]
    yield made
    for registrar in made:
        registrar.stop()


def test_a_change_in_the_profile_moves_a_real_phone_to_another_registrar(
    portal, registrars, tmp_path
):
    first, second = registrars

    # The provider keeps what all phones share in a profile …
    portal.run(
        *("profile", "add", "Softphones", "--family", "linphone"),
        *("--set", f"sip.registrar_host={first.host}", "--set", f"sip.registrar_port={first.port}"),
    )
    # … the inventory lists the device, and port 1 gets a SIP account.
    portal.run("customer", "add", "Example Ltd")
    portal.run(
        "account", "add", USER, "--password-stdin", "--customer", "Example Ltd", stdin="pa55word\n"
    )
    portal.run(
        *("device", "add", MAC, "--model", "Linphone Desktop"),
        *("--profile", "Softphones", "--customer", "Example Ltd"),
    )
    portal.run("port", "assign", MAC, "1", USER)

    # The client is given one thing: its own address. It fetches over HTTPS, and registers.
    own = portal.run("device", "url", MAC)["own"]
    phone = Linphone(tmp_path / "phone", own + "linphone.xml", portal.certificate)
    phone.start()
    try:
        wait_for("registered at the first server", lambda: USER in first.registered())
        assert second.registered() == []

        # The SIP server changes once, in the profile. The phone follows at its next fetch.
        published = portal.run(
            *("profile", "set", "Softphones", "--publish"),
            *(f"sip.registrar_host={second.host}", f"sip.registrar_port={second.port}"),
        )
        assert published["devices"] == 1
        phone.restart()
        wait_for("registered at the second server", lambda: USER in second.registered())
    finally:
        phone.stop()

    # The portal knows who fetched what, and nobody else can fetch it.
    wait_for("the check-in is noted", lambda: portal.run("device", "show", MAC)["last_seen_at"])
    assert portal.fetch("/p/linphone.xml")[0] == 401
    assert portal.fetch("/p/t/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/linphone.xml")[0] == 404
