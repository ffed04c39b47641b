"""Makers of certificates for tests: authorities, phones, and what is wrong with them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CN, ST, SERIAL = NameOID.COMMON_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.SERIAL_NUMBER
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Made:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()


@functools.cache
def rsa_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """Return one key of this size for all tests: making it is slow. `number` tells keys apart."""
    return rsa.generate_private_key(65537, bits)


def make(
    subject: str | Iterable[tuple[x509.ObjectIdentifier, str]],
    by: Made | None = None,
    *,
    is_ca: bool = False,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    since: datetime = NOW - YEAR,
    until: datetime = NOW + 10 * YEAR,
) -> Made:
    """Make a certificate signed `by` another, else by itself. A plain `subject` is the CN."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    parts = [(CN, subject)] if isinstance(subject, str) else list(subject)
    name = x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(by.key if by else key, hashes.SHA256())
    )
    return Made(certificate, key)


# sha256WithRSAEncryption and older ones (RFC 8017, A.2.4), and what stands before the hash (9.2).
_SHA256 = bytes.fromhex("2a864886f70d01010b")
_OLDER = {
    "sha1": (bytes.fromhex("2a864886f70d010105"), "3021300906052b0e03021a05000414"),
    "md5": (bytes.fromhex("2a864886f70d010104"), "3020300c06082a864886f70d020505000410"),
}


def signed_with(name: str, made: Made, by: Made) -> Made:
    """Return `made` as `by`, an RSA authority, signed it with an old hash; nobody offers that."""
    assert isinstance(by.key, rsa.RSAPrivateKey)
    oid, prefix = _OLDER[name]
    numbers = by.key.private_numbers()
    size = by.key.key_size // 8
    der = made.der.replace(_SHA256, oid)
    told = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    block = bytes.fromhex(prefix) + hashlib.new(name, told).digest()
    padded = b"\0\1" + b"\xff" * (size - len(block) - 3) + b"\0" + block
    n = numbers.public_numbers.n
    signature = pow(int.from_bytes(padded), numbers.d, n).to_bytes(size)
    return Made(x509.load_der_x509_certificate(der[:-size] + signature), made.key)
