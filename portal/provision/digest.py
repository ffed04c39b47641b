"""HTTP Digest (RFC 7616) and Basic (RFC 7617) for phones, without state. Pure.

A phone's secret is long and random, so a check costs microseconds and needs no password hash.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from portal.crypto import same
from portal.provision.asked import Credentials

REALM = "provisioning"
ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Nonces:
    """Makes and checks nonces that carry their own time and client address, signed."""

    def __init__(self, key: bytes, lifetime_s: int) -> None:
        self._key = key
        self._lifetime_s = lifetime_s

    def make(self, now: float, address: str) -> str:
        stamp = f"{int(now):x}"
        return f"{stamp}.{self._sign(stamp, address)}"

    def check(self, nonce: str, now: float, address: str) -> str:
        """Return ``good``, ``stale`` (ours, too old) or ``bad``."""
        stamp, _, signature = nonce.partition(".")
        if not same(signature, self._sign(stamp, address)):
            return "bad"
        age = now - int(stamp, 16)
        return "good" if -5 <= age <= self._lifetime_s else "stale"

    def _sign(self, stamp: str, address: str) -> str:
        text = f"nonce {stamp} {address}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:32]


def challenges(nonce: str, stale: bool, basic_only: bool) -> list[str]:
    """Return the WWW-Authenticate headers. MD5 stands first: old phones take the first they see."""
    basic = f'Basic realm="{REALM}", charset="UTF-8"'
    if basic_only:
        return [basic]
    end = ", stale=true" if stale else ""
    digest = f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", algorithm='
    return [f"{digest}{name}{end}" for name in ALGORITHMS] + [basic]


def proves(
    credentials: Credentials, user: str, secret: str, method: str, uri: str, nonce_state: str
) -> bool:
    """Do `credentials` show that the sender knows `user` and `secret`?

    For Digest, `nonce_state` must be ``good``. Tolerated, since honest phones do it: a repeated
    nonce count, an absolute address as uri, quoted or unquoted qop, upper-case hash.
    """
    if credentials.scheme == "basic":
        return same(credentials.user, user) & same(credentials.password, secret)
    told = credentials.fields
    expected = _response(told, user, secret, method)
    right = same(told.get("response", "").lower(), expected)
    right &= same(credentials.user, user)
    return right and nonce_state == "good" and told.get("realm") == REALM and _fits(told, uri)


def _fits(told: Mapping[str, str], uri: str) -> bool:
    given = urlsplit(told.get("uri", ""))
    asked = urlsplit(uri)
    return (given.path, given.query) == (asked.path, asked.query)


def _response(told: Mapping[str, str], user: str, secret: str, method: str) -> str:
    """RFC 7616, 3.4.1; an unknown algorithm yields a response that nothing equals."""
    algorithm = ALGORITHMS.get(told.get("algorithm", "MD5").upper())
    if algorithm is None:
        return "\0"

    def hashed(text: str) -> str:
        return algorithm(text.encode(), usedforsecurity=False).hexdigest()

    ha1 = hashed(f"{user}:{REALM}:{secret}")
    ha2 = hashed(f"{method}:{told.get('uri', '')}")
    nonce, qop = told.get("nonce", ""), told.get("qop", "")
    if qop:
        return hashed(f"{ha1}:{nonce}:{told.get('nc', '')}:{told.get('cnonce', '')}:{qop}:{ha2}")
    return hashed(f"{ha1}:{nonce}:{ha2}")
