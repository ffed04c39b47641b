"""Phones and administrators behind Debian's nginx, configured by `portal nginx-config`."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.end_to_end.nginx import ADMIN, PHONES, BehindNginx, Echo, Nginx, ask, tls
from tests.end_to_end.running import wait_for

MAC = "805ec0d57d72"
WRONG = "a" * 32
SPOOFED = {
    "X-Forwarded-For": "203.0.113.66",
    "X-Forwarded-Proto": "http",
    "X-Real-IP": "203.0.113.66",
    "Forwarded": "for=203.0.113.66",
    "X-Client-Certificate": "-----BEGIN%20CERTIFICATE-----",
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehindNginx]:
    portal = BehindNginx(tmp_path_factory.mktemp("behind") / "instance")
    portal.run("customer", "add", "Example Ltd")
    portal.run("device", "add", MAC, "--model", "T31G", "--customer", "Example Ltd")
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def nginx(portal: BehindNginx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    nginx = Nginx(tmp_path_factory.mktemp("nginx") / "n", portal)
    nginx.start()
    yield nginx
    nginx.stop()


@pytest.fixture(scope="module")
def token(portal: BehindNginx, nginx: Nginx) -> str:
    """The phone's token, out of the address that it got over its customer's site address."""
    site = portal.run("device", "url", MAC)["site"].removeprefix(f"https://{PHONES}")
    given = ask(nginx.port, PHONES, f"{site}{MAC}.cfg")
    assert given.status == 200
    own: str = portal.run("device", "url", MAC)["own"]
    assert own.encode() in given.body
    return own.rstrip("/").rpartition("/")[2]


def certificate_of(folder: Path, name: str, days: int) -> tuple[Path, Path]:
    """Write a certificate for `name`, as a phone has one, that ends in `days` days."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Some vendor's CA")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_nginx_takes_the_configuration(nginx):
    said = nginx.checked()
    assert "test is successful" in said
    assert "[warn]" not in said.replace('the "user" directive', "")


