"""TLS of `portal serve`, by real handshakes on loopback with gunicorn's own worker."""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from OpenSSL import SSL

from portal import tls
from portal.cli import first_run
from portal.config import Config
from portal.tls_socket import TlsSocket
from tests.certificates.making import Made, make, rsa_key, signed_with
from tests.end_to_end.running import free_port, wait_for

# What answers: the certificate that came, and a digest of the body; ?bytes=N sends N bytes.
APP = """
import hashlib, json
from urllib.parse import parse_qs
from portal import tls

def answer(environ, start_response):
    shown = environ["portal.certificate"]
    told = {
        "leaf": hashlib.sha256(shown.leaf).hexdigest() if shown else None,
        "chain": len(shown.chain) if shown else 0,
        "body": hashlib.sha256(environ["wsgi.input"].read()).hexdigest(),
        "process": __import__("os").getpid(),
    }
    size = int(parse_qs(environ["QUERY_STRING"]).get("bytes", ["0"])[0])
    body = b"x" * size or json.dumps(told).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

app = tls.with_certificates(answer)
"""


@dataclass
class Server:
    """gunicorn with the portal's TLS around a small app."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def connect(self, **options: object) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "localhost", self.port, context=self.context(**options), timeout=10
        )

    def context(self, phone: Path | None = None, version: str = "", cipher: str = ""):
        """Return a phone's side of TLS; `phone`: a file with its certificate and key."""
        context = ssl.create_default_context(cafile=str(self.folder / "tls" / "cert.pem"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old TLS is meant here
            context.set_ciphers(cipher or "DEFAULT:@SECLEVEL=0")
            if version:
                context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        if phone:
            context.load_cert_chain(phone)
        return context

    def ask(self, path: str = "/", **options: object) -> dict[str, object]:
        with contextlib.closing(self.connect(**options)) as connection:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())


def started(folder: Path, **environ: str) -> Server:
    (folder / "answering.py").write_text(APP)
    if not (folder / "tls").exists():
        first_run.write_certificate(
            folder / "tls" / "cert.pem", folder / "tls" / "key.pem", ["localhost"]
        )
    port = free_port()
    told = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")},
        "PORTAL_INSTANCE": str(folder),
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path(tls.__file__).parent.parent)]),
        **environ,
    }
    hooks = "from portal.cli.jobs import ssl_context\n"  # without the jobs' own process
    (folder / "hooks.py").write_text(hooks)
    options = [
        "--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gthread",
        "--threads", "8", "--certfile", str(folder / "tls" / "cert.pem"),
        "--keyfile", str(folder / "tls" / "key.pem"), "--config", "python:hooks",
        "--log-level", "warning", "--graceful-timeout", "2", "answering:app",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options], env=told, stdout=log, stderr=log
        )

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_for("gunicorn listens", listens)
    return Server(port, folder, process)


def stop(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=20)


@pytest.fixture
def start():
    """Return a function that starts a server, which ends with the test."""
    servers: list[Server] = []

    def begin(folder: Path, **environ: str) -> Server:
        servers.append(started(folder, **environ))
        return servers[-1]

    yield begin
    for server in servers:
        stop(server)


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    server = started(tmp_path_factory.mktemp("asking"), PORTAL_ASK_CERTIFICATES="true")
    yield server
    stop(server)


@pytest.fixture(scope="module")
def standard(tmp_path_factory):
    server = started(tmp_path_factory.mktemp("standard"))
    yield server
    stop(server)


@pytest.fixture(scope="module")
def root() -> Made:
    return make("Maker Root", is_ca=True)


def written(folder: Path, phone: Made, *chain: Made) -> Path:
    file = folder / "phone.pem"
    file.write_text(phone.pem + "".join(one.pem for one in chain) + phone.key_pem)
    return file


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


VERSIONS = ["TLSv1_2", "TLSv1_3"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_certificate_reaches_the_app_with_its_chain(asking, root, tmp_path, version):
    issuing = make("Issuing", root, is_ca=True)
    phone = make("805ec0112233", issuing)
    file = written(tmp_path, phone, issuing, root)
    told = asking.ask(phone=file, version=version)
    assert told["leaf"] == digest(phone.der)
    assert told["chain"] == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_nobody_is_refused_for_a_certificate_or_for_none(asking, tmp_path, version):
    assert asking.ask(version=version)["leaf"] is None
    old = make("x", key=rsa_key(1024))
    expired = make("x", since=old.certificate.not_valid_before_utc.replace(year=2001),
                   until=old.certificate.not_valid_before_utc.replace(year=2002))  # fmt: skip
    signer = make("Old", is_ca=True, key=rsa_key(1024))
    sha1 = signed_with("sha1", make("x", signer, key=rsa_key(1024)), signer)
    for phone in (old, expired, sha1):
        told = asking.ask(phone=written(tmp_path, phone), version=version)
        assert told["leaf"] == digest(phone.der)


def test_a_listener_that_does_not_ask_gets_none(standard, tmp_path):
    assert standard.ask(phone=written(tmp_path, make("805ec0112233")))["leaf"] is None


def test_no_header_can_take_the_place_of_a_certificate(asking):
    with contextlib.closing(asking.connect()) as connection:
        for name in ("portal.certificate", "Portal-Certificate", "X-Client-Certificate"):
            connection.request("GET", "/", headers={name: "x"})
            assert json.loads(connection.getresponse().read())["leaf"] is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["asking", "standard"])
