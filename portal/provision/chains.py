"""Which phone a certificate proves, by the authorities and pins that are believed. Pure.

Chains are checked by OpenSSL. The stricter verifier of `cryptography` asks for what certificates of
phones do not have: a subjectAltName, SHA-256, 2048 bits, all the way up to a root.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from OpenSSL import crypto

from portal.provision.asked import Presented
from portal.provision.certificate_facts import (
    NoProof,
    fingerprint,
    fingerprint_of,
    mac_in,
    parsed,
    require_strength,
    require_time,
)
from portal.values import format_mac

log = logging.getLogger(__name__)

# Largest seen in the wild are below 3 kB; OpenSSL would follow a chain of 100.
MAX_BYTES = 16 * 1024
MAX_CHAIN = 8
# Cisco writes the MAC into ST (vendors' facts: Cisco SPA, section 6), others into the CN.
CISCO = "cisco"
# X509_V_ERR_… of OpenSSL's x509_vfy.h, in words for the person who reads the check-in.
_WHY = {
    2: "no loaded authority has signed it",
    7: "its signature is not that of its authority",
    9: "an authority above it is not valid yet",
    10: "an authority above it has expired",
    18: "it is signed by itself and not pinned",
    19: "no loaded authority has signed it",
    20: "no loaded authority has signed it",
    21: "no loaded authority has signed it",
    79: "what signed it is no authority",
}


@dataclass(frozen=True)
class Authority:
    """A loaded CA, root or intermediate. `vendor` empty: it vouches for phones of every maker."""

    der: bytes
    vendor: str = ""
    accepts_old: bool = False


@dataclass(frozen=True)
class Checked:
    """What a certificate proves: a MAC, or None and the reason. `until`: no longer than that.

    `vendor` is the maker whose authority vouches; empty: any, or the certificate is pinned.
    """

    mac: str | None
    reason: str = ""
    vendor: str = ""
    until: datetime | None = None


class Trust:
    """All that certificates are checked against; never changed once made.

    `pins` maps the SHA-256 of a certificate to its MAC; `vendors_of` tells who owns a MAC's first
    digits, in lower case; empty where nobody knows.
    """

    def __init__(
        self,
        authorities: Iterable[Authority],
        pins: Mapping[str, str],
        vendors_of: Callable[[str], Collection[str]],
    ) -> None:
        self._authorities = {
            fingerprint(known.der): (known, _openssl(parsed(known.der))) for known in authorities
        }
        self._pins = dict(pins)
        self._vendors_of = vendors_of

    def check(self, presented: Presented, now: datetime) -> Checked:
        """Return what a certificate proves at `now`. Never raises: the bytes are a stranger's."""
        try:
            return self._check(presented, now)
        except NoProof as found:
            return Checked(None, f"certificate proves nothing: {found}")
        except Exception as error:  # whatever the parsers make of bytes that are none
            log.debug("a certificate cannot be read: %s", error)
            return Checked(None, "certificate proves nothing: it cannot be read")

    def _check(self, presented: Presented, now: datetime) -> Checked:
        if len(presented.chain) > MAX_CHAIN or any(
            len(der) > MAX_BYTES for der in (presented.leaf, *presented.chain)
        ):
            raise NoProof("it is larger than any phone's")
        leaf = parsed(presented.leaf)
        require_time(leaf, now)
        if pinned := self._pins.get(fingerprint(presented.leaf)):
            require_strength([leaf], accepts_old=True)
            return Checked(pinned, until=leaf.not_valid_after_utc)
        return self._vouched(leaf, presented.chain, now)

    def _vouched(self, leaf: x509.Certificate, sent: Sequence[bytes], now: datetime) -> Checked:
        """Return what the first authority above `leaf` that may do so vouches for.

        What authorities may adds up: one that may not is passed by, towards those above it.
        """
        if not self._authorities:
            raise NoProof("no authority is loaded")
        anchors = dict(self._authorities)
        helpers = [_openssl(parsed(der)) for der in sent]
        first: NoProof | None = None
        while True:
            try:
                chain = _chain(leaf, anchors.values(), helpers, now)
            except NoProof as found:
                raise first or found from None
            sha256 = fingerprint_of(chain[-1])
            authority, loaded = anchors.pop(sha256)
            helpers.append(loaded)
            try:
                mac = self._mac_by(authority, chain)
            except NoProof as found:
                first = first or found
            else:
                until = min(certificate.not_valid_after_utc for certificate in chain)
                return Checked(mac, vendor=authority.vendor, until=until)

    def _mac_by(self, authority: Authority, chain: Sequence[x509.Certificate]) -> str:
        """Return the MAC that `authority`, last of `chain`, vouches for; raises NoProof."""
        if len(chain) == 1:
            raise NoProof("it is an authority, no phone's")
        require_strength(chain, authority.accepts_old)
        mac = mac_in(chain[0].subject, is_cisco=authority.vendor.lower() == CISCO)
        owners = self._vendors_of(mac)
        # Makers buy new prefixes faster than tables learn them: an unknown one is nobody else's.
        if authority.vendor and owners and authority.vendor.lower() not in owners:
            raise NoProof(
                f"{authority.vendor} has signed it for {format_mac(mac)}, another maker's"
            )
        return mac


def _chain(
    leaf: x509.Certificate,
    anchors: Iterable[tuple[Authority, crypto.X509]],
    helpers: Sequence[crypto.X509],
    now: datetime,
) -> list[x509.Certificate]:
    """Return the chain from `leaf` up to one of `anchors`; an intermediate is enough."""
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.set_time(now.astimezone(UTC))
    for _, loaded in anchors:
        store.add_cert(loaded)
    context = crypto.X509StoreContext(store, _openssl(leaf), helpers)
    try:
        return [above.to_cryptography() for above in context.get_verified_chain()]
    except crypto.X509StoreContextError as error:
        raise NoProof(_WHY.get(error.errors[0], str(error))) from None


def _openssl(certificate: x509.Certificate) -> crypto.X509:
    return crypto.X509.from_cryptography(certificate)
