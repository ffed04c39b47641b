"""``portal user``."""

from __future__ import annotations

from collections.abc import Mapping

import click

from portal import crypto
from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.errors import RuleBroken
from portal.models import User
from portal.users import (
    factor_service,
    limit_service,
    oidc_service,
    queries,
    service,
    sign_in_service,
)


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


def list_(work: Work) -> Answer:
    """List users: role, whether they may sign in, second factors, last sign-in."""
    rows = [
        {
            "name": row.user.name,
            "role": row.user.role,
            "enabled": row.user.is_enabled,
            "authenticator_app": row.user.totp_sealed is not None,
            "passkeys": row.passkeys,
            "single_sign_on": row.user.oidc_subject is not None,
            "signed_in": row.sign_ins,
            "last_sign_in_at": row.user.last_sign_in_at and row.user.last_sign_in_at.isoformat(),
        }
        for row in queries.listed_users(work.session, work.config, work.now)
    ]
    lines = [
        f"{row['name']:30} {row['role']:9} {'enabled' if row['enabled'] else 'disabled':9} "
        f"{_factors(row):22} {row['last_sign_in_at'] or 'never'}"
        for row in rows
    ]
    return Answer("\n".join(lines), rows)


@click.argument("name")
def reset_password(work: Work, name: str) -> Answer:
    """Give a user a new one-time password and end their sign-ins."""
    password = service.reset_password(work.session, work.actor, _user(work, name))
    return Answer(f"One-time password of {name}: {password}", {"name": name, "password": password})


@click.argument("name")
@click.option("--customer", "names", multiple=True, help="What the user may see; once for each.")
@click.option("--none", "is_none", is_flag=True, help="No limit: the user may see all customers.")
def limit(work: Work, name: str, names: tuple[str, ...], is_none: bool) -> Answer:
    """Let a viewer or operator see and change what belongs to some customers only."""
    if is_none == bool(names):
        raise RuleBroken("Name the customers with --customer, or lift the limit with --none")
    found = _user(work, name)
    chosen = [
        existing("customer", text, customers.find_customer_named(work.session, text))
        for text in names
    ]
    limit_service.limit_to_customers(work.session, work.actor, found, None if is_none else chosen)
    told = sorted(customer.name for customer in found.customers)
    text = f"{found.name} sees {', '.join(told) if told else 'all customers'}"
    return Answer(text, {"name": found.name, "customers": None if is_none else told})


@click.argument("name")
def reset_second_factor(work: Work, name: str) -> Answer:
    """Remove a user's second factors and recovery codes, and end their sign-ins."""
    found = _user(work, name)
    factor_service.remove_all(work.session, work.actor, found)
    sign_in_service.end_all(work.session, work.actor, found, work.now)
    return Answer(f"{found.name} has no second factor any more", {"name": found.name})


@click.argument("name")
@click.argument("role", type=click.Choice(["viewer", "operator", "admin"]))
def set_role(work: Work, name: str, role: str) -> Answer:
    """Give a user another role."""
    found = _user(work, name)
    service.update_user(work.session, work.actor, found, role, found.is_enabled)
    return Answer(f"{found.name} has the role {role}", {"name": found.name, "role": role})


@click.argument("name")
def disable(work: Work, name: str) -> Answer:
    """Keep a user out, and end their sign-ins."""
    return _let_in(work, name, False)


@click.argument("name")
def enable(work: Work, name: str) -> Answer:
    """Let a user in again."""
    return _let_in(work, name, True)


@click.argument("name")
def unlink(work: Work, name: str) -> Answer:
    """Forget which account of the single sign-on a user is; the next one of that name is it."""
    found = _user(work, name)
    oidc_service.unlink(work.session, work.actor, found)
    return Answer(f"{found.name} is linked anew at the next single sign-on", {"name": found.name})


def _let_in(work: Work, name: str, is_enabled: bool) -> Answer:
    found = _user(work, name)
    service.update_user(work.session, work.actor, found, found.role, is_enabled)
    data = {"name": found.name, "enabled": is_enabled}
    return Answer(f"{found.name} is {'enabled' if is_enabled else 'disabled'}", data)


def _user(work: Work, name: str) -> User:
    return existing("user", name, queries.find_user_named(work.session, name))


def _factors(row: Mapping[str, object]) -> str:
    has = ["app"] if row["authenticator_app"] else []
    has += [f"{row['passkeys']} passkeys"] if row["passkeys"] else []
    has += ["single sign-on"] if row["single_sign_on"] else []
    return ", ".join(has) or "no second factor"


command(user, "add")(add)
command(user, "list", writes=False)(list_)
command(user, "disable")(disable)
command(user, "enable")(enable)
command(user, "limit")(limit)
command(user, "reset-password")(reset_password)
command(user, "reset-second-factor")(reset_second_factor)
command(user, "set-role")(set_role)
command(user, "unlink")(unlink)
