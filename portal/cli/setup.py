"""``portal init`` and ``portal serve``."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path

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
    from urllib.parse import urlsplit

    names = ["localhost", "127.0.0.1", "::1"]
    host = urlsplit(config.base_url).hostname
    return names if host is None or host in names else [host, *names]


@main.command()
def serve() -> None:
    """Serve pages and phones with gunicorn over TLS, until it is stopped."""
    from portal.static_files import missing

    try:
        config = Config.load()
    except ValueError as error:
        fail(str(error), as_json=False)
    for file in (config.sealing_key_file, config.cert_file, config.key_file):
        if not file.exists():
            fail(f"{file} is missing: run `portal init` first", as_json=False)
    if lacking := missing():
        fail(
            f"Front-end files are missing ({', '.join(lacking)}): run `make venv`, which fetches "
            "them",
            as_json=False,
        )
    _check_bind(config.bind)
    click.echo(f"The portal is on https://{config.bind} (Ctrl-C stops it).")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *gunicorn_options(config)])  # noqa: S606


def gunicorn_options(config: Config) -> list[str]:
    """Return gunicorn's command line. No access log: addresses hold phones' tokens."""
    return [
        "--bind", config.bind,
        "--workers", str(config.workers),
        "--worker-class", "gthread",
        "--threads", str(config.threads),
        "--certfile", str(config.cert_file),
        "--keyfile", str(config.key_file),
        "--log-level", config.log_level.lower() if config.log_level != "INFO" else "warning",
        "--graceful-timeout", "20",
        *(["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []),  # noqa: S108
        "--config", "python:portal.cli.jobs",
        "portal:serving_app()",
    ]  # fmt: skip


def _check_bind(bind: str) -> None:
    """End with one sentence when the port is taken, before gunicorn tries for seconds."""
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            fail(
                f"Cannot listen on {bind}: {error.strerror}. Name another with PORTAL_BIND.",
                as_json=False,
            )
