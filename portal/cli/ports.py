"""``portal port``."""

from __future__ import annotations

import click

from portal import values
from portal.cli import main
from portal.cli.devices import device_of
from portal.cli.run import Answer, Work, command
from portal.devices import fill, fill_service, port_service
from portal.sip_accounts import queries as accounts


@main.group()
def port() -> None:
    """Ports of a device and the SIP accounts on them."""


@click.argument("mac")
@click.argument("number", type=int)
@click.argument("user")
def assign(work: Work, mac: str, number: int, user: str) -> Answer:
    """Put a SIP account on a port."""
    found = device_of(work, mac)
    account = accounts.account_for(work.session, user, found.customer)
    notices = port_service.assign_port(
        work.session, work.actor, work.config, work.now, found, number, account, work.sealer
    )
    lines = [f"{user} is on port {number} of {values.format_mac(found.mac)}.", *notices]
    data = {"mac": found.mac, "port": number, "account": user, "notices": notices}
    return Answer("\n".join(lines), data)


@click.argument("mac")
@click.argument("number", type=int)
def release(work: Work, mac: str, number: int) -> Answer:
    """Free a port."""
    found = device_of(work, mac)
    port_service.assign_port(work.session, work.actor, work.config, work.now, found, number, None)
    data = {"mac": found.mac, "port": number, "account": None}
    return Answer(f"Port {number} of {values.format_mac(found.mac)} is free.", data)


@click.argument("mac")
@click.argument("ports")
@click.argument("users", metavar="ACCOUNTS")
@click.option("--create", is_flag=True, help="Make the accounts that are missing.")
@click.option("--replace", "replaces", is_flag=True, help="Also ports that have another account.")
@click.option(
    "--elsewhere",
    type=click.Choice([*fill.ELSEWHERE]),
    default="leave",
    show_default=True,
    help="What becomes of accounts that are on other ports.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def fill_ports(
    work: Work,
    mac: str,
    ports: str,
    users: str,
    create: bool,
    replaces: bool,
    elsewhere: str,
    dry_run: bool,
) -> Answer:
    """Put accounts on ports in a row: `portal port fill MAC 1-48 101-148`."""
    found = device_of(work, mac)
    occupied = "replace" if replaces else "leave"
    asked = fill.Filling(ports, users, create, occupied, elsewhere)
    rows = fill.plan(work.session, found, asked)
    if not dry_run:
        fill_service.fill_ports(
            work.session, work.actor, work.config, work.sealer, work.now, found, rows
        )
    lines = [f"port {r.number:<4}{r.user:12}{r.outcome:9}{r.text}".rstrip() for r in rows]
    count = sum(row.is_done for row in rows)
    done = "would get their" if dry_run else "have their"
    lines.append(f"{count} ports of {values.format_mac(found.mac)} {done} accounts.")
    told = [
        {"port": r.number, "account": r.user, "outcome": r.outcome, "text": r.text} for r in rows
    ]
    data = {"mac": found.mac, "dry_run": dry_run, "filled": count, "ports": told}
    return Answer("\n".join(lines), data)


command(port, "assign")(assign)
command(port, "release")(release)
command(port, "fill")(fill_ports)
