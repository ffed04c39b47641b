"""``portal profile``."""

from __future__ import annotations

from datetime import datetime

import click

from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.errors import RuleBroken
from portal.profiles import checks, queries, service
from portal.values import parse_utc


@main.group()
def profile() -> None:
    """Shared settings that devices inherit."""


@click.argument("name")
@click.option("--family", default="", help="Phones it is for; left out: any.")
@click.option("--parent", help="Profile that it builds on.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting.")
def add(
    work: Work, name: str, family: str, parent: str | None, settings: tuple[str, ...]
) -> Answer:
    """Add a profile; its first version is in force at once."""
    above = None
    if parent:
        above = existing("profile", parent, queries.find_profile_named(work.session, parent))
    made = service.create_profile(
        work.session,
        work.actor,
        work.sealer,
        work.now,
        name,
        family,
        above,
        settings=pairs(settings),
    )
    return Answer(f"Added profile {made.name}.", {"id": made.id, "name": made.name, "version": 1})


@click.argument("name")
@click.argument("settings", nargs=-1, metavar="KEY=VALUE…")
@click.option("--unset", multiple=True, metavar="KEY", help="Inherit this setting again.")
@click.option("--raw", "raw", multiple=True, metavar="PARAMETER=VALUE", help="Vendor parameter.")
@click.option("--publish", is_flag=True, help="Put it in force now.")
@click.option("--at", "at", help="With --publish: from this time on, in UTC.")
def set_(
    work: Work,
    name: str,
    settings: tuple[str, ...],
    unset: tuple[str, ...],
    raw: tuple[str, ...],
    publish: bool,
    at: str | None,
) -> Answer:
    """Change settings of a profile, as a draft or at once.

    KEY= sends the setting empty; --unset inherits it.
    """
    found = existing("profile", name, queries.find_profile_named(work.session, name))
    if settings or unset or raw:
        draft = service.change_settings(
            work.session, work.actor, work.sealer, found, pairs(settings), unset
        )
        if raw:
            parameters = {**draft.parameters, **pairs(raw)}
            draft.parameters = checks.check_parameters(found.family, parameters)
    elif not publish:
        raise RuleBroken("Nothing to change: name settings as KEY=VALUE, or say --publish")
    devices = queries.count_devices(work.session, found)
    number = found.versions[-1].number
    if publish:
        since = _time(at) if at else None
        service.publish(work.session, work.actor, found, work.now, effective_at=since)
        text = f"Published version {number} of {found.name}: {devices} devices get it at their "
        text += f"next fetch from {since:%Y-%m-%d %H:%M} UTC on." if since else "next fetch."
    else:
        text = f"Saved version {number} of {found.name} as a draft; --publish puts it in force."
    data = {"name": found.name, "version": number, "published": publish, "devices": devices}
    return Answer(text, data)


@click.argument("name")
def withdraw(work: Work, name: str) -> Answer:
    """Take back the version that waits for its time."""
    found = existing("profile", name, queries.find_profile_named(work.session, name))
    version = service.withdraw(work.session, work.actor, found, work.now)
    text = f"Withdrew version {version.number} of {found.name}; what is in force stays."
    return Answer(text, {"name": found.name, "version": version.number})


def _time(text: str) -> datetime:
    try:
        return parse_utc(text)
    except ValueError as error:
        raise RuleBroken(str(error)) from None


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """Return KEY=VALUE arguments as a mapping; raises RuleBroken on one without “=”."""
    result = {}
    for item in given:
        key, sign, value = item.partition("=")
        if not sign:
            raise RuleBroken(f"“{item}” is not KEY=VALUE")
        result[key.strip()] = value
    return result


command(profile, "add")(add)
command(profile, "set")(set_)
command(profile, "withdraw")(withdraw)
