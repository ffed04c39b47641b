"""The `portal` command: the same services as the pages, for shells and scripts."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="portal")
def main() -> None:
    """Auto-provisioning of IP phones.

    PORTAL_INSTANCE names the installation's folder; README.md lists all configuration.
    """


# Each module adds its commands to `main`.
from portal.cli import (  # noqa: E402, F401
    accounts,
    certificates,
    contacts,
    customers,
    demo,
    devices,
    exports,
    files,
    firmware,
    imports,
    jobs,
    keys,
    nginx,
    ports,
    profiles,
    setup,
    tokens,
    trust,
    users,
)
