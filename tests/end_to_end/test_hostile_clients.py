"""What strangers throw at the server itself, over raw sockets: one worker with four threads."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from portal.config import Config
from portal.front import listeners, worker
from tests.end_to_end.nginx import ask, tls
from tests.end_to_end.running import Portal, wait_for

WRONG = "b3" * 16
MAC = "001565aabbcc"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    portal = Portal(
        tmp_path_factory.mktemp("hostile") / "instance",
        PORTAL_WORKERS="1",
        PORTAL_THREADS="4",
        PORTAL_LOG_LEVEL="DEBUG",
    )
    portal.start()
    yield portal
    portal.stop()


def connected(portal: Portal, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", portal.port), timeout=30, source_address=(source, 0)
    )


def answer_to(portal: Portal, *sent: bytes) -> bytes:
    """Return all that is answered to bytes sent over TLS, in as many pieces."""
    with tls().wrap_socket(connected(portal)) as connection:
        for piece in sent:
            connection.sendall(piece)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            return b"".join(iter(lambda: connection.recv(65536), b""))
    return b""


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = [line, "Host: localhost", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


@pytest.mark.parametrize("held", ["tls", "head", "body", "chunks", "unread answer"])
def test_slow_clients_take_no_thread_from_others(portal, held):
    """Twelve connections that never finish, three times as many as there are threads."""
    starts = {
        "tls": b"\x16",
        "head": b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "body": request("POST /sign-in HTTP/1.1", "Content-Length: 1000", body=b"name="),
        "chunks": request("POST /sign-in HTTP/1.1", "Transfer-Encoding: chunked", body=b"5\r\nna"),
        "unread answer": request(f"GET /p/s/{WRONG}/{MAC}.cfg HTTP/1.1"),
    }
    slow = [connected(portal) for _ in range(12)]
    for number, connection in enumerate(slow):
        if held != "tls" and number < 2:  # its share: the next one's handshake would have to wait
            slow[number] = connection = tls().wrap_socket(connection)
        connection.sendall(starts[held] if number < 2 else b"\x16")
    began = time.monotonic()
    others = ask(portal.port, "localhost", f"/p/s/{WRONG}/{MAC}.cfg", source="127.0.0.2")
    assert others.status == 404
    assert time.monotonic() - began < 5
    for connection in slow:
        connection.close()


def test_connections_that_send_nothing_cost_no_thread(portal):
    idle = [connected(portal) for _ in range(100)]
    began = time.monotonic()
    assert ask(portal.port, "localhost", "/sign-in").status == 200
    assert time.monotonic() - began < worker.FIRST_BYTE_S / 2
    for connection in idle:
        connection.close()


def test_a_slow_head_is_cut_off_although_it_keeps_coming(portal):
    """A byte each half second, in the handshake or in a header: no single read takes long."""
    shaking, speaking = connected(portal), tls().wrap_socket(connected(portal))
    shaking.sendall(b"\x16")
    speaking.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    lasted = {}
    began = time.monotonic()
    while len(lasted) < 2 and time.monotonic() - began < 3 * worker.HEAD_S:
        time.sleep(0.5)
        for connection in {shaking, speaking} - set(lasted):
            if is_cut(connection, b"\x03" if connection is shaking else b"x"):
                lasted[connection] = time.monotonic() - began
    assert all(worker.HEAD_S - 1 < seconds < worker.HEAD_S + 5 for seconds in lasted.values())
    assert len(lasted) == 2
    shaking.close()
    speaking.close()


def is_cut(connection: socket.socket, more: bytes) -> bool:
    """Send a little more; is the connection over?"""
    connection.settimeout(0.05)
    try:
        connection.sendall(more)
        return not connection.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True


NOT_HTTP = [
    b"\x00\x01\x02\r\n\r\n",
    b"GET\r\n\r\n",
    b"get / HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nX: \x00\r\n\r\n",
    b"GET / HTTP/1.1\nHost: h\n\n",
    request("POST /sign-in HTTP/1.1", "Content-Length: -1"),
    request("POST /sign-in HTTP/1.1", "Content-Length: 1", "Content-Length: 2"),
    request("POST /sign-in HTTP/1.1", "Content-Length: 1e3"),
    request("POST /sign-in HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked"),
    request("POST /sign-in HTTP/1.1", "Transfer-Encoding: chunked, chunked"),
    request("POST /sign-in HTTP/1.1", "Transfer-Encoding: gzip"),
    request("POST /sign-in HTTP/1.1", "Transfer-Encoding: xchunked"),
    request("POST /sign-in HTTP/1.0", "Transfer-Encoding: chunked"),
    request(f"GET /{'a' * 5000} HTTP/1.1"),
    request("GET / HTTP/1.1", *[f"X-{n}: y" for n in range(100)]),
    request("GET / HTTP/1.1", f"X: {'y' * 9000}"),
    request("GET / HTTP/1.1", "Expect: miracles"),
]


@pytest.mark.parametrize("sent", NOT_HTTP, ids=range(len(NOT_HTTP)))
def test_what_is_no_http_gets_one_plain_line(portal, sent):
    answer = answer_to(portal, sent)
    assert re.match(rb"HTTP/1\.1 (400|414|417|431) ", answer), answer
    assert b"<" not in answer
    assert len(answer) < 200


ODD = [
    ("GET", f"/p/{MAC}.cfg%00"),
    ("GET", f"/p/%00/{MAC}.cfg"),
    ("GET", "/p/%2e%2e/%2e%2e/etc/passwd"),
    ("GET", "/p/../../etc/passwd"),
    ("GET", "/p/..%5c..%5cwindows"),
    ("GET", "/p/%2F%2Fetc%2Fpasswd"),
    ("GET", "/p/%ff%fe"),
    ("GET", "/p/%0d%0aX-Injected:%20yes"),
    ("GET", "/p/" + "a" * 3000),
    ("GET", "/p/" + "a/" * 1500),
    ("GET", "/p/x?mac=%00"),
    ("GET", "/p/?" + "a=b&" * 900),
    ("GET", "http://evil.example/p/x"),
    ("PROPFIND", "/p/x"),
    ("TRACE", "/p/x"),
    ("CONNECT", "/p/x"),
    ("BREW", "/p/x"),
    ("M-SEARCH", "/p/x"),
]


@pytest.mark.parametrize(("verb", "path"), ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("door", ["/p/", f"/p/t/{WRONG}/", f"/p/s/{WRONG}/"])
def test_odd_requests_get_the_refusal_of_their_path(portal, door, verb, path):
    path = path.replace("/p/", door, 1)
    answer = answer_to(portal, request(f"{verb} {path} HTTP/1.1"))
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(answer.split(b" ", 2)[1])
    assert (status, body) in {(404, b"Not found\n"), (401, b"Authentication required\n")}
    assert status == 404 or door == "/p/"
    assert b"X-Injected" not in head


@pytest.mark.parametrize("verb", ["BREW", "TRACE", "PROPFIND", "DELETE", "CONNECT"])
@pytest.mark.parametrize("path", ["/sign-in", "/devices?q=%00", "/nowhere%00", "/static/../x"])
def test_odd_requests_for_pages_are_no_fault_of_the_portal(portal, verb, path):
    answer = answer_to(portal, request(f"{verb} {path} HTTP/1.1"))
    assert 400 <= int(answer.split(b" ", 2)[1]) < 500


FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "piece",
    [b"FFFFFFFFFFFFFFFFFF\r\n", b"zz\r\n", b"5\r\nabc", b"3\r\nabcXX3\r\n", b"-5\r\n"],
)
@pytest.mark.parametrize("path", ["/sign-in", f"/p/{MAC}.log", f"/p/t/{WRONG}/{MAC}.log"])
def test_bent_chunks_are_no_fault_of_the_portal(portal, path, piece):
    with tls().wrap_socket(connected(portal)) as connection:
        connection.sendall(request(f"POST {path} HTTP/1.1", FORM, "Transfer-Encoding: chunked"))
        connection.sendall(piece)
        socket.socket.shutdown(connection, socket.SHUT_WR)  # of TCP, as when a cable is pulled
        answer = b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            answer = connection.recv(65536)
    assert not answer or 400 <= int(answer.split(b" ", 2)[1]) < 500


def test_a_stranger_may_send_little(portal):
    body = b"name=" + b"x" * (200 * 1024)
    sent = request("POST /sign-in HTTP/1.1", FORM, f"Content-Length: {len(body)}")
    answer = answer_to(portal, sent, body)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Up to 64 kB can be sent here" in answer


def test_a_claimed_length_of_gigabytes_is_refused_without_waiting_for_it(portal):
    began = time.monotonic()
    sent = request("POST /sign-in HTTP/1.1", FORM, "Content-Length: 9000000000", body=b"name=")
    assert answer_to(portal, sent).startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - began < 5


def test_the_installation_knows_who_listens(portal):
    told = listeners.listening(Config.load({}, instance=portal.folder))
    assert [(one.bind, one.serve, one.oldest_tls) for one in told] == [
        (f"127.0.0.1:{portal.port}", "all", "1.2")
    ]


def test_claims_of_a_stranger_about_himself_are_not_believed(portal):
    told = ["X-Forwarded-For: 203.0.113.66", "X-Forwarded-Proto: http", "Script-Name: /evil"]
    line = f"GET /p/s/{WRONG}/{MAC}.cfg HTTP/1.1"
    assert answer_to(portal, request(line, *told)).startswith(b"HTTP/1.1 404 ")
    answer = answer_to(portal, request("GET /devices HTTP/1.1", *told, "X-Forwarded-Ssl: on"))
    assert b"\r\nLocation: /sign-in" in answer


def test_the_log_holds_no_token_and_no_traceback(portal):
    """After all of the above, at the most talkative level."""
    wrong = "b2" * 16
    answer_to(portal, request(f"GET /p/t/{wrong}/\xff HTTP/1.1"))
    answer_to(portal, request(f"GET /p/t/{wrong}/{MAC}.cfg HTTP/1.1"))
    log = portal.folder / "serve.log"
    wait_for("it is logged", lambda: "does not speak HTTP" in log.read_text())
    text = log.read_text()
    assert wrong not in text
    assert WRONG not in text
    assert "Traceback" not in text
