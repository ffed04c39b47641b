"""What is said of the portal's own certificate."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from portal.certificates.own import read_own
from portal.cli.first_run import write_certificate
from tests.certificates.making import NOW, Made, make, rsa_key


def server(by: Made, *names: str, days: int = 90) -> str:
    told = [
        x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n)
        for n in names
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(by.certificate.subject)
        .public_key(rsa_key(2048).public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(told), critical=False)
        .sign(by.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def root() -> Made:
    return make("Public Root", is_ca=True)


@pytest.fixture(scope="module")
def issuing(root) -> Made:
    return make("Public Issuing", root, is_ca=True)


def read(text: str, host: str = "prov.example.net", is_for_old: bool = False):
    return read_own(text.encode(), f"https://{host}:8443", is_for_old, NOW)


def test_a_good_chain_has_no_problems(issuing):
    text = server(issuing, "prov.example.net", "192.0.2.1")
    own = read(text + issuing.pem)
    assert own.problems == ()
    assert own.names == ("prov.example.net", "192.0.2.1")
    assert (own.issuer, own.key, own.depth) == ("Public Issuing", "RSA, 2048 bits", 2)
    assert own.fits
    assert not own.is_self_signed
    leaf = x509.load_pem_x509_certificate(text.encode())
    size = len(leaf.public_bytes(serialization.Encoding.DER)) + len(issuing.der)
    assert own.size_bytes == size


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("*.example.net", "prov.example.net", True),
        ("*.example.net", "a.prov.example.net", False),
        ("*.example.net", "example.net", False),
        ("PROV.example.net", "prov.example.net", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("prov.example.net", "192.0.2.1", False),
    ],
)
def test_the_name_is_compared_as_phones_do(issuing, name, host, fits):
    own = read(server(issuing, name) + issuing.pem, host)
    assert own.fits is fits
    assert any("not made out to" in problem for problem in own.problems) is not fits


def test_every_fault_has_its_sentence(root, issuing):
    alone = server(issuing, "prov.example.net")
    assert "comes alone" in read(alone).problems[0]
    assert "root is sent along" in read(alone + issuing.pem + root.pem).problems[0]
    assert "put the chain in order" in read(alone + root.pem).problems[0]
    soon = server(issuing, "prov.example.net", days=10)
    assert "expires in 10 days" in read(soon + issuing.pem).problems[0]
    gone = server(issuing, "prov.example.net", days=0)
    assert "It expired on 2026-06-01" in read(gone + issuing.pem).problems[0]


def test_the_self_signed_one_of_init_is_fine_but_not_for_old_phones(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key, ["localhost", "127.0.0.1"])
    own = read(cert.read_text(), "localhost")
    assert own.is_self_signed
    assert own.problems == ()
    old = read(cert.read_text(), "localhost", is_for_old=True)
    assert old.problems == (
        "Its key is not RSA, and phones that know only TLS 1.0 mostly know RSA alone.",
    )


def test_what_is_no_certificate_is_none():
    assert read("hello") is None