def test_one_connection_serves_many_requests_with_large_bodies(request, kind, version):
    server = request.getfixturevalue(kind)
    with contextlib.closing(server.connect(version=version)) as connection:
        for size in (0, 1, 16_384, 16_385, 3_000_000):
            body = os.urandom(size)
            connection.request("PUT", "/", body=body)
            assert json.loads(connection.getresponse().read())["body"] == digest(body)
            connection.request("GET", f"/?bytes={size}")
            got = connection.getresponse().read()
            assert len(got) == size or (size == 0 and got)
        socket_kept = connection.sock
        connection.request("GET", "/")
        connection.getresponse().read()
        assert connection.sock is socket_kept


def test_a_slow_reader_gets_everything(asking):
    with contextlib.closing(asking.connect()) as connection:
        connection.request("GET", "/?bytes=5000000")
        answer, got = connection.getresponse(), 0
        while chunk := answer.read(500_000):
            got += len(chunk)
            time.sleep(0.02)
        assert got == 5_000_000


def test_fifty_connections_at_once_are_served(asking, root, tmp_path):
    phone = make("805ec0112233", root)
    file = written(tmp_path, phone)

    def ask(number: int) -> object:
        return asking.ask(phone=file if number % 2 else None)["leaf"]

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        found = list(pool.map(ask, range(50)))
    assert found == [digest(phone.der) if number % 2 else None for number in range(50)]


