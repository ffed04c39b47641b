"""Whom to believe about the client: only configured proxies, and nobody else. Knows no Flask.

A header that a proxy sets can be sent by anybody. So each of them is taken out of every request;
what a trusted peer said goes where the app looks, what others said is gone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.values import in_networks, parse_network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNIX = "unix"
# Where the app finds the client's certificate: percent-encoded PEM, as nginx writes
# $ssl_client_escaped_cert. No header can get here, for those begin with HTTP_.
CERTIFICATE = "portal.client_certificate_header"
_CERTIFICATE_HEADER = "HTTP_X_CLIENT_CERTIFICATE"
_TOLD_BY_PROXIES = ("HTTP_X_FORWARDED", "HTTP_FORWARDED", "HTTP_X_REAL_IP", _CERTIFICATE_HEADER)


@dataclass(frozen=True)
class Proxies:
    """The peers that are trusted: networks, and whoever may open our unix socket."""

    networks: tuple[str, ...] = ()
    has_unix: bool = False

    @classmethod
    def of(cls, text: str) -> Proxies:
        """Read ``unix, 192.0.2.7, 198.51.100.0/24``; raises ValueError on anything else."""
        words = [word for word in text.replace(",", " ").split() if word]
        try:
            networks = tuple(parse_network(word) for word in words if word != UNIX)
        except ValueError as error:
            raise ValueError(
                f"PORTAL_PROXIES: {error}; it lists addresses, networks or the word {UNIX}"
            ) from None
        return cls(networks, UNIX in words)

    def trust(self, address: str) -> bool:
        """Is the peer at `address` a proxy of ours? An empty address is a unix socket's."""
        return in_networks(address, self.networks) if address else self.has_unix

    def client_of(self, peer: str, forwarded_for: str) -> str:
        """Return the address of the client behind `peer`, which is trusted.

        Each proxy appends whom it heard from, so the list is believed from its right end to the
        first address that is no proxy of ours; what stands left of it, the client may have written.
        """
        address = peer
        for told in reversed(forwarded_for.split(",")):
            if not self.trust(address):
                break
            heard_from = plain_address(told)
            if not heard_from:
                break
            address = heard_from
        return address


class TrustedProxies:
    """WSGI middleware that settles address, scheme and certificate of the client."""

    def __init__(self, inner: WSGIApplication, proxies: Proxies) -> None:
        self._inner = inner
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        told = {
            name: environ.pop(name) for name in list(environ) if name.startswith(_TOLD_BY_PROXIES)
        }
        peer = plain_address(environ.get("REMOTE_ADDR") or "")
        environ["REMOTE_ADDR"] = peer
        if told and self._proxies.trust(peer):
            environ["REMOTE_ADDR"] = self._proxies.client_of(
                peer, told.get("HTTP_X_FORWARDED_FOR", "")
            )
            scheme = told.get("HTTP_X_FORWARDED_PROTO", "")
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
            if certificate := told.get(_CERTIFICATE_HEADER):
                environ[CERTIFICATE] = certificate
        return self._inner(environ, start_response)


def plain_address(text: str) -> str:
    """Return an address without port and brackets, IPv4 in IPv6 as IPv4; empty when it is none.

    Accepts ``192.0.2.7``, ``192.0.2.7:5060``, ``[2001:db8::7]:5060``, ``::ffff:192.0.2.7``.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
