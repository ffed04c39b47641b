"""The bytes of firmware images: `instance/firmware/<sha256>`, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from portal.errors import RuleBroken

CHUNK = 1024 * 1024
# Bytes lie there before their row is stored; what is younger than this may still get one.
GRACE_S = 3600


@dataclass(frozen=True)
class Image:
    """Bytes that lie in the folder under their hash."""

    sha256: str
    size_bytes: int


def keep(folder: Path, source: BinaryIO, max_bytes: int) -> Image:
    """Copy `source` into `folder`, piece by piece. Call it before a transaction begins: it is slow.

    Raises RuleBroken on "file" when it is empty or larger than allowed; nothing is kept then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(prefix=".part-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise RuleBroken(
                        f"The file is larger than {max_bytes // CHUNK} MB, the most that is "
                        "allowed (PORTAL_FIRMWARE_MAX_BYTES)",
                        "file",
                    )
                digest.update(chunk)
                file.write(chunk)
            if not size:
                raise RuleBroken("The file is empty", "file")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # no secret, and the command line may be another user
        os.replace(name, folder / digest.hexdigest())
    finally:
        Path(name).unlink(missing_ok=True)
    return Image(digest.hexdigest(), size)


def sweep(folder: Path, used: Collection[str], grace_s: int = GRACE_S) -> None:
    """Delete bytes that no stored file uses, also what an interrupted upload left behind."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in used and path.stat().st_mtime < time.time() - grace_s:
            path.unlink(missing_ok=True)
