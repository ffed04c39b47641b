"""The `portal` command: the same services as the pages, for shells and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

# What a command is made of is imported when it is called: all of it would double the time in which
# `portal serve` starts, which runs `portal jobs` and has gunicorn read one of these modules.
MODULES: Mapping[str, tuple[str, ...]] = {
    "account": ("accounts",),
    "ban": ("trust",),
    "certificate": ("certificates",),
    "contact": ("contacts",),
    "customer": ("customers", "trust"),
    "demo": ("demo",),
    "device": ("devices", "trust"),
    "export": ("exports",),
    "firmware": ("firmware",),
    "import": ("imports",),
    "init": ("setup",),
    "jobs": ("jobs",),
    "keys": ("keys",),
    "nginx-config": ("nginx",),
    "port": ("ports",),
    "profile": ("profiles",),
    "render": ("files",),
    "serve": ("setup",),
    "token": ("tokens",),
    "user": ("users",),
}


class _Commands(click.Group):
    """The commands of MODULES; each module adds its own to `main`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(MODULES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        for module in MODULES.get(name, ()):
            import_module(f"portal.cli.{module}")
        return super().get_command(context, name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="portal")
def main() -> None:
    """Auto-provisioning of IP phones.

    PORTAL_INSTANCE names the installation's folder; README.md lists all configuration.
    """
