"""``portal nginx-config``: what nginx needs to stand before the portal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.cli import main
from portal.cli.run import fail
from portal.config import Config
from portal.firmware.routes import FIELDS_MAX_BYTES

# What nginx reads as one word.
_NAME = re.compile(r"[a-z0-9.-]+")
_WORD = re.compile(r"[A-Za-z0-9_./:@%+\[\]-]+")


@main.command("nginx-config")
@click.option("--port", default=443, show_default=True, help="Where both names are served.")
@click.option("--old-tls-port", type=int, help="Also serve phones that know TLS 1.0 only, there.")
@click.option("--admin-upstream", help="Where the pages' process listens; default: PORTAL_BIND.")
@click.option("--phones-upstream", help="Where the phones' process listens; default: PORTAL_BIND.")
@click.option("--certificate", type=Path, help="Chain for both names; default: PORTAL_TLS_CERT.")
@click.option("--key", type=Path, help="Its key; default: PORTAL_TLS_KEY.")
@click.option("--log-folder", type=Path, default=Path("/var/log/nginx"), show_default=True)
def nginx_config(**options: Any) -> None:
    """Print the nginx configuration that fits this portal's own.

    The names are those of PORTAL_ADMIN_URL and PORTAL_PUBLIC_URL.
    """
    try:
        click.echo(render(Config.load(), **options), nl=False)
    except ValueError as error:
        fail(str(error), as_json=False)


def render(
    config: Config,
    port: int = 443,
    old_tls_port: int | None = None,
    admin_upstream: str | None = None,
    phones_upstream: str | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    log_folder: Path = Path("/var/log/nginx"),
) -> str:
    """Return the configuration; raises ValueError with one sentence on what stands against it."""
    if not config.public_url or config.admin_name == config.phones_name:
        raise ValueError(
            "nginx serves pages and phones under a name each: set PORTAL_ADMIN_URL and "
            "PORTAL_PUBLIC_URL to two addresses with different names"
        )
    upstreams = admin_upstream or config.bind, phones_upstream or config.bind
    if config.tls == "on" and config.bind in upstreams:
        raise ValueError(
            "nginx ends TLS, and reaches the portal without it on this machine: set "
            "PORTAL_TLS=off, PORTAL_BIND=unix:/run/portal/portal.sock and PORTAL_PROXIES=unix"
        )
    doors = [{"port": port, "is_old": False}]
    if old_tls_port is not None:
        doors.append({"port": old_tls_port, "is_old": True})
    words = {
        "admin_upstream": upstreams[0],
        "phones_upstream": upstreams[1],
        "certificate": str(certificate or config.cert_file),
        "key": str(key or config.key_file),
        "log_folder": str(log_folder),
    }
    _check_words({"PORTAL_ADMIN_URL": config.admin_name, **words}, config.phones_name)
    environment = Environment(  # noqa: S701 # nosec B701 - makes no HTML; `_check_words` has seen every word
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("nginx.conf.j2").render(
        **words,
        port=port,
        phones_doors=doors,
        admin_name=config.admin_name,
        phones_name=config.phones_name,
        # The portal's own limits answer with a page or a word; nginx's are a little above them.
        upload_max_bytes=config.upload_max_bytes + FIELDS_MAX_BYTES,
        firmware_max_bytes=config.firmware_max_bytes + 2 * FIELDS_MAX_BYTES,
        phone_upload_max_bytes=config.phone_upload_max_bytes + FIELDS_MAX_BYTES,
    )


def _check_words(words: dict[str, str], phones_name: str) -> None:
    """Raise ValueError on what nginx would read as more than one word."""
    for name, word in {"PORTAL_PUBLIC_URL": phones_name, **words}.items():
        pattern = _NAME if name.startswith("PORTAL_") else _WORD
        if not pattern.fullmatch(word):
            raise ValueError(f"nginx cannot read “{word}” ({name}): it has characters of its own")
