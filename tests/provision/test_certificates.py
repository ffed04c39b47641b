"""Which client certificates prove a MAC, and which do not."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from portal.certificates import service
from portal.certificates.reading import certificates_in
from portal.extensions import db
from portal.provision import chains, check_ins, routes
from portal.provision.asked import PhoneRequest, Presented, Trail
from portal.provision.certificates import Certificates, presented_from_header
from portal.vendors import FAMILIES
from tests.certificates.making import CN, NOW, SERIAL, ST, YEAR, Made, make, rsa_key, signed_with
from tests.factories import make_device
from tests.provision.asking import flush

YEALINK, SNOM, CISCO = "805ec0112233", "000413112233", "000e08112233"


@pytest.fixture(scope="module")
def root() -> Made:
    return make("Maker Root", is_ca=True)


@pytest.fixture(scope="module")
def intermediate(root) -> Made:
    return make("Maker Issuing", root, is_ca=True)


@pytest.fixture
def certificates(app) -> Certificates:
    return Certificates(db.engine, FAMILIES, every_s=3600)


@pytest.fixture
def load(session, actor, certificates):
    """Return a function that loads authorities as an administrator does."""

    def loaded(*made: Made, vendor: str = "", accepts_old: bool = False) -> None:
        parsed = certificates_in("".join(one.pem for one in made).encode())
        service.add_authorities(session, actor, parsed, vendor, accepts_old, NOW)
        session.commit()
        certificates.refresh()

    return loaded


def shown(leaf: Made, *chain: Made) -> Presented:
    return Presented(leaf.der, tuple(one.der for one in chain))


@pytest.mark.parametrize("cn", [YEALINK, "80:5E:C0:11:22:33", "80-5e-c0-11-22-33", YEALINK.upper()])
def test_a_right_certificate_proves_its_mac_however_it_is_written(certificates, load, root, cn):
    load(root)
    assert certificates.mac_of(shown(make(cn, root)), NOW) == YEALINK
    assert certificates.why_not(shown(make(cn, root)), NOW) == ""


def test_the_chain_may_come_from_the_phone_or_from_the_store(
    certificates, load, root, intermediate
):
    phone = make(YEALINK, intermediate)
    load(root)
    assert certificates.mac_of(shown(phone, intermediate), NOW) == YEALINK
    assert certificates.mac_of(shown(phone), NOW) is None
    load(intermediate)
    assert certificates.mac_of(shown(phone), NOW) == YEALINK


def test_a_stored_intermediate_is_enough(certificates, load, intermediate):
    load(intermediate)
    assert certificates.mac_of(shown(make(YEALINK, intermediate)), NOW) == YEALINK


def not_proving(root: Made) -> dict[str, tuple[Presented, str]]:
    """Every way to be wrong of which somebody has thought, with what the check-in says."""
    sub = make("Maker Root", root, is_ca=True)
    phone = make(SNOM, root)
    return {
        "expired": (
            shown(make(YEALINK, root, since=NOW - 2 * YEAR, until=NOW - YEAR)),
            "it expired on 2025-06-01",
        ),
        "not yet valid": (
            shown(make(YEALINK, root, since=NOW + YEAR)),
            "it is not valid before 2027-06-01",
        ),
        "self-made": (shown(make(YEALINK)), "signed by itself and not pinned"),
        "self-made with the authority's name": (
            shown(make(YEALINK, make("Maker Root", is_ca=True))),
            "its signature is not that of its authority",
        ),
        "wrong chain": (
            shown(make(YEALINK, other := make("Other Root", is_ca=True)), other),
            "no loaded authority has signed it",
        ),
        "chain of another phone": (
            shown(make(YEALINK, make("Other Root", is_ca=True)), sub, root),
            "no loaded authority has signed it",
        ),
        "signed by a phone": (shown(make(YEALINK, phone), phone), "what signed it is no authority"),
        "two CNs": (shown(make([(CN, YEALINK), (CN, SNOM)], root)), "it has several CNs"),
        "the same CN twice": (shown(make([(CN, YEALINK)] * 2, root)), "it has several CNs"),
        "CN with a suffix": (shown(make(f"{YEALINK}.example.net", root)), "no MAC"),
        "CN with a prefix": (shown(make(f"SIP-{YEALINK}", root)), "no MAC"),
        "CN with a blank": (shown(make(f"{YEALINK} ", root)), "no MAC"),
        "CN with a line break": (shown(make(f"{YEALINK}\n", root)), "no MAC"),
        "CN with a NUL": (shown(make(f"{YEALINK}\0.example.net", root)), "no MAC"),
        "CN of look-alike digits": (shown(make("805ec01122３３", root)), "no MAC"),
        "shared certificate": (shown(make("Generic Device", root)), "its CN is “Generic Device”"),
        "CN of zeros": (shown(make("0" * 12, root)), "no MAC"),
        "MAC in another field": (shown(make([(CN, "phone"), (ST, YEALINK)], root)), "no MAC"),
        "no CN": (shown(make([(ST, YEALINK)], root)), "it has no CN"),
        "the authority itself": (shown(root), "it is an authority"),
        "garbage": (Presented(random.Random(0).randbytes(1000)), "cannot be read"),
        "nothing": (Presented(b""), "cannot be read"),
        "half of one": (Presented(make(YEALINK, root).der[:200]), "cannot be read"),
        "bent helper": (Presented(make(YEALINK, root).der, (b"x",)), "cannot be read"),
        "endless": (Presented(b"\x30\x84\xff\xff\xff\xff" * 10_000), "larger than any phone's"),
        "too long a chain": (shown(make(YEALINK, root), *[root] * 9), "larger than any phone's"),
    }


def test_nothing_else_proves_anything(certificates, load):
    root = make("Maker Root", is_ca=True)
    load(root)
    for what, (presented, reason) in not_proving(root).items():
        assert certificates.mac_of(presented, NOW) is None, what
        told = certificates.why_not(presented, NOW)
        assert told.startswith("certificate proves nothing: "), what
        assert reason in told, what


def test_the_cn_of_another_phone_proves_only_that_other_phone(certificates, load, root):
    load(root)
    assert certificates.mac_of(shown(make(SNOM, root)), NOW) == SNOM


def test_a_certificate_that_was_tampered_with_never_proves_and_never_raises(certificates, load):
    root = make("Maker Root", is_ca=True, key=rsa_key(2048))
    load(root)
    whole, dice = make(YEALINK, root).der, random.Random(1)
    assert certificates.mac_of(Presented(whole), NOW) == YEALINK
    for _ in range(2000):
        bent = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
        if bytes(bent) != whole:
            assert certificates.mac_of(Presented(bytes(bent)), NOW) is None


def test_a_makers_authority_does_not_vouch_for_another_makers_phone(certificates, load, root):
    load(root, vendor="Yealink")
    checked = certificates.check(shown(make(YEALINK, root)), NOW)
    assert (checked.mac, checked.vendor) == (YEALINK, "Yealink")
    snom = shown(make(SNOM, root))
    assert certificates.mac_of(snom, NOW) is None
    assert certificates.why_not(snom, NOW).endswith(
        "Yealink has signed it for 00:04:13:11:22:33, another maker's"
    )
    # A prefix that no table knows yet is nobody else's.
    assert certificates.mac_of(shown(make("02abcd112233", root)), NOW) == "02abcd112233"


def test_what_authorities_allow_adds_up(certificates, load, root, intermediate):
    load(intermediate, vendor="Yealink")
    snom = shown(make(SNOM, intermediate))
    assert certificates.mac_of(snom, NOW) is None
    load(root)
    assert certificates.mac_of(snom, NOW) == SNOM


def test_cisco_phones_name_their_mac_in_one_other_field(certificates, load, root):
    spa = [(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "SPA-962"), (ST, CISCO)]
    generic = [(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "cisco.com"), (ST, "ciscogeneric")]
    load(root, vendor="Cisco")
    assert certificates.mac_of(shown(make(spa, root)), NOW) == CISCO
    assert certificates.mac_of(shown(make([(SERIAL, CISCO)], root)), NOW) == CISCO
    for wrong in (generic, [*spa, (ST, CISCO)], [*spa, (CN, "000e08445566")]):
        assert certificates.mac_of(shown(make(wrong, root)), NOW) is None


def test_old_signatures_count_only_where_the_administrator_accepts_them(certificates, load):
    today = make("New Root", is_ca=True, key=rsa_key(2048))
    sha1 = shown(signed_with("sha1", make(YEALINK, today), today))
    short_key = shown(make(YEALINK, today, key=rsa_key(1024)))
    load(today)
    assert certificates.why_not(sha1, NOW).endswith(
        "its signature is old (SHA-1), which its authority here does not accept"
    )
    assert "below 2048 bits" in certificates.why_not(short_key, NOW)
    old = make("Old Root", is_ca=True, key=rsa_key(1024))
    load(old, accepts_old=True)
    both = signed_with("sha1", make(YEALINK, old, key=rsa_key(1024)), old)
    assert certificates.mac_of(shown(both), NOW) == YEALINK


def test_a_signature_that_can_be_forged_never_counts_but_its_certificate_can_be_pinned(
    certificates, load, session, actor
):
    old = make("Old Root", is_ca=True, key=rsa_key(1024))
    load(old, accepts_old=True)
    phone = signed_with("md5", make(YEALINK, old), old)
    assert certificates.why_not(shown(phone), NOW).endswith(
        "it is signed with MD5, which can be forged; pin it"
    )
    service.pin(session, actor, phone.certificate, "", "", NOW)
    session.commit()
    certificates.refresh()
    assert certificates.mac_of(shown(phone), NOW) == YEALINK


def test_keys_that_anybody_could_make_are_never_accepted(certificates, load):
    root = make("Old Root", is_ca=True, key=rsa_key(1024))
    load(root, accepts_old=True)
    tiny = shown(make(YEALINK, root, key=ec.generate_private_key(ec.SECP192R1())))
    assert "so short" in certificates.why_not(tiny, NOW)


def test_a_pinned_certificate_proves_the_mac_that_it_is_pinned_for(
    certificates, session, actor, root
):
    own = make("any name")
    service.pin(session, actor, own.certificate, "", YEALINK, NOW)
    session.commit()
    assert certificates.mac_of(shown(own), NOW) is None  # not before this process knows
    certificates.refresh()
    assert certificates.mac_of(shown(own), NOW) == YEALINK
    assert certificates.mac_of(shown(make("any name")), NOW) is None
    later = NOW + 11 * YEAR
    assert "it expired on" in certificates.why_not(shown(own), later)


def test_what_is_removed_counts_no_more(certificates, session, actor, load, root):
    load(root)
    phone = shown(make(YEALINK, root))
    assert certificates.mac_of(phone, NOW) == YEALINK
    [stored] = service.queries.all_authorities(session)
    service.remove_authority(session, actor, stored)
    session.commit()
    certificates.refresh()
    assert certificates.mac_of(phone, NOW) is None
    assert certificates.why_not(phone, NOW).endswith("no authority is loaded")


def test_another_process_takes_up_what_one_has_loaded(app, load, root):
    other = Certificates(db.engine, FAMILIES, every_s=0.05)
    other.start()
    other.follow()
    phone = shown(make(YEALINK, root))
    assert other.mac_of(phone, NOW) is None
    load(root)
    end = time.monotonic() + 10
    while other.mac_of(phone, NOW) is None and time.monotonic() < end:
        time.sleep(0.02)
    other.stop()
    assert other.mac_of(phone, NOW) == YEALINK


def test_what_was_proven_is_remembered_for_a_minute_and_never_past_its_end(
    certificates, load, root, monkeypatch
):
    load(root)
    calls: list[datetime] = []
    check = chains.Trust.check
    monkeypatch.setattr(
        chains.Trust, "check", lambda self, p, now: calls.append(now) or check(self, p, now)
    )
    phone = shown(make(YEALINK, root, until=NOW + timedelta(seconds=90)))
    for seconds, checks in ((0, 1), (1, 1), (59, 1), (61, 2), (89, 2)):
        assert certificates.mac_of(phone, NOW + timedelta(seconds=seconds)) == YEALINK
        assert len(calls) == checks, seconds
    assert certificates.mac_of(phone, NOW + timedelta(seconds=91)) is None
    # A clock that was set back does not bring it back either.
    assert certificates.mac_of(phone, NOW - 2 * YEAR) is None


def test_nobody_shown_is_nothing_said(certificates):
    assert certificates.mac_of(None, NOW) is None
    assert certificates.why_not(None, NOW) == ""


def test_the_header_of_nginx_is_read(root):
    phone = make(YEALINK, root)
    assert presented_from_header(quote(phone.pem, safe="")) == Presented(phone.der)
    both = quote(phone.pem + root.pem)
    assert presented_from_header(both) == Presented(phone.der, (root.der,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "%",
        "%ff%fe",
        "abc",
        "-----BEGIN CERTIFICATE-----",
        quote("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"),
        "x" * 50_000,
    ],
)
def test_a_header_without_a_certificate_is_none(text):
    assert presented_from_header(text) is None


def test_what_the_road_is_told_is_the_proxys_certificate_before_the_connections(app, root):
    phone, proxy = make(YEALINK, root), make("proxy.example", root)
    own = {"portal.certificate": shown(proxy)}
    told = {"portal.client_certificate_header": quote(phone.pem, safe="")}
    for environ, certificate in (
        ({}, None),
        (own, shown(proxy)),
        ({**own, **told}, shown(phone)),
        ({**own, "portal.client_certificate_header": ""}, None),
        ({"portal.certificate": "forged"}, None),
    ):
        with app.test_request_context("/p/x.cfg", environ_overrides=environ):
            assert routes._certificate() == certificate


def test_a_proof_by_certificate_is_noted_at_the_device(app, session):
    device = make_device(session, YEALINK)
    other = make_device(session)
    session.commit()
    for one, proof in ((device, "certificate"), (other, "token")):
        trail = Trail(mac=one.mac, device_id=one.id, proof=proof)
        asked = PhoneRequest("open", f"{one.mac}.cfg", address="192.0.2.1")
        app.extensions["check_ins"].add(check_ins.Entry(NOW, asked, trail, 200, "https"))
    flush(app)
    assert device.last_certificate_at == NOW
    assert other.last_certificate_at is None
