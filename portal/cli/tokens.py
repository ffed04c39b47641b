"""``portal token``."""

from __future__ import annotations

from typing import Any

import click

from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.models import ApiToken
from portal.tokens import queries, service
from portal.tokens.rights import SCOPES, state_of
from portal.users import queries as users


@main.group()
def token() -> None:
    """API tokens: programs that act for a user."""


@click.argument("user")
@click.option("--name", required=True, help="What will use it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(list(SCOPES)),
    help="What it may do; give it several times.",
)
@click.option("--days", default=service.DAYS, show_default=True, help="How long it holds.")
def add(work: Work, user: str, name: str, scopes: tuple[str, ...], days: int) -> Answer:
    """Make a token of a user, printed once. It may do what its scopes and the user's role allow."""
    found = existing("user", user, users.find_user_named(work.session, user))
    made, text = service.create_token(work.session, work.actor, work.now, found, name, scopes, days)
    until = f"{made.expires_at:%Y-%m-%d %H:%M} UTC"
    data = {**as_data(made, work), "token": text}
    return Answer(f"Token “{made.name}” of {found.name}, until {until}: {text}", data)


@click.argument("user", required=False)
def list_(work: Work, user: str | None) -> Answer:
    """List the tokens of a user, or of everybody."""
    if user:
        found = existing("user", user, users.find_user_named(work.session, user))
        tokens = queries.tokens_of(work.session, found)
    else:
        tokens = queries.all_tokens(work.session)
    rows = [as_data(made, work) for made in tokens]
    lines = [
        f"{row['id']:>4}  {row['user']:20} {row['name']:24} {row['state']:14} "
        f"{' '.join(row['scopes'])}"
        for row in rows
    ]
    return Answer("\n".join(lines) or "There are no tokens.", rows)


@click.argument("token_id", type=int, metavar="ID")
def revoke(work: Work, token_id: int) -> Answer:
    """End a token at once; `token list` shows its ID."""
    found = existing("token", str(token_id), queries.find_token(work.session, token_id))
    service.revoke_token(work.session, work.actor, work.now, found)
    return Answer(f"Revoked “{found.name}” of {found.user.name}.", as_data(found, work))


def as_data(made: ApiToken, work: Work) -> dict[str, Any]:
    """Return what may be told of a token."""
    return {
        "id": made.id,
        "user": made.user.name,
        "name": made.name,
        "scopes": made.scopes,
        "state": state_of(made, work.now),
        "expires_at": made.expires_at.isoformat(),
        "last_used_at": made.last_used_at.isoformat() if made.last_used_at else None,
        "last_used_from": made.last_used_from,
    }


command(token, "add")(add)
command(token, "list", writes=False)(list_)
command(token, "revoke")(revoke)
