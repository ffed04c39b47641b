"""Where and how `portal serve` listens, and why it may not."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

from portal.config import Config
from portal.front.proxies import Proxies

_SOCKET = "unix:"


def problem(config: Config) -> str | None:
    """Return one sentence why the portal cannot serve as configured, and the remedy; else None."""
    try:
        proxies = Proxies.of(config.proxies)
    except ValueError as error:
        return str(error)
    if config.bind.startswith(_SOCKET):
        return _problem_of_socket(config, proxies)
    host, _, port = config.bind.rpartition(":")
    if not port.isdigit():
        return f"PORTAL_BIND is host:port or unix:PATH, not “{config.bind}”"
    if config.tls == "off" and not _is_loopback(host.strip("[]")):
        return (
            f"PORTAL_TLS=off would send passwords in the clear on {config.bind}: bind to "
            "127.0.0.1 or unix:PATH, where a proxy on this machine ends TLS"
        )
    return _problem_of_port(host.strip("[]"), int(port), config.bind)


def gunicorn_options(config: Config) -> list[str]:
    """Return gunicorn's command line. No access log: addresses hold phones' tokens.

    What proxies say is settled by `front/proxies.py` alone, so gunicorn is told to trust none.
    """
    tls = ["--certfile", str(config.cert_file), "--keyfile", str(config.key_file)]
    return [
        "--bind", config.bind,
        "--workers", str(config.workers),
        "--worker-class", "portal.front.worker.Worker",
        "--threads", str(config.threads),
        *(tls if config.tls == "on" else []),
        # A socket is for the portal's user and group: whoever opens it is believed as a proxy.
        *(["--umask", "007"] if config.bind.startswith(_SOCKET) else []),
        "--no-control-socket",  # one for all portals of a user, in his home
        "--forwarded-allow-ips", "",
        "--forwarder-headers", "",
        "--limit-request-line", "4094",
        "--limit-request-fields", "64",
        "--limit-request-field_size", "8190",
        "--logger-class", "portal.front.worker.Logger",
        "--log-level", config.log_level.lower() if config.log_level != "INFO" else "warning",
        "--graceful-timeout", "20",
        *(["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []),  # noqa: S108
        "--config", "python:portal.cli.jobs",
        "portal:serving_app()",
    ]  # fmt: skip


def what_is_served(config: Config) -> str:
    """Return what to tell who starts the portal."""
    what = {"all": "The portal is", "admin": "The pages are", "phones": "The phones' files are"}
    scheme = "" if config.bind.startswith(_SOCKET) else f"http{'s' * (config.tls == 'on')}://"
    return f"{what[config.serve]} on {scheme}{config.bind} (Ctrl-C stops it)."


def _problem_of_socket(config: Config, proxies: Proxies) -> str | None:
    if config.tls == "on":
        return "Nobody speaks TLS over a unix socket: set PORTAL_TLS=off beside PORTAL_BIND=unix:…"
    if not proxies.has_unix:
        return (
            "Behind a unix socket there is always a proxy, and without it all phones have the same "
            "address: set PORTAL_PROXIES=unix"
        )
    folder = Path(config.bind.removeprefix(_SOCKET)).parent
    if not os.access(folder, os.W_OK):
        return f"Cannot make a socket in {folder}. Name another with PORTAL_BIND."
    return None


def _problem_of_port(host: str, port: int, bind: str) -> str | None:
    """Say that a port is taken before gunicorn tries for seconds."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"Cannot listen on {bind}: {error.strerror}. Name another with PORTAL_BIND."
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