def hang_up(server: Server, moment: str) -> None:
    """Leave at the worst moment, some of it with a reset."""
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if moment == "garbage":
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
    elif moment == "in the handshake":
        raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    elif moment != "before":
        raw = server.context().wrap_socket(raw, server_hostname="localhost")
    if moment == "in the headers":
        raw.sendall(b"GET / HT")
    elif moment == "in the body":
        raw.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\nabc")
    elif moment == "in the answer":
        raw.sendall(b"GET /?bytes=9000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        raw.recv(1000)
    time.sleep(0.05)
    raw.close()


MOMENTS = ["before", "garbage", "in the handshake", "after the handshake", "in the headers",
           "in the body", "in the answer"]  # fmt: skip


@pytest.mark.parametrize("kind", ["asking", "standard"])
def test_who_hangs_up_disturbs_nobody_and_fills_no_log(request, kind):
    server = request.getfixturevalue(kind)
    process = server.ask()["process"]
    for moment in MOMENTS * 3:  # more than there are threads
        hang_up(server, moment)
    assert server.ask()["process"] == process
    assert "Traceback" not in server.log


@pytest.mark.parametrize("kind", ["asking", "standard"])
def test_a_silent_handshake_holds_a_thread_only_for_a_while(start, tmp_path, kind):
    server = start(tmp_path, PORTAL_ASK_CERTIFICATES="true" if kind == "asking" else "false")
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    for one in idle:
        one.sendall(hello)
    began = time.monotonic()
    with contextlib.closing(server.connect()) as connection:
        connection.timeout = 20
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
    assert time.monotonic() - began < 15
    for one in idle:
        one.close()
    assert "Traceback" not in server.log


def test_the_end_of_a_connection_is_said_as_tls_wants_it(asking):
    with socket.create_connection(("127.0.0.1", asking.port), timeout=10) as raw:
        context = asking.context()
        wrapped = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
        with wrapped:
            wrapped.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while wrapped.recv(4096):  # raises SSLEOFError where close_notify is missing
                pass


@pytest.mark.parametrize("kind", ["asking", "standard"])
def test_a_renewed_certificate_is_taken_without_restart(start, tmp_path, kind):
    server = start(tmp_path, PORTAL_ASK_CERTIFICATES="true" if kind == "asking" else "false")
    cert, key = tmp_path / "tls" / "cert.pem", tmp_path / "tls" / "key.pem"
    before = server.ask()["process"]
    first_run.write_certificate(cert, key, ["localhost", "renewed.example"])
    with contextlib.closing(server.connect()) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()
        names = connection.sock.getpeercert()["subjectAltName"]
    assert ("DNS", "renewed.example") in names
    assert server.ask()["process"] == before
    # In between, when only one of the two files is there, the one that works stays.
    trusting = ssl.create_default_context(cafile=str(cert))
    first_run.write_certificate(tmp_path / "c", tmp_path / "k", ["localhost"])
    cert.write_bytes((tmp_path / "c").read_bytes())
    with contextlib.closing(
        http.client.HTTPSConnection("localhost", server.port, context=trusting, timeout=10)
    ) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().status == 200


def test_old_tls_is_spoken_only_where_it_is_configured(standard, asking):
    for server in (standard, asking):
        for version in ("TLSv1", "TLSv1_1"):
            with pytest.raises(ssl.SSLError):
                server.ask(version=version)


@pytest.mark.parametrize("asks", ["true", "false"])
def test_a_phone_with_tls_1_0_and_rsa_alone_is_served_where_it_is(start, tmp_path, asks):
    (tmp_path / "tls").mkdir()
    own = make("localhost", key=rsa_key(2048))
    (tmp_path / "tls" / "cert.pem").write_text(own.pem)
    (tmp_path / "tls" / "key.pem").write_text(own.key_pem)
    server = start(
        tmp_path, PORTAL_TLS_MIN="1.0", PORTAL_SERVE="phones", PORTAL_ASK_CERTIFICATES=asks
    )
    signer = make("Old", is_ca=True, key=rsa_key(1024))
    phone = signed_with("sha1", make("000e08112233", signer, key=rsa_key(1024, 2)), signer)
    context = server.context(
        phone=written(tmp_path, phone), version="TLSv1", cipher="AES128-SHA:@SECLEVEL=0"
    )
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(
        http.client.HTTPSConnection("localhost", server.port, context=context, timeout=10)
    ) as connection:
        connection.request("GET", "/")
        told = json.loads(connection.getresponse().read())
        assert connection.sock.version() == "TLSv1"
    assert told["leaf"] == (digest(phone.der) if asks == "true" else None)


def test_what_cannot_be_served_is_one_sentence(config):
    with pytest.raises(tls.CannotServe, match="is for old phones only"):
        tls.check(replace(config, tls_min="1.0"))
    tls.check(replace(config, tls_min="1.0", serve="phones"))
    with pytest.raises(ValueError, match=r"PORTAL_TLS_MIN is one of 1\.0, 1\.2, 1\.3, not “2”"):
        replace(config, tls_min="2")


@pytest.fixture
def pair(tmp_path):
    """Return a function that connects a TlsSocket with a client, by a real handshake."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    first_run.write_certificate(cert, key, ["localhost"])
    context = tls.Asking(cert, key, "1.2")
    trust = ssl.create_default_context(cafile=str(cert))
    opened: list[object] = []

    def connected() -> tuple[TlsSocket, ssl.SSLSocket]:
        ours, theirs = socket.socketpair()
        served: list[TlsSocket] = []
        shaking = threading.Thread(target=lambda: served.append(context.wrap_socket(ours)))
        shaking.start()
        client = trust.wrap_socket(theirs, server_hostname="localhost")
        shaking.join(10)
        opened.extend([*served, client, ours])
        return served[0], client

    yield connected
    for one in opened:
        one.close()


def test_timeouts_and_ends_are_those_of_the_standard_library(pair):
    ours, client = pair()
    ours.settimeout(0.05)
    with pytest.raises(TimeoutError):
        ours.recv(10)
    ours.setblocking(False)
    with pytest.raises(ssl.SSLWantReadError):
        ours.recv(10)
    with pytest.raises(ssl.SSLWantWriteError):
        ours.sendall(b"x" * 50_000_000)
    assert ours.gettimeout() == 0.0
    ours, client = pair()
    client.sendall(b"hello")
    assert ours.recv(3) + ours.recv(100) == b"hello"
    ours.sendall(b"x")
    assert client.recv(1) == b"x"  # with the tickets before it, or closing would be a reset
    client.close()
    assert ours.recv(10) == b""
    ours.close()
    assert ours.fileno() == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        ours.recv(10)


def test_a_reset_is_a_connection_error(pair):
    ours, client = pair()
    client.close()
    with pytest.raises(ConnectionError):
        ours.sendall(b"x" * 10_000_000)


def test_a_broken_record_is_an_ssl_error(pair):
    ours, client = pair()
    raw = socket.socket(fileno=os.dup(client.fileno()))
    raw.sendall(b"\x17\x03\x03\x00\x10" + b"x" * 16)
    with pytest.raises(ssl.SSLError) as caught:
        ours.recv(10)
    assert caught.value.args[0] == ssl.SSL_ERROR_SSL
    raw.close()


def test_the_first_certificate_must_load(tmp_path):
    config = Config.load({}, instance=tmp_path, ask_certificates=True)
    with pytest.raises(FileNotFoundError):
        tls.Contexts(config).current()
    config.cert_file.parent.mkdir()
    config.cert_file.write_text("x")
    config.key_file.write_text("x")
    with pytest.raises(SSL.Error):
        tls.Contexts(config).current()
