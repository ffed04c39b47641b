"""Start what end-to-end tests need, each on a free port and in a folder of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end import in_pieces, loaded

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([loaded.__name__])


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, check: Callable[[], Any], seconds: float = 30, every: float = 0.1) -> Any:
    """Return what `check` returns once it is true; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(every)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


def program(name: str) -> str:
    """Return the path of an installed program; a missing one fails the test."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert found, f"{name} is not installed; `make test` as root installs it"
    return found


class Portal:
    """An installation of its own, made and served by the `portal` command.

    `like` is one that is not served: it is copied, which saves a second for each command.
    """

    def __init__(self, folder: Path, like: Portal | None = None, **environ: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.environ = {
            # As in service: none of who runs the tests, and modules are compiled once, not by each
            # of a hundred processes.
            **{k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "PYTHONDONT"))},
            "PORTAL_INSTANCE": str(folder),
            "PORTAL_BIND": f"127.0.0.1:{self.port}",
            "PORTAL_CHECK_IN_FLUSH_S": "1",
            **environ,
        }
        if like:
            shutil.copytree(like.folder, folder)
        self.first = like.first if like else self.run("init")
        self.server: subprocess.Popen[bytes] | None = None

    @property
    def certificate(self) -> Path:
        return self.folder / "tls" / "cert.pem"

    def run(self, *arguments: str, stdin: str = "") -> Any:
        """Run a command with --json and return its answer; fails when it fails."""
        with tempfile.TemporaryDirectory() as folder:
            streams = {name: Path(folder) / name for name in ("in", "out", "err")}
            for stream in streams.values():
                stream.write_text(stdin if stream.name == "in" else "")
            process = FORKS.Process(
                target=loaded.run, args=([*arguments, "--json"], self.environ, Path(folder))
            )
            process.start()
            process.join(timeout=60)
            code = process.exitcode
            if code is None:
                process.kill()
                process.join()
            process.close()
            out, err = streams["out"].read_text(), streams["err"].read_text()
        assert code == 0, f"portal {' '.join(arguments)} ended with {code}: {out}{err}"
        return json.loads(out)

    def start(self) -> None:
        log = (self.folder / "serve.log").open("wb")
        command = [str(Path(sys.executable).parent / "portal"), "serve"]
        if in_pieces.WANTED in os.environ:
            command = in_pieces.COMMAND
        self.server = subprocess.Popen(
            command, env=self.environ, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        wait_for("the portal answers", self.answers, seconds=90)  # on a machine that is busy

    def answers(self) -> bool:
        return self.fetch("/sign-in")[0] == 200

    def kill(self) -> None:
        """End all of the portal's processes at once, as a power cut does."""
        assert self.server
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(timeout=30)

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(timeout=30)

    def fetch(self, path: str, **headers: str) -> tuple[int, str]:
        """Fetch a path as a phone does, trusting only the portal's certificate."""
        request = urllib.request.Request(self.url + path, headers=headers)
        trust = ssl.create_default_context(cafile=str(self.certificate))
        try:
            with urllib.request.urlopen(request, context=trust, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (ConnectionError, urllib.error.URLError):
            return 0, ""
