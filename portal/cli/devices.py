"""``portal device`` and ``portal port``."""

from __future__ import annotations

from typing import Any

import click

from portal import values
from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.devices import (
    fill,
    fill_service,
    port_service,
    previews,
    queries,
    service,
    setup_service,
)
from portal.errors import RuleBroken
from portal.models import Device
from portal.profiles import queries as profiles
from portal.sip_accounts import queries as accounts


@main.group()
def device() -> None:
    """The CPE inventory."""


@main.group()
def port() -> None:
    """Ports of a device and the SIP accounts on them."""


@click.argument("mac")
@click.option("--model", required=True, help="Such as T46U, GXP2170, D785, Linphone.")
@click.option("--profile", help="Profile; left out: the customer's.")
@click.option("--customer", help="Whom it goes to; left out: stock.")
@click.option("--serial", default="", help="Serial number.")
@click.option("--inventory-id", default="", help="Your own number of it.")
@click.option("--description", default="", help="Where it is, who uses it.")
def add(
    work: Work,
    mac: str,
    model: str,
    profile: str | None,
    customer: str | None,
    serial: str,
    inventory_id: str,
    description: str,
) -> Answer:
    """Add a device. Given a customer, its set-up window opens."""
    owner = chosen = None
    if customer:
        found = customers.find_customer_named(work.session, customer)
        owner = existing("customer", customer, found)
    if profile:
        chosen = existing("profile", profile, profiles.find_profile_named(work.session, profile))
    facts = service.DeviceFacts(
        model=model,
        serial=serial,
        inventory_id=inventory_id,
        description=description,
        customer=owner,
        profile=chosen,
    )
    made = service.create_device(work.session, work.actor, work.config, work.now, mac, facts)
    return Answer(
        f"Added {values.format_mac(made.mac)}, {made.vendor} {made.model}.", as_data(made)
    )


@click.argument("mac")
@click.option("--minutes", default=60, show_default=True, help="How long.")
def open_window(work: Work, mac: str, minutes: int) -> Answer:
    """Let a phone fetch its file over the site address for a while."""
    found = device_of(work, mac)
    until = setup_service.open_window(work.session, work.actor, found, work.now, minutes)
    text = f"{values.format_mac(found.mac)} may set itself up until {until:%Y-%m-%d %H:%M} UTC."
    return Answer(text, {"mac": found.mac, "window_until": until.isoformat()})


@click.argument("mac")
def url(work: Work, mac: str) -> Answer:
    """Show the addresses to give to the phone: directories that its file names are appended to."""
    found = device_of(work, mac)
    setup_service.ensure_proofs(found, work.sealer)
    site, own = previews.addresses(work.session, found, work.sealer, work.config.base_url)
    text = (
        f"site  {site}   (for any phone, while its window is open)\nown   {own}   (keep it secret)"
    )
    return Answer(text, {"site": site, "own": own})


@click.argument("mac")
def show(work: Work, mac: str) -> Answer:
    """Show what is known of a device."""
    data = as_data(device_of(work, mac))
    lines = [
        f"{name.replace('_', ' '):14}{value}" for name, value in data.items() if name != "ports"
    ]
    lines += [
        f"port {item['number']:<9}{item['account'] or 'free'}"
        + (f", “{item['label']}”" if item["label"] else "")
        for item in data["ports"]
    ]
    return Answer("\n".join(lines), data)


@click.argument("mac")
@click.argument("number", type=int)
@click.argument("user")
def assign(work: Work, mac: str, number: int, user: str) -> Answer:
    """Put a SIP account on a port."""
    found = device_of(work, mac)
    account = accounts.account_of(work.session, user, found.customer)
    if account is None:
        named = accounts.accounts_named(work.session, user)
        if len(named) > 1 and found.customer is None:
            owners = ", ".join(a.customer.name if a.customer else "nobody" for a in named)
            raise RuleBroken(f"Account {user} exists at {owners}; give the device a customer first")
        account = named[0] if named else None
    account = existing("SIP account", user, account)
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
@click.option("--replace", is_flag=True, help="Also ports that have another account.")
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
    replace: bool,
    elsewhere: str,
    dry_run: bool,
) -> Answer:
    """Put accounts on ports in a row: `portal port fill MAC 1-48 101-148`."""
    found = device_of(work, mac)
    occupied = "replace" if replace else "leave"
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


def device_of(work: Work, mac: str) -> Device:
    """Return the device that the argument names; raises RuleBroken."""
    try:
        stored = values.parse_mac(mac)
    except ValueError as error:
        raise RuleBroken(str(error)) from None
    return existing("device", values.format_mac(stored), queries.find_device(work.session, stored))


def as_data(found: Device) -> dict[str, Any]:
    """Return a device as JSON shows it; no secret."""
    limit = service.port_limit(found) or 0
    taken = {p.number: p.account.user_name for p in found.ports if p.account}
    labels = {p.number: p.label for p in found.ports}
    return {
        "mac": found.mac,
        "vendor": found.vendor,
        "family": found.family,
        "model": found.model,
        "serial": found.serial,
        "inventory_id": found.inventory_id,
        "description": found.description,
        "customer": found.customer.name if found.customer else None,
        "profile": found.profile.name if found.profile else None,
        "state": found.state,
        "window_until": found.window_until.isoformat() if found.window_until else None,
        "bound_at": found.bound_at.isoformat() if found.bound_at else None,
        "last_seen_at": found.last_seen_at.isoformat() if found.last_seen_at else None,
        "last_firmware": found.last_firmware,
        "ports": [
            {
                "number": n,
                "account": taken.get(n),
                "label": labels.get(n, ""),
            }
            for n in range(1, limit + 1)
        ],
    }


command(device, "add")(add)
command(device, "open-window")(open_window)
command(device, "url")(url)
command(device, "show", writes=False)(show)
command(port, "assign")(assign)
command(port, "release")(release)
command(port, "fill")(fill_ports)
