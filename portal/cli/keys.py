"""``portal keys``: the keys that secrets are sealed with."""

from __future__ import annotations

from portal import crypto, sealing_service
from portal.cli import main
from portal.cli.run import Answer, Work, command
from portal.errors import RuleBroken
from portal.extensions import db


@main.group()
def keys() -> None:
    """The keys in instance/keys/ that secrets in the database are sealed with."""


def rotate(work: Work) -> Answer:
    """Seal every secret with a new key, while the portal runs.

    The keys before stay in the file: a backup of the database needs them. `portal keys drop-old`
    takes them out. Where several machines share a database, copy the file to all of them first.
    """
    file = work.config.sealing_key_file
    present = file.read_bytes().split()
    crypto.replace_key_file(file, [crypto.new_sealing_key(), *present])
    sealed = sealing_service.reseal_all(db.engine, work.sealer)
    return Answer(
        f"Sealed {sealed} secrets with a new key; {len(present)} before it stay readable. "
        "Make a backup, then `portal keys drop-old`.",
        {"sealed": sealed, "keys": len(present) + 1},
    )


def drop_old(work: Work) -> Answer:
    """Take the keys out that nothing is sealed with any more. Older backups open with them only."""
    file = work.config.sealing_key_file
    present = file.read_bytes().split()
    if others := sealing_service.count_of_others(db.engine, work.sealer):
        raise RuleBroken(f"{others} secrets are sealed with older keys; `portal keys rotate` first")
    crypto.replace_key_file(file, present[:1])
    dropped = len(present) - 1
    return Answer(f"Dropped {dropped} keys.", {"dropped": dropped})


command(keys, "rotate", writes=False)(rotate)
command(keys, "drop-old", writes=False)(drop_old)
