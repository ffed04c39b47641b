"""``portal render``."""

from __future__ import annotations

import click
from flask import current_app

from portal import audit
from portal.cli import main
from portal.cli.devices import device_of
from portal.cli.run import Answer, Work, command
from portal.devices import previews, setup_service


@click.argument("mac")
@click.argument("file", default="")
@click.option("--show-secrets", is_flag=True, help="Passwords and tokens in the clear; audited.")
def render(work: Work, mac: str, file: str, show_secrets: bool) -> Answer:
    """Show the file that a phone would get now; FILE left out: its main one."""
    found = device_of(work, mac)
    setup_service.ensure_proofs(found, work.sealer)
    if show_secrets:
        audit.record(
            work.session, work.actor, "secret.show", found, {"file": (None, file or "main")}
        )
    work.session.flush()
    text = previews.render(
        work.session.connection(),
        found,
        file,
        current_app.extensions["renderer"],
        work.sealer,
        work.config.base_url,
        work.now,
        with_secrets=show_secrets,
    )
    return Answer(text.rstrip("\n"), {"mac": found.mac, "file": file, "content": text})


command(main, "render")(render)
