"""``portal user``."""

from __future__ import annotations

import click

from portal import crypto
from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.errors import RuleBroken
from portal.users import limit_service, queries, service


@main.group()
def user() -> None:
    """People who sign in."""


@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "operator", "admin"]), required=True)
def add(work: Work, name: str, role: str) -> Answer:
    """Add a user with a one-time password, printed once."""
    password = crypto.new_password()
    service.create_user(work.session, work.actor, name, password, role=role, must_change=True)
    data = {"name": name, "role": role, "password": password}
    return Answer(f"Added {name}; one-time password: {password}", data)


@click.argument("name")
def reset_password(work: Work, name: str) -> Answer:
    """Give a user a new one-time password and end their sign-ins."""
    found = existing("user", name, queries.find_user_named(work.session, name))
    password = crypto.new_password()
    service.change_password(work.session, work.actor, found, password, must_change=True)
    return Answer(f"One-time password of {name}: {password}", {"name": name, "password": password})


@click.argument("name")
@click.option("--customer", "names", multiple=True, help="What the user may see; once for each.")
@click.option("--none", "is_none", is_flag=True, help="No limit: the user may see all customers.")
def limit(work: Work, name: str, names: tuple[str, ...], is_none: bool) -> Answer:
    """Let a viewer or operator see and change what belongs to some customers only."""
    if is_none == bool(names):
        raise RuleBroken("Name the customers with --customer, or lift the limit with --none")
    found = existing("user", name, queries.find_user_named(work.session, name))
    chosen = [
        existing("customer", text, customers.find_customer_named(work.session, text))
        for text in names
    ]
    limit_service.limit_to_customers(work.session, work.actor, found, None if is_none else chosen)
    told = sorted(customer.name for customer in found.customers)
    text = f"{found.name} sees {', '.join(told) if told else 'all customers'}"
    return Answer(text, {"name": found.name, "customers": None if is_none else told})


command(user, "add")(add)
command(user, "limit")(limit)
command(user, "reset-password")(reset_password)
