"""Parse and format the values people type: MAC, host, port number, SIP user, network. Pure.

A parser accepts what people write, returns the one form that is stored, and raises ValueError with
a sentence for the person.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import UTC, datetime

# The largest id of a row: PostgreSQL's INTEGER, of four bytes.
MAX_ID = 2**31 - 1
_ID = re.compile(r"[0-9]{1,10}")
_HEX12 = re.compile(r"[0-9a-f]{12}")
_HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
# With what XML cannot hold at all (XML 1.0, 2.2).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
# RFC 3261, 25.1: unreserved and user-unreserved; the rest would need escaping in a SIP address.
_SIP_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/]+")


def parse_mac(text: str) -> str:
    """Return `text` as 12 lowercase hex digits, the form stored and used in file names.

    Accepts ``00:15:65:AA:BB:CC``, ``00-15-65-aa-bb-cc``, ``0015.65aa.bbcc``, blanks around and
    between. Raises ValueError on anything else, also all-zero and group addresses
    (IEEE 802-2014, 8.2.2).
    """
    digits = re.sub(r"[\s:.\-]", "", text).lower()
    if not _HEX12.fullmatch(digits):
        raise ValueError(
            f"“{text.strip()}” is not a MAC address: that is 12 digits of 0–9 and a–f, "
            "such as 00:15:65:aa:bb:cc"
        )
    if digits == "0" * 12 or int(digits[:2], 16) & 1:
        raise ValueError(f"“{text.strip()}” cannot be the address of a device")
    return digits


def format_mac(mac: str) -> str:
    """Return a stored MAC as shown to people: ``00:15:65:AA:BB:CC``."""
    return ":".join(mac[i : i + 2] for i in range(0, 12, 2)).upper()


def parse_line(text: str) -> str:
    """Return `text` trimmed; one line without control characters."""
    trimmed = text.strip()
    if _CONTROL.search(trimmed):
        raise ValueError("This must be a single line without control characters")
    return trimmed


def parse_secret(text: str) -> str:
    """Return a password unchanged; blanks around it would be lost in most config files."""
    if text != text.strip():
        raise ValueError("A password cannot begin or end with a blank: many phones cut it off")
    if _CONTROL.search(text):
        raise ValueError("A password must be a single line without control characters")
    return text


def parse_host(text: str) -> str:
    """Return a host name or IP address, in lower case; no scheme, port or path."""
    host = parse_line(text).lower()
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return ipaddress.ip_address(bare).compressed
    except ValueError:
        pass
    if len(host) > 253 or not all(map(_HOST_LABEL.fullmatch, host.removesuffix(".").split("."))):
        raise ValueError(f"“{text.strip()}” is not a host name or IP address")
    if re.fullmatch(r"[\d.]+", host):
        raise ValueError(f"“{text.strip()}” looks like an IP address but is none")
    return host


def host_in_url(host: str) -> str:
    """Return `host` as it stands in a URL or SIP address: IPv6 in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def parse_whole_number(text: str, least: int, most: int) -> int:
    """Return a whole number between `least` and `most`, both included."""
    try:
        number = int(str(text).strip())
    except ValueError:
        raise ValueError(f"“{str(text).strip()}” is not a whole number") from None
    if not least <= number <= most:
        raise ValueError(f"{number} is not between {least} and {most}")
    return number


def id_in(text: str | None) -> int | None:
    """Return the id of a row that an address or a select holds; None when it holds none."""
    if text is None or not _ID.fullmatch(text):
        return None
    return number if (number := int(text)) <= MAX_ID else None


def parse_sip_user(text: str) -> str:
    """Return the user part of a SIP address (RFC 3261, 19.1.1), without domain."""
    user = text.strip()
    if not _SIP_USER.fullmatch(user) or len(user) > 128:
        raise ValueError(
            f"“{text.strip()}” is not a SIP user name: letters, digits and -_.+*!~'()&=$,;?/ only, "
            "without the part from @ on"
        )
    return user


def parse_phone_number(text: str) -> str:
    """Return what a phone dials: digits with + * #, or a SIP user name; "" for a blank.

    Accepts blanks and ``( ) / . -`` between digits, and the zero of ``+49 (0)30 123``, which is not
    dialled after a country code.
    """
    typed = parse_line(text)
    number = re.sub(r"\(0\)", "", typed) if typed.startswith("+") else typed
    number = re.sub(r"[\s()/.\-\u2010-\u2013]", "", number)
    if len(number) <= 60 and re.fullmatch(r"\+?[0-9*#]+|", number):
        return number
    if len(typed) <= 60 and _SIP_USER.fullmatch(typed) and not typed.startswith(("=", "+", "-")):
        return typed
    raise ValueError(
        f"“{typed[:60]}” is not a number to dial: digits with + * #, or a SIP user name"
    )


def parse_network(text: str) -> str:
    """Return a network in CIDR notation; a single address becomes a network of one."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError(
            f"“{text.strip()}” is not a network; write it like 192.0.2.0/24 or 2001:db8::/32"
        ) from None


def parse_networks(text: str | Iterable[str]) -> list[str]:
    """Return networks separated by line ends, blanks or commas; order kept, none twice."""
    parts = re.split(r"[\s,;]+", text) if isinstance(text, str) else list(text)
    return list(dict.fromkeys(parse_network(part) for part in parts if part.strip()))


def in_networks(address: str, networks: Iterable[str]) -> bool:
    """Is `address` in one of `networks`? An IPv4 address mapped into IPv6 counts as IPv4."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in networks)


def network_around(address: str, bits4: int, bits6: int) -> str:
    """Return the network of that many bits around an address, of IPv4 or IPv6; a text that is no
    address as it is. An IPv4 address mapped into IPv6 counts as IPv4."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, bits4 if ip.version == 4 else bits6), strict=False))


def has_control(text: str) -> bool:
    """Does `text` hold a control character or line break?"""
    return not text.isprintable() and bool(_CONTROL.search(text))


def parse_utc(text: str) -> datetime:
    """Return an ISO time such as ``2026-11-24 03:00``, as UTC unless it says its zone."""
    try:
        at = datetime.fromisoformat(text.strip().upper().replace("UTC", "Z"))
    except ValueError:
        raise ValueError(f"“{text}” is not a time; write it as 2026-11-24 03:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def counted(count: int, noun: str) -> str:
    """Return “1 row”, “2,000 rows”."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
