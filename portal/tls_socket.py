"""A TLS connection of pyOpenSSL that behaves like ssl.SSLSocket, as far as gunicorn uses that.

Timeouts, end of file and errors are those of the standard library, so that gunicorn's workers tell
a phone that hung up from a fault.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

from OpenSSL import SSL, crypto

from portal.provision.asked import Presented

HANDSHAKE_S = 10  # gunicorn itself would let a connection that says nothing hold a thread for ever
RECORD_BYTES = 16 * 1024  # OpenSSL reads one record at a time (RFC 8446, 5.1)

T = TypeVar("T")


class StandardSocket(ssl.SSLSocket):
    """Python's own, with an end to handshakes."""

    def do_handshake(self, block: bool = False) -> None:
        timeout = self.gettimeout()
        self.settimeout(HANDSHAKE_S)
        try:
            super().do_handshake(block)
        except TimeoutError:
            raise _handshake_took_too_long() from None
        finally:
            self.settimeout(timeout)


class TlsSocket:
    """Takes `sock` over, which is of no use afterwards, like the one given to ssl's wrap_socket.

    `presented` is the client's certificate, once the handshake is done.
    """

    def __init__(self, context: SSL.Context, sock: socket.socket, hides_eof: bool) -> None:
        timeout = sock.gettimeout()
        self._sock = socket.socket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self._sock.settimeout(timeout)
        self._connection = SSL.Connection(context, self._sock)
        self._connection.set_accept_state()
        self._hides_eof = hides_eof
        self._is_shut = False
        self.presented: Presented | None = None

    def do_handshake(self) -> None:
        """Shake hands, or raise ssl.SSLError; at most HANDSHAKE_S long."""
        timeout = self._sock.gettimeout()
        self._sock.settimeout(HANDSHAKE_S)
        try:
            self._patiently(self._connection.do_handshake)
        except TimeoutError:
            raise _handshake_took_too_long() from None
        finally:
            self._sock.settimeout(timeout)
        self.presented = _presented(self._connection)

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self._is_shut:
            return self._sock.recv(size, flags)  # what still arrives is thrown away unread
        try:
            return self._patiently(self._connection.recv, min(size, RECORD_BYTES))
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError:
            if self._hides_eof:
                return b""
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        return self._patiently(self._connection.send, data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        with memoryview(data) as view, view.cast("B") as left:
            sent = 0
            while sent < len(left):
                sent += self.send(left[sent:])

    def shutdown(self, how: int) -> None:
        """Say goodbye as TLS wants it (RFC 8446, 6.1), without waiting for an answer."""
        timeout = self._sock.gettimeout()
        self._sock.setblocking(False)
        with contextlib.suppress(SSL.Error):  # who has hung up already cannot be told
            self._connection.shutdown()
        self._sock.settimeout(timeout)
        self._is_shut = True
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    def gettimeout(self) -> float | None:
        return self._sock.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        self._sock.settimeout(seconds)

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def getpeername(self) -> Any:
        return self._sock.getpeername()

    def getsockname(self) -> Any:
        return self._sock.getsockname()

    def _patiently(self, call: Callable[..., T], *arguments: Any) -> T:
        """Call OpenSSL until it is done or the timeout is over; its errors become Python's."""
        timeout = self._sock.gettimeout()
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._sock.fileno() < 0:  # OpenSSL knows a number, which may be another's by now
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            try:
                return call(*arguments)
            except SSL.WantReadError:
                self._wait(select.POLLIN, timeout, end)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT, timeout, end)
            except SSL.Error as error:
                raise _as_python_says(error) from None

    def _wait(self, event: int, timeout: float | None, end: float | None) -> None:
        if timeout == 0:
            if event == select.POLLIN:
                raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "nothing to read yet")
            raise ssl.SSLWantWriteError(ssl.SSL_ERROR_WANT_WRITE, "nothing can be written yet")
        left = None if end is None else (end - time.monotonic()) * 1000
        poll = select.poll()
        poll.register(self._sock, event)
        if (left is not None and left <= 0) or not poll.poll(left):
            raise TimeoutError("timed out")


def _handshake_took_too_long() -> ssl.SSLError:
    """Return what gunicorn takes for a client that hung up: others are logged at length."""
    return ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the handshake took too long")


def _as_python_says(error: SSL.Error) -> OSError:
    """Return the error that ssl.SSLSocket would raise."""
    if isinstance(error, SSL.ZeroReturnError):
        return ssl.SSLZeroReturnError(ssl.SSL_ERROR_ZERO_RETURN, "TLS was closed by the other side")
    if isinstance(error, SSL.SysCallError):
        number = error.args[0]
        if number > 0:
            return OSError(number, os.strerror(number))
        return ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the other side hung up")
    told = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ssl.SSLError(ssl.SSL_ERROR_SSL, "; ".join(reason for _, _, reason in told) or "TLS")


def _presented(connection: SSL.Connection) -> Presented | None:
    leaf = connection.get_peer_certificate()
    if leaf is None:
        return None
    # On the server's side the leaf is not in it (SSL_get_peer_cert_chain).
    chain = connection.get_peer_cert_chain() or ()
    return Presented(_der(leaf), tuple(map(_der, chain)))


def _der(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
