"""``portal account``."""

from __future__ import annotations

import sys

import click

from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.sip_accounts import service


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


command(account, "add")(add)
