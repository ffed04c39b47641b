"""The certificate that the portal itself shows, and what phones will not like about it. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from portal.certificates.reading import subject_of
from portal.provision.certificate_facts import der_of
from portal.values import host_in_url

WARN = timedelta(days=60)


@dataclass(frozen=True)
class OwnCertificate:
    """`depth` certificates are sent, `size_bytes` in all; `problems` are sentences."""

    subject: str
    names: tuple[str, ...]
    issuer: str
    key: str
    depth: int
    size_bytes: int
    valid_until: datetime
    is_self_signed: bool
    host: str
    fits: bool
    problems: tuple[str, ...]


def read_own(data: bytes, base_url: str, is_for_old: bool, now: datetime) -> OwnCertificate | None:
    """Return what a chain in PEM is; None when there is no certificate in it.

    `base_url`: where phones reach the portal; `is_for_old`: phones that know only old TLS.
    """
    try:
        # The key may stand in the same file; only the certificates are looked at.
        chain = x509.load_pem_x509_certificates(data)
    except ValueError:
        return None
    leaf, host = chain[0], urlsplit(base_url).hostname or ""
    is_self_signed = leaf.issuer == leaf.subject
    fits = _fits(leaf, host)
    return OwnCertificate(
        subject=subject_of(leaf),
        names=_names(leaf),
        issuer="itself" if is_self_signed else _issuer(leaf),
        key=_key(leaf),
        depth=len(chain),
        size_bytes=sum(len(der_of(certificate)) for certificate in chain),
        valid_until=leaf.not_valid_after_utc,
        is_self_signed=is_self_signed,
        host=host,
        fits=fits,
        problems=tuple(_problems(chain, host, fits, is_for_old, now)),
    )


def _problems(
    chain: list[x509.Certificate], host: str, fits: bool, is_for_old: bool, now: datetime
) -> list[str]:
    found, leaf, until = [], chain[0], chain[0].not_valid_after_utc
    if until <= now:
        found.append(f"It expired on {until:%Y-%m-%d}: put a new one in its place.")
    elif until - now < WARN:
        days = (until - now).days
        found.append(f"It expires in {days} days: renew it, no restart is needed.")
    if not fits:
        found.append(
            f"It is not made out to {host_in_url(host)}, where phones look for the portal "
            "(PORTAL_PUBLIC_URL): those that check the name will refuse it."
        )
    for lower, upper in pairwise(chain):
        if lower.issuer != upper.subject:
            found.append(
                f"“{subject_of(upper)}” did not sign what stands before it in the file: put the "
                "chain in order, the portal's own certificate first."
            )
    if len(chain) == 1 and leaf.issuer != leaf.subject:
        found.append(
            "It comes alone: phones cannot find its issuer unless that is among their roots. "
            "Append the intermediate certificates to the file."
        )
    if len(chain) > 1 and chain[-1].issuer == chain[-1].subject:
        found.append(
            "The root is sent along, which nobody needs: take it out, and the chain is "
            f"{len(der_of(chain[-1])):,} bytes shorter."
        )
    if is_for_old and not isinstance(leaf.public_key(), rsa.RSAPublicKey):
        found.append("Its key is not RSA, and phones that know only TLS 1.0 mostly know RSA alone.")
    return found


def _fits(leaf: x509.Certificate, host: str) -> bool:
    """Does one of its names match (RFC 9525, 6.3: a wildcard is the whole first label)?"""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        names = [name.lower() for name in _alternative(leaf, x509.DNSName)]
        parent = "*." + host.partition(".")[2]
        return host.lower() in names or parent.lower() in names
    return str(address) in _alternative(leaf, x509.IPAddress)


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    return (*_alternative(leaf, x509.DNSName), *_alternative(leaf, x509.IPAddress))


def _alternative(
    leaf: x509.Certificate, kind: type[x509.DNSName] | type[x509.IPAddress]
) -> list[str]:
    try:
        told = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [str(name) for name in told.value.get_values_for_type(kind)]


def _issuer(leaf: x509.Certificate) -> str:
    names = leaf.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else leaf.issuer.rfc4514_string()


def _key(leaf: x509.Certificate) -> str:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA, {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC, {key.curve.name}"
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")
