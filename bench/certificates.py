"""What client certificates cost: checking one, and TLS that asks for them: ``make bench``."""

from __future__ import annotations

import http.client
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine

from portal.provision.asked import Presented
from portal.provision.certificates import Certificates
from portal.provision.chains import Authority, Trust
from portal.vendors import FAMILIES
from tests.certificates.making import NOW, Made, make, rsa_key
from tests.test_tls import Server, started, stop, written

MAC = "805ec0112233"
REPEATS = 300
REQUESTS = 400
TICKS_PER_S = 100  # of /proc/PID/stat


def median_us(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def checking() -> None:
    """Print what it costs to check a phone's certificate of three links, first and again."""
    print(f"{'authorities loaded':>20} {'first check µs':>15} {'again µs':>10}")
    root = make("Maker Root", is_ca=True, key=rsa_key(2048))
    issuing = make("Maker Issuing", root, is_ca=True, key=rsa_key(2048, 1))
    phone = make(MAC, issuing, key=rsa_key(2048, 2))
    shown = Presented(phone.der, (issuing.der,))
    for count in (1, 20, 100):
        others = [make(f"Other {number}", is_ca=True) for number in range(count - 1)]
        trust = Trust([Authority(one.der) for one in (root, *others)], {}, lambda mac: ())
        certificates = Certificates(create_engine("sqlite://"), FAMILIES, every_s=3600)
        certificates._known.trust = trust
        assert certificates.mac_of(shown, NOW) == MAC
        first = median_us(lambda trust=trust: trust.check(shown, NOW))
        again = median_us(lambda known=certificates: known.mac_of(shown, NOW))
        print(f"{count:20} {first:15.0f} {again:10.1f}")


def cpu_s(server: Server) -> float:
    """Return the CPU seconds that gunicorn's workers have used."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    used = 0
    for child in children.split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICKS_PER_S


def measured(server: Server, context: ssl.SSLContext, keeps: bool) -> tuple[float, float]:
    """Return requests per second of one client, and the server's CPU milliseconds for each."""
    used, start = cpu_s(server), time.perf_counter()
    connection = None
    for _ in range(REQUESTS):
        connection = connection or http.client.HTTPSConnection(
            "localhost", server.port, context=context
        )
        connection.request("GET", "/?bytes=8000")
        connection.getresponse().read()
        if not keeps:
            connection.close()
            connection = None
    if connection:
        connection.close()
    seconds = time.perf_counter() - start
    return REQUESTS / seconds, (cpu_s(server) - used) / REQUESTS * 1000


def speaking(folder: Path) -> None:
    """Print pyOpenSSL against Python's ssl, per new connection and on a kept one."""
    servers = {}
    for kind, asks in (("ssl", "false"), ("pyOpenSSL", "true")):
        (folder / kind).mkdir()
        servers[kind] = started(folder / kind, PORTAL_ASK_CERTIFICATES=asks)
    phone: Made = make(MAC)
    file = written(folder, phone)
    print(f"\n{'TLS 1.2 and 1.3, 8 kB':38} {'ssl':>9} {'pyOpenSSL':>10} {'ratio':>6}  requests/s")
    try:
        for version in ("TLSv1_2", "TLSv1_3"):
            for keeps in (False, True):
                found = {
                    kind: measured(server, server.context(version=version), keeps)
                    for kind, server in servers.items()
                }
                _line(f"{version}, {'kept' if keeps else 'new'} connection", found)
            asking = servers["pyOpenSSL"]
            rate, cpu = measured(asking, asking.context(phone=file, version=version), False)
            print(f"{version + ', new, with a certificate':38} {'':9} {rate:10.0f}"
                  f"         CPU {cpu:.2f} ms")  # fmt: skip
    finally:
        for server in servers.values():
            stop(server)


def _line(what: str, found: dict[str, tuple[float, float]]) -> None:
    (plain, plain_cpu), (asking, asking_cpu) = found["ssl"], found["pyOpenSSL"]
    print(
        f"{what:38} {plain:9.0f} {asking:10.0f} {asking / plain:6.2f}"
        f"  CPU {plain_cpu:.2f} and {asking_cpu:.2f} ms"
    )


def main() -> None:
    checking()
    with tempfile.TemporaryDirectory() as folder:
        speaking(Path(folder))


if __name__ == "__main__":
    main()
