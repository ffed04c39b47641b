"""Run commands of the portal in processes forked from one that has loaded it.

Each is what the `portal` script starts (own process, environment, files for its streams), but for
the second or two that loading takes, a hundred times.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from portal.cli import MODULES, main

for modules in MODULES.values():
    for module in modules:
        import_module(f"portal.cli.{module}")
# What commands import when they are called.
for module in ("flask_migrate", "huey", "argon2", "openpyxl", "portal.extensions"):
    import_module(module)


def run(arguments: list[str], environ: dict[str, str], streams: Path) -> None:
    """Run a command with `environ` and the files ``in``, ``out`` and ``err`` of `streams`."""
    for number, name in enumerate(("in", "out", "err")):
        os.dup2(os.open(streams / name, os.O_RDONLY if name == "in" else os.O_WRONLY), number)
    os.environ.clear()
    os.environ.update(environ)
    sys.stdin, sys.argv = os.fdopen(0, closefd=False), ["portal", *arguments]
    sys.exit(main(prog_name="portal"))
