"""TLS of `portal serve`: contexts that are kept until their files change, and who connects.

gunicorn calls `wrap_socket` of a context for each connection (sock.py of gunicorn 27). Python's own
ssl module cannot ask for a certificate without refusing those that it does not know; OpenSSL can,
so where phones are asked (PORTAL_ASK_CERTIFICATES), pyOpenSSL takes its place. Whether what they
show proves anything is decided later, by provision/certificates.py.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from OpenSSL import SSL

from portal.config import Config
from portal.tls_socket import StandardSocket, TlsSocket

log = logging.getLogger(__name__)

OLDEST = {
    "1.0": (ssl.TLSVersion.TLSv1, SSL.TLS1_VERSION),
    "1.2": (ssl.TLSVersion.TLSv1_2, SSL.TLS1_2_VERSION),
    "1.3": (ssl.TLSVersion.TLSv1_3, SSL.TLS1_3_VERSION),
}
# TLS before 1.2 signs with SHA-1, which OpenSSL allows at level 0 only (ciphers(1), @SECLEVEL).
OLD_CIPHERS = "DEFAULT:@SECLEVEL=0"

_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class CannotServe(ValueError):  # noqa: N818 - says what, not that
    """Why the portal does not speak TLS as it is configured; a sentence for the operator."""


class Standard:
    """A context of Python's ssl module; nobody is asked for a certificate."""

    def __init__(self, cert: Path, key: Path, tls_min: str) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.sslsocket_class = StandardSocket
        if tls_min == "1.0":
            self._context.set_ciphers(OLD_CIPHERS)
        self._context.minimum_version = OLDEST[tls_min][0]
        self._context.load_cert_chain(cert, key)

    def wrap_socket(self, sock: Any, **options: Any) -> ssl.SSLSocket:
        return self._context.wrap_socket(sock, **options)


class Asking:
    """A context that asks for a certificate, and lets in who shows none or an unknown one.

    No session is resumed: a resumed one does not tell the chain again.
    """

    def __init__(self, cert: Path, key: Path, tls_min: str) -> None:
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        if tls_min == "1.0":
            self._context.set_cipher_list(OLD_CIPHERS.encode())
        self._context.set_min_proto_version(OLDEST[tls_min][1])
        self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION)
        self._context.use_certificate_chain_file(str(cert))
        self._context.use_privatekey_file(str(key))
        self._context.check_privatekey()
        self._context.set_verify(SSL.VERIFY_PEER, _take_any)

    def wrap_socket(
        self,
        sock: Any,
        server_side: bool = True,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
    ) -> TlsSocket:
        wrapped = TlsSocket(self._context, sock, suppress_ragged_eofs)
        if do_handshake_on_connect:
            wrapped.do_handshake()
        return wrapped


class Contexts:
    """The context for new connections; one that is renewed on disk is taken without restart."""

    def __init__(self, config: Config) -> None:
        self._files = config.cert_file, config.key_file
        self._kind = Asking if config.ask_certificates else Standard
        self._tls_min = config.tls_min
        self._mark: object = None
        self._context: Standard | Asking | None = None

    def current(self) -> Standard | Asking:
        """Return the context. Raises what loading raises, when there never was one that loaded."""
        mark = tuple(file.stat().st_mtime_ns for file in self._files)
        if mark != self._mark or self._context is None:
            try:
                self._context = self._kind(*self._files, self._tls_min)
            except (OSError, SSL.Error):
                if self._context is None:
                    raise
                # Such as a key that is written a moment after its certificate: tried again.
                log.warning("the renewed certificate does not load; the old one stays in use")
            else:
                self._mark = mark
        return self._context


def check(config: Config) -> None:
    """Raise CannotServe where the portal must not serve as configured."""
    if config.tls_min == "1.0" and config.serve != "phones":
        raise CannotServe(
            "PORTAL_TLS_MIN=1.0 is for old phones only and weakens what people type: set "
            "PORTAL_SERVE=phones, and serve the pages on another address"
        )


def with_certificates(app: _Wsgi) -> _Wsgi:
    """Hand the certificate that a connection showed to the app, as environ's portal.certificate."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # No header of a client gets here, for those begin with HTTP_.
        shown = getattr(environ.get("gunicorn.socket"), "presented", None)
        environ["portal.certificate"] = shown
        return app(environ, start_response)

    return call


def _take_any(*_told: object) -> bool:
    """Let the handshake go on: what the certificate proves is checked per request."""
    return True
