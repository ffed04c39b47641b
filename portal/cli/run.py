"""What all commands share: a session that commits once, ``--json``, one sentence on error.

What needs the database is imported by who needs it: `portal serve` and `portal jobs` do not.
"""

from __future__ import annotations

import functools
import getpass
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from portal.config import Config
from portal.errors import CannotRender, RuleBroken, SheetUnreadable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from portal.audit import Actor
    from portal.crypto import Sealer

Found = TypeVar("Found")


@dataclass(frozen=True)
class Work:
    """What a command works with. `engine` is for what writes in its own transaction."""

    session: Session
    actor: Actor
    config: Config
    sealer: Sealer
    now: datetime


@dataclass(frozen=True)
class Answer:
    """What a command says: `text` to people, `data` with ``--json``."""

    text: str
    data: Any
    exit_code: int = 0


def say(answer: Answer, as_json: bool) -> None:
    if as_json or answer.text:
        click.echo(json.dumps(answer.data, ensure_ascii=False) if as_json else answer.text)
    if answer.exit_code:
        sys.exit(answer.exit_code)


def fail(message: str, as_json: bool, code: int = 1) -> None:
    """Say one sentence and end."""
    if as_json:
        click.echo(json.dumps({"error": message}, ensure_ascii=False))
    else:
        click.echo(f"Error: {message}", err=True)
    sys.exit(code)


def command(
    group: click.Group, name: str, writes: bool = True
) -> Callable[[Callable[..., Answer]], click.Command]:
    """Make a function a command of `group`: it gets a Work first and returns an Answer.

    It runs in one transaction, which is committed when the function returns.
    """

    def wrap(function: Callable[..., Answer]) -> click.Command:
        @functools.wraps(function)
        def run(*args: Any, as_json: bool, **options: Any) -> None:
            from sqlalchemy.exc import OperationalError, ProgrammingError

            try:
                answer = _in_session(function, writes, *args, **options)
            except (RuleBroken, CannotRender, SheetUnreadable, ValueError) as error:
                fail(str(error), as_json)
            except FileNotFoundError as error:
                fail(f"{error.filename} is missing: run `portal init` first", as_json)
            except (OperationalError, ProgrammingError) as error:
                fail(f"The database does not answer as it should: {error.orig}", as_json)
            else:
                say(answer, as_json)

        as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
        return group.command(name, help=function.__doc__)(as_json(run))

    return wrap


def _in_session(
    function: Callable[..., Answer], writes: bool, *args: Any, **options: Any
) -> Answer:
    from portal import create_app
    from portal.audit import Actor
    from portal.extensions import begin_write, db

    app = create_app(is_whole=False)
    with app.app_context():
        if writes:
            begin_write()
        work = Work(
            db.session(),
            Actor(f"{getpass.getuser()} (command line)"),
            app.config["PORTAL"],
            app.extensions["sealer"],
            datetime.now(UTC),
        )
        answer = function(work, *args, **options)
        db.session.commit()
        return answer


def existing(what: str, name: str, found: Found | None) -> Found:
    """Return `found`; raises RuleBroken when it is None."""
    if found is None:
        raise RuleBroken(f"There is no {what} “{name}”")
    return found
