"""``portal account``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from portal.cli import main
from portal.cli.list_files import import_list
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.sip_accounts import service
from portal.sip_accounts.list_kind import ACCOUNTS


@main.group()
def account() -> None:
    """What registers at a registrar."""


@click.argument("user")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--auth-name", default="", help="Name for authentication, where it differs.")
@click.option("--display-name", default="", help="Name that others see.")
@click.option("--customer", help="Whom it belongs to.")
@click.option("--external-id", default="", help="Its id in the billing system.")
def add(
    work: Work,
    user: str,
    password_stdin: bool,
    auth_name: str,
    display_name: str,
    customer: str | None,
    external_id: str,
) -> Answer:
    """Add a SIP account; without a password a random one is made."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    owner = None
    if customer:
        found = customers.find_customer_named(work.session, customer)
        owner = existing("customer", customer, found)
    made = service.create_account(
        work.session,
        work.actor,
        work.sealer,
        user,
        password,
        auth_name,
        display_name,
        owner,
        external_id,
    )
    data = {
        "id": made.id,
        "user_name": made.user_name,
        "customer": owner.name if owner else None,
    }
    return Answer(f"Added account {made.user_name}.", data)


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@click.option("--customer", default="", help="Customer of rows that name none.")
def import_(work: Work, file: Path, dry_run: bool, customer: str) -> Answer:
    """Import a list of SIP accounts. Exit code 1: some rows are held back; 2: file refused."""
    if customer:
        found = customers.find_customer_named(work.session, customer)
        customer = existing("customer", customer, found).name
    return import_list(work, ACCOUNTS, file, dry_run, customer)


command(account, "add")(add)
command(account, "import")(import_)
