"""``portal device``."""

from __future__ import annotations

from typing import Any

import click

from portal import values
from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.devices import (
    checks,
    previews,
    queries,
    replace,
    replace_service,
    service,
    setup_service,
)
from portal.errors import RuleBroken
from portal.models import Device
from portal.profiles import queries as profiles


@main.group()
def device() -> None:
    """The CPE inventory."""


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


@click.argument("old")
@click.argument("new")
@click.option("--model", default="", help="Of the new device; left out: as known, else the same.")
@click.option(
    "--inventory-id/--no-inventory-id",
    "keeps_inventory_id",
    default=True,
    help="Whether the inventory id goes to the new device; it does if nothing is said.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def replace_device(
    work: Work, old: str, new: str, model: str, keeps_inventory_id: bool, dry_run: bool
) -> Answer:
    """Put another device in place of one: ports, settings and keys go along, OLD is retired."""
    found = device_of(work, old)
    made = replace.plan(work.session, found, new, model, keeps_inventory_id)
    if not dry_run:
        replace_service.replace_device(
            work.session, work.actor, work.config, work.sealer, work.now, made
        )
    names = f"{values.format_mac(found.mac)} by {values.format_mac(made.mac)}"
    lines = [f"{'Would replace' if dry_run else 'Replaced'} {names}, {made.model.name}."]
    lines += [f"  keeps  {text}" for text in made.kept]
    lines += [f"  loses  {text}" for text in made.lost]
    data = {"old": found.mac, "new": made.mac, "model": made.model.name, "dry_run": dry_run}
    return Answer("\n".join(lines), {**data, "kept": made.kept, "lost": made.lost})


def device_of(work: Work, mac: str) -> Device:
    """Return the device that the argument names; raises RuleBroken."""
    try:
        stored = values.parse_mac(mac)
    except ValueError as error:
        raise RuleBroken(str(error)) from None
    return existing("device", values.format_mac(stored), queries.find_device(work.session, stored))


def as_data(found: Device) -> dict[str, Any]:
    """Return a device as JSON shows it; no secret."""
    limit = checks.port_limit(found) or 0
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
command(device, "replace")(replace_device)
