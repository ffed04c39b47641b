"""What a site's DHCP server is told, so that phones find their provisioning address. Pure.

Option 66 is the TFTP server name (RFC 2132, 9.4), a text; phones take an address in it as well.
Option 160 is in the range that was site-specific (RFC 3942) and is read by some vendors only, so
servers do not know it and are told that it is a text. An option holds 255 octets (RFC 2132, 2).

dnsmasq 2.90, Kea 2.2.0 and dhcpd 4.4.3-P1 take these texts in a whole configuration, and answered
a DISCOVER with the address in both options, octet for octet, also one of 254 octets and one with
quotes, commas and backslashes. dnsmasq ends option 66 with a NUL where there is room, which phones
have to bear (RFC 2132, 2). `python -m bench.dhcp` asks the servers that are installed again.
MikroTik and Windows are written by their manuals alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 255


@dataclass(frozen=True)
class Snippet:
    """A piece of a DHCP server's configuration. `where`: what to do with it; `source` of syntax."""

    key: str
    server: str
    where: str
    text: str
    source: str


@dataclass(frozen=True)
class Reader:
    """What phones read an option, in the order that they prefer."""

    phones: str
    options: str


# Vendors' guides, as the families' tables note them.
READERS = (
    Reader("Most phones", "66"),
    Reader("Polycom, Poly", "160 or 66, as “Boot Server” is set on the phone"),
    Reader("AudioCodes", "160, then 66"),
    Reader("Cisco MPP", "66, 160, 159 or 150"),
    Reader("Panasonic KX-UTG", "160, 159, then 66"),
    Reader("Obihai", "66, 160 or 150"),
    Reader("Gigaset", "114, then 66"),
)


def snippets(address: str) -> list[Snippet]:
    """Return configuration for five servers. Raises ValueError for an address too long for DHCP,
    or one that is not a plain line."""
    if len(address.encode()) > LONGEST:
        raise ValueError(f"A DHCP option holds {LONGEST} characters, this address is longer")
    if not address.isprintable() or " " in address:
        raise ValueError("An address with blanks or control characters cannot be sent by DHCP")
    return [
        Snippet(key, server, where, write(address), source)
        for key, server, where, write, source in _SERVERS
    ]


def _dnsmasq(address: str) -> str:
    quoted = '"' + address.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"dhcp-option=option:tftp-server,{quoted}\ndhcp-option=160,{quoted}\n"


def _kea(address: str) -> str:
    # A comma parts the fields of an option; inside a text it is written with a backslash.
    told = address.replace(",", "\\,")
    added = {
        "Dhcp4": {
            "option-def": [
                {"name": "phones-server", "code": 160, "space": "dhcp4", "type": "string"}
            ],
            "option-data": [
                {"name": "tftp-server-name", "data": told},
                {"name": "phones-server", "data": told},
            ],
        }
    }
    return json.dumps(added, indent=2) + "\n"


def _dhcpd(address: str) -> str:
    quoted = '"' + address.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return (
        "option phones-server code 160 = text;\n"
        f"option tftp-server-name {quoted};\n"
        f"option phones-server {quoted};\n"
    )


def _mikrotik(address: str) -> str:
    text = address
    for special in "\\\"$?'":
        text = text.replace(special, f"\\{special}")
    return (
        f"/ip dhcp-server option add name=phones-66 code=66 value=\"'{text}'\"\n"
        f"/ip dhcp-server option add name=phones-160 code=160 value=\"'{text}'\"\n"
        "/ip dhcp-server network set [find] dhcp-option=phones-66,phones-160\n"
    )


def _powershell(address: str) -> str:
    quoted = "'" + address.replace("'", "''") + "'"
    return (
        "Add-DhcpServerv4OptionDefinition -OptionId 160 -Name 'Phones server' -Type String\n"
        f"Set-DhcpServerv4OptionValue -OptionId 66 -Value {quoted}\n"
        f"Set-DhcpServerv4OptionValue -OptionId 160 -Value {quoted}\n"
    )


_SERVERS: tuple[tuple[str, str, str, Callable[[str], str], str], ...] = (
    (
        "dnsmasq",
        "dnsmasq",
        "A file in /etc/dnsmasq.d/; then restart dnsmasq.",
        _dnsmasq,
        "dnsmasq(8), --dhcp-option; tried with 2.90",
    ),
    (
        "kea",
        "ISC Kea",
        "Add these lists to “Dhcp4” of kea-dhcp4.conf; they may stand in one subnet too.",
        _kea,
        "Kea Administrator Reference Manual, Standard and Custom DHCPv4 Options; tried with 2.2.0",
    ),
    (
        "dhcpd",
        "ISC dhcpd",
        "The first line at the top of dhcpd.conf, the others there or in one subnet.",
        _dhcpd,
        "dhcp-options(5); tried with 4.4.3-P1",
    ),
    (
        "mikrotik",
        "MikroTik",
        "In the terminal, RouterOS 6.8 or later. [find] means all networks, "
        "[find address=192.0.2.0/24] one. The last line replaces the options that a "
        "network has: name those in it as well.",
        _mikrotik,
        "RouterOS manual, IP/DHCP Server, DHCP Options",
    ),
    (
        "windows",
        "Windows Server",
        "In PowerShell as administrator. With -ScopeId 192.0.2.0 for one scope only.",
        _powershell,
        "DhcpServer module, Add-DhcpServerv4OptionDefinition and Set-DhcpServerv4OptionValue",
    ),
)