def test_a_phone_gets_its_file_and_its_address_is_known(portal, nginx, token):
    path = f"/p/t/{token}/{MAC}.cfg"
    got = ask(nginx.port, PHONES, path, SPOOFED, source="127.0.0.5")
    assert got.status == 200
    assert got.body == portal.direct(PHONES, path).body
    again = ask(nginx.port, PHONES, path, {"If-None-Match": got.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")

    def noted() -> bool:
        database = sqlite3.connect(portal.folder / "portal.sqlite3")
        rows = database.execute("SELECT address, protocol FROM check_ins WHERE proof = 'token'")
        found = rows.fetchall()
        database.close()
        assert not any("203.0.113" in address for address, _ in found)
        return ("127.0.0.5", "https") in found

    wait_for("the check-in is noted with the phone's own address", noted)


def test_an_old_phone_speaks_http_1_0_without_a_name(nginx, token):
    raw = socket.create_connection(("127.0.0.1", nginx.port), timeout=20)
    with tls().wrap_socket(raw) as connection:
        connection.sendall(f"GET /p/t/{token}//{MAC}.cfg HTTP/1.0\r\n\r\n".encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"chunked" not in head
    assert b"account.1" in body


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_only_the_listener_for_old_phones_speaks_old_tls(nginx, token):
    old = tls()
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    path = f"/p/t/{token}/{MAC}.cfg"
    assert ask(nginx.old_port, PHONES, path, context=old).status == 200
    assert ask(nginx.old_port, ADMIN, "/sign-in").status == 404
    with pytest.raises(ssl.SSLError):
        ask(nginx.port, PHONES, path, context=old)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/p/{MAC}.cfg", 401),
        ("/p/001565000000.cfg", 401),
        ("/p/nonsense.xyz", 404),
        (f"/p/t/{WRONG}/{MAC}.cfg", 404),
        (f"/p/s/{WRONG}/{MAC}.cfg", 404),
    ],
)
def test_refusals_are_the_same_bytes_through_nginx(portal, nginx, path, status):
    own = ask(nginx.port, PHONES, path)
    direct = portal.direct(PHONES, path)
    assert (own.status, own.body) == (status, direct.body)
    # Nonces carry the time and the address; the rest is of the connection.
    differ = {"Server", "Date", "Connection", "WWW-Authenticate"}
    assert {k: v for k, v in own.headers.items() if k not in differ} == {
        k: v for k, v in direct.headers.items() if k not in differ
    }
    assert ("WWW-Authenticate" in own.headers) == (status == 401)


def test_each_name_opens_its_own_door_only(nginx):
    assert ask(nginx.port, ADMIN, "/sign-in").status == 200
    for host, path in [(ADMIN, f"/p/{MAC}.cfg"), (PHONES, "/sign-in"), ("other.test", "/sign-in")]:
        answer = ask(nginx.port, host, path)
        assert (answer.status, answer.body) == (404, b"Not found\n")
    assert ask(nginx.port, "192.0.2.1", f"/p/{MAC}.cfg").status == 401


def test_a_redirect_stays_on_the_name(nginx):
    answer = ask(nginx.port, ADMIN, "/devices", {"X-Forwarded-Host": "evil.example"})
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/sign-in")


def test_a_large_body_is_refused(nginx):
    headers = {"Content-Length": str(50 * 1024 * 1024)}
    for host, path in [(ADMIN, "/sign-in"), (PHONES, f"/p/t/{WRONG}/{MAC}.log")]:
        assert ask(nginx.port, host, path, headers, method="POST").status == 413


@pytest.fixture
def echo(portal: BehindNginx, tmp_path: Path) -> Iterator[Nginx]:
    """An nginx before an app that tells what it sees."""
    path = tmp_path / "echo.sock"
    upstream = f"unix:{path}"
    server = Echo(path)
    nginx = Nginx(
        tmp_path / "n", portal, "--admin-upstream", upstream, "--phones-upstream", upstream
    )
    nginx.start()
    yield nginx
    nginx.stop()
    server.stop()


def test_the_app_learns_the_phones_certificate_and_nobodys_claims(echo, tmp_path):
    shown = certificate_of(tmp_path / "good", MAC.upper(), days=30)
    answer = ask(echo.port, PHONES, "/p/x", SPOOFED, context=tls(*shown), source="127.0.0.7")
    seen = json.loads(answer.body)
    assert unquote(seen.pop("certificate")) == shown[0].read_text()
    assert seen == {"address": "127.0.0.7", "scheme": "https", "host": PHONES, "headers": []}

    for host, path in [(PHONES, "/p/x"), (ADMIN, "/sign-in"), (ADMIN, "/devices")]:
        seen = json.loads(ask(echo.port, host, path, SPOOFED, source="127.0.0.7").body)
        assert seen.pop("certificate") == ""
        assert seen == {"address": "127.0.0.7", "scheme": "https", "host": host, "headers": []}


def test_a_certificate_that_nginx_cannot_accept_is_as_good_as_none(nginx, echo, token, tmp_path):
    expired = tls(*certificate_of(tmp_path / "expired", MAC.upper(), days=-1))
    seen = json.loads(ask(echo.port, PHONES, "/p/x", SPOOFED, context=expired).body)
    assert seen["certificate"] == ""
    # The phone has its token, and gets its file; no page is served on this way.
    assert ask(nginx.port, PHONES, f"/p/t/{token}/{MAC}.cfg", context=expired).status == 200
    assert ask(nginx.port, PHONES, "/sign-in", context=expired).status == 404


def test_no_log_holds_a_token(portal, nginx, token):
    log = nginx.folder / "portal-phones.access.log"
    paths = [
        f"/p/t/{token}/{MAC}.cfg",
        f"//p//t//{token}//{MAC}.cfg",
        f"/p/t/{token}",
        f"/p/%74/{token}/{MAC}.cfg",
        f"/p/t%2F{token}/{MAC}.cfg",
        f"/p/{token}",
        f"/{token}/{MAC}.cfg",
        f"/p/x?token={token}",
        f"/p/t/{token}/%00",
        f"/p/t/{token}/../{MAC}.cfg",
    ]
    before = len(log.read_text().splitlines())
    for path in paths:
        assert ask(nginx.port, PHONES, path, {"Referer": f"https://{PHONES}{path}"}).status < 500
    portal.stop()
    try:
        # Nobody answers behind nginx, which otherwise quotes the request in its error log.
        assert ask(nginx.port, PHONES, paths[0]).status == 502
        assert ask(nginx.port, ADMIN, paths[1]).status == 404
    finally:
        portal.start()
    ask(nginx.port, ADMIN, f"//p//t/{token}/")
    lines = log.read_text().splitlines()[before:]
    assert len(lines) == len(paths) + 1
    assert f'"/p/t/-/{MAC}.cfg" 200' in lines[0]
    assert f'"/p/t/-/{MAC}.cfg" 502' in lines[-1]
    assert token not in nginx.logged()
    assert token not in (portal.folder / "serve.log").read_text()
