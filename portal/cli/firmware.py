"""``portal firmware``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from portal.cli import main
from portal.cli.run import Answer, Work, command
from portal.errors import RuleBroken
from portal.extensions import begin_write
from portal.firmware import images, queries, service
from portal.models import FirmwareFile


@main.group()
def firmware() -> None:
    """Images that phones load from the portal."""


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--family", required=True, help="Family of the models, such as yealink.")
@click.option("--version", required=True, help="As the phones tell it; profiles name it.")
@click.option("--model", "models", multiple=True, required=True, help="A model that it is for.")
@click.option("--after", default="", help="Stepping stone: version to be passed through first.")
@click.option("--name", default="", help="Name that phones ask for; else the file's own.")
def add(
    work: Work,
    file: Path,
    family: str,
    version: str,
    models: tuple[str, ...],
    after: str,
    name: str,
) -> Answer:
    """Add a firmware image."""
    folder = work.config.firmware_folder
    try:
        with file.open("rb") as source:
            image = images.keep(folder, source, work.config.firmware_max_bytes)
    except OSError as error:
        raise RuleBroken(f"{file} cannot be read: {error.strerror}") from None
    begin_write()  # not before: copying is slow
    facts = service.FirmwareFacts(family, name or file.name, version, models, after)
    made = service.add_file(work.session, work.actor, facts, image)
    return Answer(f"Added {made.filename} for {', '.join(made.models)}.", _data(made))


def list_(work: Work) -> Answer:
    """List all firmware images."""
    files = queries.all_files(work.session)
    lines = [
        f"{f.family}  {f.filename}  {f.firmware_version}  {', '.join(f.models)}"
        + (f"  after {f.after_version}" if f.after_version else "")
        for f in files
    ]
    return Answer("\n".join(lines) or "No firmware yet.", [_data(f) for f in files])


@click.argument("name")
@click.option("--family", default="", help="Where several families have a file of that name.")
@click.option("--version", default="", help="Where there are several versions under that name.")
def remove(work: Work, name: str, family: str, version: str) -> Answer:
    """Remove a firmware image."""
    found = queries.files_named(work.session, name, family, version)
    if not found:
        raise RuleBroken(f"There is no firmware “{name}”")
    if len(found) > 1:
        held = "; ".join(f"{f.family} {f.firmware_version}" for f in found)
        raise RuleBroken(f"“{name}” is there as {held}: say --family or --version")
    data = _data(found[0])
    service.remove_file(work.session, work.actor, found[0])
    work.session.commit()
    images.sweep(work.config.firmware_folder, queries.used_images(work.session))
    return Answer(f"Removed {data['filename']} {data['version']}.", data)


def _data(file: FirmwareFile) -> dict[str, Any]:
    return {
        "family": file.family,
        "filename": file.filename,
        "version": file.firmware_version,
        "after": file.after_version,
        "models": file.models,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


command(firmware, "add", writes=False)(add)
command(firmware, "list", writes=False)(list_)
command(firmware, "remove")(remove)
