"""Which processes of this installation listen where, and what TLS they speak. Knows no Flask.

Each `portal serve` keeps a locked file in `instance/listeners/` as long as it lives; a file that
nobody holds is of a process that ended without saying so.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from portal.config import Config

FOLDER = "listeners"


@dataclass(frozen=True)
class Listener:
    """One process. `oldest_tls` is empty where a proxy ends TLS, and only that one knows."""

    bind: str
    serve: str
    oldest_tls: str
    asks_certificates: bool
    proxies: str
    process_id: int


def described(config: Config) -> Listener:
    """Return this process as configured."""
    oldest = config.tls_min if config.tls == "on" else ""
    asks = config.ask_certificates and config.tls == "on"
    return Listener(config.bind, config.serve, oldest, asks, config.proxies, os.getpid())


def announce(config: Config) -> IO[str]:
    """Tell others of this process, until the file that is returned is closed."""
    folder = config.instance / FOLDER
    folder.mkdir(exist_ok=True)
    file = (folder / f"{os.getpid()}.json").open("w", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX)
    json.dump(asdict(described(config)), file)
    file.flush()
    return file


def withdraw(file: IO[str]) -> None:
    """Take back what `announce` told."""
    with contextlib.suppress(FileNotFoundError):
        Path(file.name).unlink()
    file.close()


def listening(config: Config) -> list[Listener]:
    """Return the processes of this installation that listen on this machine now, by address."""
    found = []
    for path in (config.instance / FOLDER).glob("*.json"):
        with contextlib.suppress(OSError, ValueError), path.open(encoding="utf-8") as file:
            if not _is_held(file):
                path.unlink()
                continue
            found.append(Listener(**json.load(file)))
    return sorted(found, key=lambda listener: (listener.serve, listener.bind))


def _is_held(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
