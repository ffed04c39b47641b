"""Read what a draft puts on the ports of its device. Pure."""

from __future__ import annotations

import re
from typing import TypedDict

from portal.imports.normalise import Draft
from portal.imports.problems import CLEAR, Problem
from portal.imports.sheets import cell_text, is_literal
from portal.port_patterns import MAX_PORT, read_pattern
from portal.values import parse_line, parse_secret, parse_sip_user, parse_whole_number

_LABEL_LENGTH = 100


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
