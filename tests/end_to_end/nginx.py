"""Debian's nginx before a portal, with the configuration that `portal nginx-config` prints."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.running import Portal, free_port, program, wait_for

ADMIN, PHONES = "admin.test", "phones.test"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    port: int,
    host: str,
    path: str,
    headers: dict[str, str] | None = None,
    source: str = "127.0.0.1",
    context: ssl.SSLContext | None = None,
    method: str = "GET",
) -> Answer:
    """Fetch a path over TLS under the name `host`, from the address `source`."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
    with (context or tls()).wrap_socket(raw, server_hostname=host) as connection:
        return over(connection, host, path, headers, method)


def over(
    connection: socket.socket,
    host: str,
    path: str,
    headers: dict[str, str] | None = None,
    method: str = "GET",
) -> Answer:
    client = http.client.HTTPConnection(host)
    client.sock = connection
    client.request(method, path, headers={"Host": host, **(headers or {})})
    with client.getresponse() as response:
        return Answer(response.status, dict(response.getheaders()), response.read())


def tls(certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """A client that takes any server, and shows `certificate` if it has one."""
    context = ssl._create_unverified_context()
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


class BehindNginx(Portal):
    """A portal on a unix socket, for nginx to stand before it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.socket = folder / "portal.sock"
        super().__init__(
            folder,
            PORTAL_BIND=f"unix:{self.socket}",
            PORTAL_TLS="off",
            PORTAL_PROXIES="unix",
            PORTAL_ADMIN_URL=f"https://{ADMIN}",
            PORTAL_PUBLIC_URL=f"https://{PHONES}",
        )

    def answers(self) -> bool:
        try:
            return self.direct(PHONES, "/p/").status == 404
        except OSError:
            return False

    def direct(self, host: str, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Fetch past nginx."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.socket))
            own = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
            told = {**own, **(headers or {})}
            return over(connection, host, path, told)


class Nginx:
    """An nginx of its own, with its folder, ports and processes."""

    def __init__(self, folder: Path, portal: Portal, *options: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.port, self.old_port = free_port(), free_port()
        printed = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "portal"), "nginx-config"),
                *("--port", str(self.port), "--old-tls-port", str(self.old_port)),
                *("--log-folder", str(folder), *options),
            ],
            env=portal.environ,
            capture_output=True,
            text=True,
        )
        assert printed.returncode == 0, printed.stderr
        (folder / "portal.conf").write_text(printed.stdout)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self.file = folder / "nginx.conf"
        self.file.write_text(
            f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root;"
            f"events {{}} http {{ {temporary} include {folder}/portal.conf; }}"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def checked(self) -> str:
        """Return what `nginx -t` says."""
        done = subprocess.run([*self._command(), "-t"], capture_output=True, text=True)
        return done.stderr

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for("nginx listens", self._listens)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)

    def logged(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def _command(self) -> list[str]:
        # Before it has read the file, nginx would write to the log of the machine's own.
        return [program("nginx"), "-e", str(self.folder / "nginx.log"), "-c", str(self.file)]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Echo:
    """gunicorn at a unix socket, with the app of echo.py."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"unix:{path}"),
                *("--forwarded-allow-ips", "", "--log-level", "error", "tests.end_to_end.echo:app"),
            ]
        )
        wait_for("the echo is there", path.exists)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
