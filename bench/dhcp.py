"""Do DHCP servers take what the portal writes for them? Asks those that are installed.

Each gets a whole configuration around the snippet, to read and not to serve: `dnsmasq --test`,
`kea-dhcp4 -t`, `dhcpd -t` (Debian: dnsmasq-base, kea-dhcp4-server, isc-dhcp-server).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from portal.customers.dhcp import snippets

ADDRESSES = {
    "usual": "https://phones.example.net/p/s/abcdefghijklmnopqrstuvwxyz012345/",
    "odd": "https://x.example/a\"b\\c,d'e$f/",
    "longest": "https://" + "h" * 246 + "/",
}


def dnsmasq(text: str) -> str:
    return f"port=0\ndhcp-range=192.0.2.10,192.0.2.99,12h\n{text}"


def kea(text: str) -> str:
    pools = [{"pool": "192.0.2.10-192.0.2.99"}]
    whole = {
        "interfaces-config": {"interfaces": []},
        "lease-database": {"type": "memfile", "persist": False},
        "subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": pools}],
    }
    return json.dumps({"Dhcp4": whole | json.loads(text)["Dhcp4"]})


def dhcpd(text: str) -> str:
    first, others = text.split("\n", 1)
    subnet = f"range 192.0.2.10 192.0.2.99;\n{others}"
    return f"{first}\nsubnet 192.0.2.0 netmask 255.255.255.0 {{\n{subnet}}}\n"


# By the snippet's key: the program, what makes it read a file only, and what goes around.
SERVERS: dict[str, tuple[str, list[str], Callable[[str], str]]] = {
    "dnsmasq": ("dnsmasq", ["--test", "-C"], dnsmasq),
    "kea": ("kea-dhcp4", ["-t"], kea),
    "dhcpd": ("dhcpd", ["-t", "-cf"], dhcpd),
}


def main() -> None:
    for key, (program, options, whole) in SERVERS.items():
        path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
        for name, address in ADDRESSES.items() if path else ():
            text = next(one.text for one in snippets(address) if one.key == key)
            print(f"{program:10} {name:8} {_read(str(path), options, whole(text))}")
        if not path:
            print(f"{program:10} is not installed")


def _read(program: str, options: list[str], text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "conf")
        file.write_text(text, encoding="utf-8")
        command = [program, *options, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return "taken" if done.returncode == 0 else f"refused: {done.stdout}{done.stderr}"


if __name__ == "__main__":
    main()
