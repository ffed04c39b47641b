"""``portal customer``."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli import main
from portal.cli.list_files import import_list
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries, service
from portal.customers.list_kind import CUSTOMERS
from portal.profiles import queries as profiles


@main.group()
def customer() -> None:
    """Who has the phones."""


@click.argument("name")
@click.option("--network", "networks", multiple=True, help="Network its phones call from (CIDR).")
@click.option("--profile", help="Profile of its devices that have none of their own.")
def add(work: Work, name: str, networks: tuple[str, ...], profile: str | None) -> Answer:
    """Add a customer."""
    chosen = None
    if profile:
        found = profiles.find_profile_named(work.session, profile)
        chosen = existing("profile", profile, found)
    made = service.create_customer(
        work.session, work.actor, work.sealer, name, networks, default_profile=chosen
    )
    data = {"id": made.id, "name": made.name, "networks": made.networks}
    return Answer(f"Added customer {made.name}.", data)


def list_(work: Work) -> Answer:
    """List all customers."""
    names = [c.name for c in queries.all_customers(work.session)]
    return Answer("\n".join(names) or "No customers yet.", names)


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
def import_(work: Work, file: Path, dry_run: bool) -> Answer:
    """Import a list of customers. Exit code 1: some rows are held back; 2: file refused."""
    return import_list(work, CUSTOMERS, file, dry_run)


command(customer, "add")(add)
command(customer, "import")(import_)
command(customer, "list", writes=False)(list_)
