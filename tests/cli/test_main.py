"""What the `portal` command imports, and when."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal import cli
from portal.cli import main


def test_each_command_is_made_of_the_modules_that_it_imports():
    folder = Path(cli.__file__).parent
    for file in folder.glob("[a-z]*.py"):
        importlib.import_module(f"portal.cli.{file.stem}")
    made_of = {
        name: {part.callback.__module__ for part in [made, *getattr(made, "commands", {}).values()]}
        for name, made in main.commands.items()
    }
    assert made_of == {
        name: {f"portal.cli.{module}" for module in modules}
        for name, modules in cli.MODULES.items()
    }


@pytest.mark.parametrize("module", ["setup", "jobs"])
def test_what_starts_the_portal_imports_no_database(module):
    told = f"import sys, portal.cli.{module}; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told]).returncode == 0


def test_a_server_does_without_what_only_init_needs(config):
    start = "import sys; from portal import serving_app; serving_app()"
    told = f"{start}; sys.exit('alembic' in sys.modules)"
    environ = {**os.environ, "PORTAL_INSTANCE": str(config.instance)}
    assert subprocess.run([sys.executable, "-c", told], env=environ).returncode == 0
