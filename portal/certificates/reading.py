"""Read certificates from files and pastes, and say what they are. Pure.

A private key is never taken: who reads this finds it refused before anything is parsed or kept.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID

MAX_BYTES = 1024 * 1024
MAX_CERTIFICATES = 200
HOLDS_KEY = (
    "This holds a private key, and nothing of it was kept: the portal needs certificates alone. "
    "Take the key out; if it was not meant to leave its place, replace it"
)

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """Return the certificates of a file: PEM with one or several, DER, PKCS #7 of either.

    Raises ValueError with a sentence: no certificate, a private key, more than anybody means.
    """
    if not data.strip():
        raise ValueError("This is empty")
    if len(data) > MAX_BYTES:
        raise ValueError("This is larger than 1 MB, and no file of certificates")
    if _holds_key(data):
        raise ValueError(HOLDS_KEY)
    try:
        found = _parsed(data)
    except (ValueError, UnsupportedAlgorithm):
        found = []
    if not found:
        raise ValueError(
            "This is no certificate, neither as PEM (-----BEGIN CERTIFICATE-----) nor DER"
        )
    if len(found) > MAX_CERTIFICATES:
        raise ValueError(f"These are {len(found)} certificates; load at most {MAX_CERTIFICATES}")
    return found


def parse_fingerprint(text: str) -> str:
    """Return a SHA-256 fingerprint as 64 hex digits; colons, blanks and openssl's words may be in.

    Such as ``sha256 Fingerprint=0A:1B:…``; raises ValueError on anything else.
    """
    digits = re.sub(r"[\s:]", "", text.rpartition("=")[2].strip()).lower().removeprefix("sha256")
    if not _FINGERPRINT.fullmatch(digits):
        raise ValueError(
            "A SHA-256 fingerprint has 64 digits of 0–9 and a–f, with or without colons"
        )
    return digits


def subject_of(certificate: x509.Certificate) -> str:
    """Return what people call a certificate: its CN and organisation."""
    parts = []
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        parts += [str(a.value) for a in certificate.subject.get_attributes_for_oid(kind)]
    text = ", ".join(dict.fromkeys(parts)) or certificate.subject.rfc4514_string() or "no name"
    return "".join(letter if letter.isprintable() else "·" for letter in text)[:300]


def is_authority(certificate: x509.Certificate) -> bool:
    """May this sign other certificates? Roots of the first version do not say, and may."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        is_first = certificate.version is x509.Version.v1
        return is_first and certificate.issuer == certificate.subject
    return basic.value.ca


def _holds_key(data: bytes) -> bool:
    if b"PRIVATE KEY-----" in data:
        return True
    if b"-----BEGIN" in data:
        return False
    try:
        serialization.load_der_private_key(data, None)
    except TypeError:  # it is encrypted
        return True
    except (ValueError, UnsupportedAlgorithm):
        return _is_pkcs12(data)
    return True


def _is_pkcs12(data: bytes) -> bool:
    try:
        pkcs12.load_pkcs12(data, None)
    except ValueError as error:
        return "password" in str(error).lower()
    except UnsupportedAlgorithm:
        return False
    return True


def _parsed(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN PKCS7" in data:
        return pkcs7.load_pem_pkcs7_certificates(data)
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    try:
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(data)
