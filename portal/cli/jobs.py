"""``portal jobs``, and how gunicorn starts it: this module is its configuration file as well."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from portal import logs
from portal.cli import main
from portal.cli.run import fail
from portal.config import Config
from portal.front import listeners
from portal.tls import Contexts

# Read by gunicorn, which would believe these headers of whoever opens a unix socket; what proxies
# say is settled by front/proxies.py.
secure_scheme_headers: dict[str, str] = {}

_GRACE_S = 20  # as long as gunicorn lets requests run when it is stopped


@main.command()
@click.option("--parent", type=int, hidden=True, help="Process that it ends with.")
def jobs(parent: int | None) -> None:
    """Work off long imports; `portal serve` starts this by itself.

    Start it beside the portal where another server than `portal serve` runs wsgi.py.
    """
    from portal.jobs import work

    try:
        config = Config.load()
    except ValueError as error:
        fail(str(error), as_json=False)
    if not config.sealing_key_file.exists():
        fail(f"{config.sealing_key_file} is missing: run `portal init` first", as_json=False)
    logs.set_up(config.log_level)
    logging.getLogger("huey").setLevel(max(logging.WARNING, logging.getLogger().level))
    work(config, parent or os.getppid())


def ssl_context(_conf: Any, _default: Any) -> Any:
    """Return the TLS context for a new connection; called by gunicorn for each."""
    return _contexts().current()


@functools.cache
def _contexts() -> Contexts:
    return Contexts(Config.load())


def when_ready(server: Any) -> None:
    """Start the jobs' process beside gunicorn's own, and say where that listens."""
    server.portal_listener = listeners.announce(Config.load())
    command = [str(Path(sys.executable).parent / "portal"), "jobs", "--parent", str(os.getpid())]
    server.portal_jobs = subprocess.Popen(command)  # noqa: S603


def on_exit(server: Any) -> None:
    """Let a running job end, for a while, and then end it; called by gunicorn."""
    if listener := getattr(server, "portal_listener", None):
        listeners.withdraw(listener)
    process: subprocess.Popen[bytes] | None = getattr(server, "portal_jobs", None)
    if process is None:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            return
