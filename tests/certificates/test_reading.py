"""Files of certificates, as makers publish and people send them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from portal.certificates.reading import (
    certificates_in,
    is_authority,
    parse_fingerprint,
    subject_of,
)
from tests.certificates.making import CN, make

ENCODINGS = serialization.Encoding.PEM, serialization.Encoding.DER


@pytest.fixture(scope="module")
def root():
    return make("Root", is_ca=True)


def test_pem_der_and_pkcs7_are_read(root):
    both = [root.certificate, make("Second", root).certificate]
    assert certificates_in(root.der) == both[:1]
    bundle = ("# a comment\n" + root.pem + "\n\n" + make("x").pem).encode()
    assert len(certificates_in(bundle)) == 2
    for encoding in ENCODINGS:
        packed = pkcs7.serialize_certificates(both, encoding)
        assert set(certificates_in(packed)) == set(both)


def test_private_keys_are_refused_in_every_wrapping(root):
    def key(encoding, shape, password=None):
        how = (
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption()
        )
        return root.key.private_bytes(encoding, shape, how)

    pkcs8 = serialization.PrivateFormat.PKCS8
    wrapped = [key(encoding, pkcs8, word) for encoding in ENCODINGS for word in (None, b"word")]
    wrapped += [root.pem.encode() + wrapped[0]]
    for how in (serialization.NoEncryption(), serialization.BestAvailableEncryption(b"word")):
        packed = pkcs12.serialize_key_and_certificates(b"x", root.key, root.certificate, None, how)
        wrapped.append(packed)
    for data in wrapped:
        with pytest.raises(ValueError, match="holds a private key, and nothing of it was kept"):
            certificates_in(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b" \n", "empty"),
        (b"hello", "no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "no certificate"),
        (b"-----BEGIN NONSENSE-----", "no certificate"),
        (b"\x30\x82", "no certificate"),
        (b"x" * 2_000_000, "larger than 1 MB"),
    ],
)
def test_what_is_none_is_said_in_a_sentence(data, why):
    with pytest.raises(ValueError, match=why):
        certificates_in(data)


def test_fingerprints_are_taken_as_tools_print_them():
    digits = "0a1b" * 16
    colons = ":".join(digits[i : i + 2] for i in range(0, 64, 2)).upper()
    for text in (digits, colons, f"sha256 Fingerprint={colons}\n", f"SHA256:{colons}"):
        assert parse_fingerprint(text) == digits
    for text in ("", "0a" * 20, "0g" * 32):
        with pytest.raises(ValueError, match="64 digits"):
            parse_fingerprint(text)


def test_subjects_are_one_harmless_line():
    assert subject_of(make("a\nb\u202ec").certificate) == "a·b·c"
    assert subject_of(make([(CN, "x" * 64)] * 9).certificate) == "x" * 64


def test_an_authority_says_so(root):
    assert is_authority(root.certificate)
    assert not is_authority(make("phone", root).certificate)
