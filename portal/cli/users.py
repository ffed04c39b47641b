"""``portal user``."""

from __future__ import annotations

import click

from portal import crypto
from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.users import queries, service


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


command(user, "add")(add)
command(user, "reset-password")(reset_password)
