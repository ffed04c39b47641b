"""Read what a draft puts on the ports of its device. Pure."""

from __future__ import annotations

import re
from typing import TypedDict

from portal.imports.layouts import MAX_PORT
from portal.imports.normalise import Draft
from portal.imports.problems import CLEAR, Problem
from portal.imports.sheets import cell_text, is_literal
from portal.values import parse_line, parse_secret, parse_sip_user, parse_whole_number

_LABEL_LENGTH = 100
# 101..148   101-148 on ports 1..48   101 bis 148
_PATTERN = re.compile(
    r"(\d{1,15})\s*(?:\.\.+|…|-|–|to|bis|à|al?)\s*(\d{1,15})"
    r"(?:\s*(?:on|auf|sur|en|su)?\s*(?:ports?|anschl\w+|puertos?|porte)\s*"
    r"(\d{1,3})(?:\s*(?:\.\.+|…|-|–|to|bis|à|al?)\s*(\d{1,3}))?)?",
    re.IGNORECASE,
)


class PortValues(TypedDict, total=False):
    """What a row puts on a port; "" frees or empties. `account` is the SIP user name.

    `name` is the person's, for an account that is made. `is_guess`: the account comes from a bare
    extension, which may name no account at all.
    """

    account: str
    label: str
    password: str
    name: str
    is_guess: bool


def read_ports(draft: Draft, problems: list[Problem]) -> dict[int, PortValues]:
    """Return what goes on which port: from columns by port, a pattern, or one account a row."""
    ports: dict[int, PortValues] = {}
    if text := cell_text(draft.cell("accounts")):
        try:
            ports |= {number: {"account": user} for number, user in read_pattern(text).items()}
        except ValueError as error:
            problems.append(Problem("accounts_invalid", "accounts", str(error)))
    _one_account(draft, ports, problems)
    for name in draft.table.places.keys() | draft.fixes.keys():
        if not name.startswith("port ") or (cell := draft.cell(name)) in (None, ""):
            continue
        _, number, kind = name.split()
        text = _secret(cell) if kind == "password" else cell_text(cell)
        _put(ports, int(number), kind, text, name, problems, may_clear=not is_literal(cell))
    for place, port in ports.items():
        if port.get("password") and not port.get("account"):
            problems.append(
                Problem(
                    "password_without_account",
                    f"port {place} password",
                    f"There is a password for port {place}, but no account",
                )
            )
    return ports


def _one_account(draft: Draft, ports: dict[int, PortValues], problems: list[Problem]) -> None:
    """Put the account of a row, port 1 if it names none, among `ports`."""
    number = 1
    if text := cell_text(draft.cell("port")):
        try:
            number = parse_whole_number(re.sub(r"^\D+", "", text) or text, 1, MAX_PORT)
        except ValueError as error:
            problems.append(Problem("port_invalid", "port", f"The port: {error}"))
            return
    user = cell_text(draft.cell("user_name"))
    extension = re.sub(r"[\s/()\-]", "", cell_text(draft.cell("extension")))
    password = _secret(draft.cell("password"))
    if user:
        _put(ports, number, "account", user, "user_name", problems)
    elif extension == CLEAR.replace("-", ""):
        _put(ports, number, "account", CLEAR, "extension", problems)
    elif extension:
        _put(ports, number, "account", extension, "extension", problems)
        if not password and number in ports:
            ports[number]["is_guess"] = True
    if password:
        _put(ports, number, "password", password, "password", problems)
    name = cell_text(draft.cell("name"))
    if name and name != CLEAR and number in ports:
        ports[number]["name"] = name
        if "port" in draft.table.places:
            _put(ports, number, "label", name, "name", problems)


def _secret(cell: object) -> str:
    return cell if isinstance(cell, str) else cell_text(cell)  # blanks and signs count


def _put(
    ports: dict[int, PortValues],
    number: int,
    kind: str,
    text: str,
    name: str,
    problems: list[Problem],
    may_clear: bool = True,
) -> None:
    port = ports.setdefault(number, {})
    try:
        if text == CLEAR and may_clear:
            if kind != "password":  # an account without password registers nowhere
                port["account" if kind == "account" else "label"] = ""
        elif kind == "account":
            port["account"] = parse_sip_user(text)
        elif kind == "password":
            port["password"] = parse_secret(text)
        elif len(text) > _LABEL_LENGTH:
            raise ValueError(f"it has {len(text)} characters; at most {_LABEL_LENGTH} fit")
        else:
            port["label"] = parse_line(text)
    except ValueError as error:
        problems.append(Problem(f"{kind}_invalid", name, f"The {kind} of port {number}: {error}"))
    if not port:
        del ports[number]


def read_pattern(text: str) -> dict[int, str]:
    """Return port -> user name for “101..148 on ports 1..48”, “101-148” or “101, 102, 105”.

    Without ports it begins at port 1. Raises ValueError with a sentence.
    """
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    match = _PATTERN.fullmatch(text.strip())
    if not match:
        if len(parts) > MAX_PORT:
            raise ValueError(f"“{text[:60]}” are more than {MAX_PORT} accounts")
        return {number: parse_sip_user(part) for number, part in enumerate(parts, 1)}
    first, last = int(match[1]), int(match[2])
    start = int(match[3] or 1)
    count = last - first + 1
    if not 0 < count <= MAX_PORT or start + count - 1 > MAX_PORT:
        raise ValueError(f"“{text[:60]}” is no range of up to {MAX_PORT} accounts, low to high")
    if match[4] and int(match[4]) - start + 1 != count:
        ports = int(match[4]) - start + 1
        raise ValueError(f"“{text[:60]}” puts {count} accounts on {ports} ports")
    width = len(match[1])
    return {start + place: str(first + place).zfill(width) for place in range(count)}
