"""What one certificate says: its name, its time, how strong its keys and signatures are. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID

from portal.values import parse_mac

_HEX12 = re.compile(r"[0-9a-f]{12}")
# Hashes whose collisions let somebody who may ask an authority for one certificate have another.
_FORGEABLE = {"md2", "md4", "md5"}
_OLD = {"sha1"}


class NoProof(ValueError):  # noqa: N818 - no error, a finding
    """Why a certificate proves nothing, for the check-in."""


def mac_in(subject: x509.Name, is_cisco: bool = False) -> str:
    """Return the one MAC that a certificate names; raises NoProof.

    The only CN, without ``:`` and ``-``; of Cisco phones also the only ST or serialNumber.
    """
    kinds = [NameOID.COMMON_NAME]
    if is_cisco:
        kinds += [NameOID.STATE_OR_PROVINCE_NAME, NameOID.SERIAL_NUMBER]
    found, shown = set(), ""
    for kind in kinds:
        values = [str(attribute.value) for attribute in subject.get_attributes_for_oid(kind)]
        if len(values) > 1:
            raise NoProof("it has several CNs" if kind == kinds[0] else "it has several names")
        shown = shown or "".join(values)
        found |= {mac for value in values if (mac := _mac(value))}
    if len(found) > 1:
        raise NoProof("it names several MACs")
    if not found:
        raise NoProof(f"its CN is “{_printable(shown)}”, no MAC" if shown else "it has no CN")
    return found.pop()


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate as 64 hex digits."""
    return hashlib.sha256(der).hexdigest()


def fingerprint_of(certificate: x509.Certificate) -> str:
    return fingerprint(der_of(certificate))


def der_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def age_of_key(certificate: x509.Certificate) -> str:
    """Return “” for a key of today, ``old`` for one that needs to be accepted, ``broken``."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return "" if key.key_size >= 2048 else "old" if key.key_size >= 1024 else "broken"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "" if key.key_size >= 224 else "broken"
    return ""


def require_strength(chain: Sequence[x509.Certificate], accepts_old: bool) -> None:
    """Raise NoProof unless keys and signatures below the last of `chain` can be relied on."""
    for certificate in chain[:-1]:
        algorithm = certificate.signature_hash_algorithm
        name = algorithm.name if algorithm else ""
        if name in _FORGEABLE:
            raise NoProof(f"it is signed with {name.upper()}, which can be forged; pin it")
        if name in _OLD and not accepts_old:
            raise NoProof("its signature is old (SHA-1), which its authority here does not accept")
    ages = {age_of_key(certificate) for certificate in chain}
    if "broken" in ages:
        raise NoProof("a key of it is so short that anybody could make it")
    if "old" in ages and not accepts_old:
        raise NoProof("a key is short (below 2048 bits), which its authority here does not accept")


def require_time(certificate: x509.Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise NoProof(f"it is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}")
    if now > certificate.not_valid_after_utc:
        raise NoProof(f"it expired on {certificate.not_valid_after_utc:%Y-%m-%d}")


def _mac(value: str) -> str | None:
    digits = value.replace(":", "").replace("-", "").lower()
    if not _HEX12.fullmatch(digits):
        return None
    try:
        return parse_mac(digits)
    except ValueError:  # all zeros, or the address of a group
        return None


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "·" for letter in text[:60])


def parsed(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)
