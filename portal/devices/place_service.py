"""Put an account on a port that may stand elsewhere already: swap, take over, or both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.devices.port_service import assign_port, label_port
from portal.errors import RuleBroken
from portal.models import Device, Port, SipAccount
from portal.values import format_mac

ADD, TAKE, SWAP = "add", "take", "swap"
WAYS = (ADD, TAKE, SWAP)


def places_of(account: SipAccount, device: Device, number: int) -> list[Port]:
    """Return the ports that hold `account`, but for port `number` of `device`."""
    return [p for p in account.ports if (p.device_id, p.number) != (device.id, number)]


def place_account(
    session: Session,
    actor: Actor,
    config: Config,
    sealer: Sealer,
    now: datetime,
    device: Device,
    number: int,
    account: SipAccount,
    way: str,
    places: list[Port] | None = None,
) -> list[str]:
    """Put `account` on port `number`; `way` says what happens where it is now.

    ``add``: it stays there too, and both ring. ``take``: it leaves `places`, all of them if None is
    given, and what was here is free. ``swap``: what was here goes to its one other place. Labels
    name who is on a port, so they go along with their accounts. Returns notices; raises RuleBroken.
    """
    if way not in WAYS:
        raise RuleBroken("Choose one: swap, take over or add", "way")
    places = places_of(account, device, number) if places is None else places
    if way == ADD or not places:
        return assign_port(session, actor, config, now, device, number, account, sealer)
    actor = actor.in_one_act()
    here, label = device.port(number), places[0].label
    mine, my_label = here.account, here.label
    if way == SWAP:
        if len(places) > 1:
            raise RuleBroken(f"{account.user_name} is on {len(places)} ports; take it over", "way")
        if mine is None:
            raise RuleBroken(f"Port {number} is free, so there is nothing to swap", "way")
    notices: list[str] = []
    for place in places:
        assign_port(session, actor, config, now, place.device, place.number, None)
    assign_port(session, actor, config, now, device, number, None)
    if way == SWAP and mine is not None:
        there = places[0].device, places[0].number
        notices += assign_port(session, actor, config, now, *there, mine, sealer)
        label_port(session, actor, now, *there, my_label)
    else:
        for place in places:
            label_port(session, actor, now, place.device, place.number, "")
    notices += assign_port(session, actor, config, now, device, number, account, sealer)
    label_port(session, actor, now, device, number, label)
    if way == TAKE:
        notices += [
            f"Port {p.number} of {p.device.description or format_mac(p.device.mac)} is free now"
            for p in places
        ]
        if mine is not None:
            notices.append(f"{mine.user_name} is free now")
    return notices
