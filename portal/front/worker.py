"""gunicorn's threaded worker, which slow clients cannot occupy.

gunicorn gives a connection a thread as soon as it is made, and that thread waits for as long as
the client likes: sixteen connections that send one byte each held all 2 × 8 threads for good. Here
a thread is given once a client has sent something, takes it back after some seconds, and one
address never has more than half of the threads. `tests/end_to_end/test_hostile_clients.py` attacks
all of it.

Built on gunicorn 27; its methods that are overridden here are no promise of its, so pyproject.toml
holds the version.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import resource
import selectors
import socket
import ssl
import time
from collections import Counter, defaultdict, deque
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from portal import logs
from portal.config import Config
from portal.front.proxies import Proxies, plain_address

log = logging.getLogger("gunicorn.error")

FIRST_BYTE_S = 10  # until a connection has sent anything; it costs no thread
HEAD_S = 10  # until the TLS handshake is done and all headers are there; phones need below one
BODY_S = 30  # until all of a body is there, and a second more …
BODY_BYTES_PER_S = 16 * 1024  # … for each of these
STALL_MS = 30_000  # until a client must have taken something of an answer
# How long and how much an answered client may still send that nobody reads; cut off at once, it
# would not see the answer.
LINGER_S = 0.5
LINGER_BYTES = 4 * 1024 * 1024

_NO_CONNECTION = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)
# What a client is told that does not speak HTTP as it should: no page, and nothing of what it sent.
_REFUSALS = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
    errors.ExpectationFailed: (417, "Expectation Failed"),
}


class Connection(TConn):  # type: ignore[misc]
    """A connection that the main loop can end while a thread reads from it."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.address = plain_address(client[0]) if isinstance(client, tuple) else ""
        self.body: Any = None
        self._read_until: float | None = None
        self._lever: socket.socket | None = None

    def begin_reading(self, seconds: float, body: Any = None) -> None:
        """Allow that many seconds for the head, or from there for `body`."""
        self.body = body
        self._read_until = time.monotonic() + seconds
        if self._lever is None:
            # A handle of its own: TLS takes the socket over while it shakes hands.
            self._lever = socket.socket(fileno=os.dup(self.sock.fileno()))

    def end_reading(self) -> None:
        self._read_until = None
        if self._lever is not None:
            self._lever.close()
            self._lever = None

    def is_dawdling(self, now: float) -> bool:
        return self._read_until is not None and now > self._read_until and not _is_whole(self.body)

    def cut(self) -> None:
        """End the connection; whoever reads from it finds its end."""
        self._read_until = None
        if lever := self._lever:
            with contextlib.suppress(OSError):
                lever.shutdown(socket.SHUT_RDWR)

    def say_goodbye(self) -> None:
        """Close so that the answer arrives, although some of the request was not read."""
        util.close_graceful(self.sock, timeout=LINGER_S, max_drain=LINGER_BYTES)

    def close(self, graceful: bool = False) -> None:
        """Close at once. The main loop calls it, which must not wait: `say_goodbye` came before."""
        util.close(self.sock)


def _is_whole(body: Any) -> bool:
    """Has all of a request's body arrived? False while its head is awaited."""
    if body is None:
        return False
    reader = body.reader
    return reader.parser is None if hasattr(reader, "parser") else reader.length == 0


class Worker(ThreadWorker):  # type: ignore[misc]
    """A ThreadWorker with deadlines for reading and a fair share of threads for each address.

    `_in_threads` and `_queued` belong to the main loop; `_reading` is filled by all threads.
    """

    def init_process(self) -> None:
        self._proxies = Proxies.of(Config.load().proxies)
        self._share = max(1, self.cfg.threads // 2)
        self._in_threads: Counter[str] = Counter()
        self._queued: dict[str, deque[Connection]] = defaultdict(deque)
        self._reading: dict[Connection, None] = {}
        # Two for each connection that is read, some for the database; services often have 1024.
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and wait for its first byte in the main loop, without a thread."""
        try:
            client_sock, client = listener.accept()
        except OSError as error:
            if error.errno not in _NO_CONNECTION:
                raise
            return
        if isinstance(client, tuple):
            with contextlib.suppress(OSError):
                client_sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_MS)
        connection = Connection(self.cfg, client_sock, client, listener.getsockname())
        self.nr_conns += 1
        connection.timeout = time.monotonic() + FIRST_BYTE_S
        self.pending_conns.append(connection)
        ready = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client_sock, selectors.EVENT_READ, ready)

    def enqueue_req(self, conn: Connection) -> None:
        """Give `conn` a thread, or a place in its address's queue when that has its share."""
        if not self._proxies.trust(conn.address):
            if self._in_threads[conn.address] >= self._share:
                self._queued[conn.address].append(conn)
                return
            self._in_threads[conn.address] += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Take the thread back, and give it to the next of the same address."""
        if not self._proxies.trust(conn.address):
            self._in_threads[conn.address] -= 1
            if not self._in_threads[conn.address]:
                del self._in_threads[conn.address]
        super().finish_request(conn, fs)
        if waiting := self._queued.get(conn.address):
            self.enqueue_req(waiting.popleft())
            if not waiting:
                del self._queued[conn.address]

    def murder_pending(self) -> None:
        """End what never sent a byte, and what takes too long to send the rest; about each second.

        In the main loop, as no thread that waits for a client can look at a clock.
        """
        super().murder_pending()
        now = time.monotonic()
        for connection in [*self._reading]:
            if connection.is_dawdling(now):
                log.info("a request of %s took too long to arrive", connection.address)
                connection.cut()

    def handle(self, conn: Connection) -> Any:
        """Handle one request in a thread of its own."""
        result = False
        try:
            conn.begin_reading(HEAD_S)
            self._reading[conn] = None
            result = super().handle(conn)
        finally:
            if not result:
                conn.say_goodbye()
            self._reading.pop(conn, None)
            conn.end_reading()
        return result

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request whose head is there."""
        length = getattr(req.body.reader, "length", 0)
        conn.begin_reading(BODY_S + length / BODY_BYTES_PER_S, req.body)
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is no HTTP: plainly, and without repeating any of it here or in the log."""
        address = addr[0] if addr else "a proxy"
        if isinstance(exc, ssl.SSLError):
            log.debug("no TLS with %s: %s", address, exc)
        elif isinstance(exc, errors.ParseException):
            log.info("%s does not speak HTTP: %s", address, type(exc).__name__)
            status, reason = _REFUSALS.get(type(exc), (400, "Bad Request"))
            head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: text/plain"
            text = f"{reason}\n"
            with contextlib.suppress(OSError):
                util.write(client, f"{head}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        else:
            super().handle_error(req, client, addr, exc)


class Logger(GunicornLogger):  # type: ignore[misc]
    """gunicorn's log, where addresses hold no tokens."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logs.redact_all(logger)
