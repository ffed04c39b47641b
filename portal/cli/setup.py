"""``portal init`` and ``portal serve``."""

from __future__ import annotations

import os
import sys

import click

from portal.cli import main
from portal.cli.run import Answer, fail, say
from portal.config import Config

FIRST_ADMINISTRATOR = "admin"


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def init(as_json: bool) -> None:
    """Make what an installation needs: keys, certificate, database, first administrator.

    What is there already is left alone, so it can be run again at any time; it also brings the
    database of an older version up to date. The administrator's password is printed once.
    """
    try:
        say(_init(Config.load()), as_json)
    except (OSError, ValueError) as error:
        fail(str(error), as_json)


def _init(config: Config) -> Answer:
    from portal import create_app, crypto
    from portal.cli import first_run

    config.instance.mkdir(parents=True, exist_ok=True)
    crypto.write_key_file(config.sealing_key_file, crypto.new_sealing_key())
    crypto.write_key_file(config.session_key_file, crypto.new_token().encode())
    made_certificate = not config.cert_file.exists() and config.tls_cert is None
    if made_certificate:
        first_run.write_certificate(config.cert_file, config.key_file, names_of(config))
    app = create_app(config)
    with app.app_context():
        first_run.migrate()
        password = first_run.first_administrator(app.extensions["sealer"], FIRST_ADMINISTRATOR)
    data = {"instance": str(config.instance), "administrator": None, "password": None}
    if password is None:
        return Answer(f"{config.instance} is ready.", data)
    data |= {"administrator": FIRST_ADMINISTRATOR, "password": password}
    lines = [
        f"{config.instance} is ready.",
        "",
        f"  Sign in as  {FIRST_ADMINISTRATOR}",
        f"  password    {password}",
        "",
        "This password is shown once and must be changed at the first sign-in.",
    ]
    return Answer("\n".join(lines), data)


def names_of(config: Config) -> list[str]:
    """Return the names that the self-signed certificate is for."""
    names = ["localhost", "127.0.0.1", "::1"]
    own = dict.fromkeys([config.phones_name, config.admin_name])
    return [*(name for name in own if name and name not in names), *names]


@main.command()
def serve() -> None:
    """Serve pages and phones with gunicorn, until it is stopped.

    PORTAL_SERVE=admin or phones opens one of the two doors only; two processes of one installation
    serve both, each on its own PORTAL_BIND.
    """
    from portal import tls
    from portal.cli import listening
    from portal.static_files import missing
    from portal.users import oidc_config

    try:
        config = Config.load()
        oidc_config.check(config)
        tls.check(config)
    except ValueError as error:
        fail(str(error), as_json=False)
    own_files = [config.cert_file, config.key_file] if config.tls == "on" else []
    for file in (config.sealing_key_file, *own_files):
        if not file.exists():
            fail(f"{file} is missing: run `portal init` first", as_json=False)
    if config.serve != "phones" and (lacking := missing()):
        fail(
            f"Front-end files are missing ({', '.join(lacking)}): run `make venv`, which fetches "
            "them",
            as_json=False,
        )
    if sentence := listening.problem(config):
        fail(sentence, as_json=False)
    click.echo(listening.what_is_served(config))
    sys.stdout.flush()
    options = listening.gunicorn_options(config)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options])  # noqa: S606
