"""What filling ports with accounts would do: a row for each port, conflicts as sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.devices.checks import port_limit
from portal.devices.place_service import places_of
from portal.errors import RuleBroken
from portal.models import Device, Port, SipAccount
from portal.port_patterns import read_fill
from portal.values import format_mac

# What becomes of a port that has another account, and of an account that is elsewhere.
OCCUPIED = {"leave": "Leave it as it is", "replace": "Replace its account, which is free then"}
ELSEWHERE = {
    "leave": "Leave it where it is",
    "take": "Take it over from there",
    "add": "Add it: both will ring",
}


@dataclass(frozen=True)
class Filling:
    """What a person asks for; `ports` and `accounts` as typed."""

    ports: str = ""
    accounts: str = ""
    creates: bool = False
    occupied: str = "leave"
    elsewhere: str = "leave"


@dataclass(frozen=True)
class FillRow:
    """One port. `outcome`: assign, create, same, left or problem; `text` says why, or what else.

    `leaves` are the ports that the account leaves for this one.
    """

    number: int
    user: str
    now: str
    outcome: str
    text: str = ""
    account: SipAccount | None = None
    leaves: tuple[Port, ...] = ()

    @property
    def is_done(self) -> bool:
        return self.outcome in {"assign", "create"}


def plan(session: Session, device: Device, asked: Filling) -> list[FillRow]:
    """Return what filling would do now, port by port. Raises RuleBroken on "ports", "accounts"."""
    limit = port_limit(device)
    if limit is None:
        raise RuleBroken("The model of this device is not known yet; edit it, then fill", "ports")
    if device.state == "retired":
        raise RuleBroken("A retired device takes no accounts; put it back into service", "ports")
    try:
        wanted = read_fill(asked.ports, asked.accounts)
    except ValueError as error:
        raise RuleBroken(str(error), "accounts") from None
    found = _accounts(session, device, wanted.values())
    on = {port.number: port.account for port in device.ports}
    rows = []
    for number, user in wanted.items():
        here = on.get(number)
        if number > limit:
            ports = "1 port" if limit == 1 else f"{limit} ports"
            sentence = f"{device.model} has {ports}, there is no port {number}"
            rows.append(FillRow(number, user, "", "problem", sentence))
        else:
            rows.append(_row(device, asked, number, user, here, found.get(user, [])))
    return rows


def digest_of(rows: Iterable[FillRow]) -> str:
    """Return a mark of a plan, to notice that it is not what the person saw any more."""
    told = [(r.number, r.user, r.now, r.outcome, r.text, [p.id for p in r.leaves]) for r in rows]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _row(
    device: Device,
    asked: Filling,
    number: int,
    user: str,
    here: SipAccount | None,
    found: list[SipAccount],
) -> FillRow:
    now = here.user_name if here else ""
    if len(found) > 1:
        owners = " and ".join(a.customer.name if a.customer else "nobody" for a in found)
        sentence = f"Account {user} exists at {owners}; give the device a customer first"
        return FillRow(number, user, now, "problem", sentence)
    if not found and not asked.creates:
        return FillRow(number, user, now, "problem", f"There is no account {user}{_of(device)}")
    account = found[0] if found else None
    if account is not None and not account.is_enabled:
        return FillRow(number, user, now, "problem", f"Account {user} is disabled; enable it first")
    if account is not None and account is here:
        return FillRow(number, user, now, "same", "It is there already", account)
    if here is not None and asked.occupied == "leave":
        return FillRow(number, user, now, "left", f"The port has {now}, and keeps it", account)
    elsewhere = places_of(account, device, number) if account else []
    where = ", ".join(f"port {p.number} of {_name(p.device)}" for p in elsewhere)
    if elsewhere and asked.elsewhere == "leave":
        return FillRow(number, user, now, "left", f"{user} is on {where}, and stays there", account)
    texts = [f"{now} is free then"] if here else []
    if elsewhere:
        takes = asked.elsewhere == "take"
        texts.append(f"it leaves {where}" if takes else f"it stays on {where} too: both ring")
    if account is None:
        texts.insert(0, f"account {user} is made, with a random password")
    text = "; ".join(texts)
    leaves = tuple(elsewhere) if asked.elsewhere == "take" else ()
    outcome = "assign" if account else "create"
    return FillRow(number, user, now, outcome, text[:1].upper() + text[1:], account, leaves)


def _accounts(
    session: Session, device: Device, users: Iterable[str]
) -> dict[str, list[SipAccount]]:
    """Return the accounts meant by each user name: the customer's own, else that of nobody."""
    statement = select(SipAccount).where(SipAccount.user_name.in_(list(users)))
    found: dict[str, list[SipAccount]] = {}
    for account in session.scalars(
        statement.options(
            selectinload(SipAccount.customer),
            selectinload(SipAccount.ports).selectinload(Port.device),
        )
    ):
        if device.customer_id is None or account.customer_id in {device.customer_id, None}:
            found.setdefault(account.user_name, []).append(account)
    if device.customer_id is None:
        return found
    return {
        user: [a for a in some if a.customer_id is not None] or some for user, some in found.items()
    }


def _of(device: Device) -> str:
    return f" of {device.customer.name}" if device.customer else ""


def _name(device: Device) -> str:
    return device.description or format_mac(device.mac)
