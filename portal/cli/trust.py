"""``portal device lock`` and its kin, ``portal customer trust``, ``portal ban``."""

from __future__ import annotations

from datetime import timedelta

import click

from portal.cli import main
from portal.cli.customers import customer
from portal.cli.devices import device, device_of
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.customers import trust_service as levels
from portal.devices import trust_service
from portal.provision.levels import LEVELS
from portal.trust import queries, service
from portal.values import format_mac


@main.group()
def ban() -> None:
    """Addresses that were refused too much, and alerts."""


@click.argument("mac")
@click.option("--reason", required=True, help="For whoever unlocks it.")
def lock(work: Work, mac: str, reason: str) -> Answer:
    """Give a phone nothing but a file without accounts."""
    found = device_of(work, mac)
    trust_service.lock(work.session, work.actor, work.now, found, reason)
    return Answer(f"{format_mac(found.mac)} is locked.", {"mac": found.mac, "locked": True})


@click.argument("mac")
@click.option("--same-phone", is_flag=True, help="Its proofs stay good; else it gets new ones.")
def unlock(work: Work, mac: str, same_phone: bool) -> Answer:
    """Trust a locked phone again, and let it set itself up."""
    found, minutes = device_of(work, mac), work.config.window_support_s // 60
    until = trust_service.unlock(work.session, work.actor, work.now, found, minutes, same_phone)
    text = f"{format_mac(found.mac)} is unlocked; it may set itself up until {until:%H:%M} UTC."
    return Answer(text, {"mac": found.mac, "window_until": until.isoformat()})


@click.argument("mac")
def rotate(work: Work, mac: str) -> Answer:
    """Give a phone new proofs; the present ones stay good until it uses the new."""
    found = device_of(work, mac)
    trust_service.rotate_proofs(work.session, work.actor, work.sealer, found)
    return Answer(
        f"{format_mac(found.mac)} gets new proofs with its next file.", {"mac": found.mac}
    )


@click.argument("name")
@click.argument("level", type=click.Choice(LEVELS))
@click.option("--days", type=click.IntRange(1, 365), help="A lowered level ends after so many.")
def trust(work: Work, name: str, level: str, days: int | None) -> Answer:
    """Choose how a customer's phones prove themselves."""
    found = existing("customer", name, customers.find_customer_named(work.session, name))
    until = work.now + timedelta(days=days) if days else None
    levels.set_trust_level(work.session, work.actor, work.now, found, level, until)
    ends = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    data = {"customer": found.name, "level": level, "until": until and until.isoformat()}
    return Answer(f"{found.name}: {level}{ends}.", data)


def list_bans(work: Work) -> Answer:
    """Show the bans and alerts in force."""
    in_force, _over = queries.bans(work.session, work.now)
    data = [
        {
            "id": one.id,
            "scope": one.scope,
            "key": one.key,
            "until": one.until_at.isoformat(),
            "reason": one.reason,
        }
        for one in in_force
    ]
    lines = [
        f"{b.id:>5}  {b.scope:8} {b.key:40} until {b.until_at:%Y-%m-%d %H:%M} UTC  {b.reason}"
        for b in in_force
    ]
    return Answer("\n".join(lines) or "Nobody is banned.", data)


@click.argument("ban_id", type=int)
def lift(work: Work, ban_id: int) -> Answer:
    """End a ban or an alert."""
    found = existing("ban", str(ban_id), queries.find_ban(work.session, ban_id))
    service.lift_ban(work.session, work.actor, work.now, found)
    return Answer("Lifted.", {"id": ban_id})


command(device, "lock")(lock)
command(device, "unlock")(unlock)
command(device, "rotate")(rotate)
command(customer, "trust")(trust)
command(ban, "list", writes=False)(list_bans)
command(ban, "lift")(lift)
