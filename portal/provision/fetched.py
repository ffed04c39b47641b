"""What each phone's file was made from when it was fetched last, so that people see the difference.

Kept off the road, with the check-ins: not the file, which holds passwords, but its inputs, in which
they are sealed; and those sealed once more as a whole. The file can be made again from them.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.crypto import Sealer
from portal.models import FetchedFile
from portal.provision.asked import Trail
from portal.provision.firmware import KnownFirmware
from portal.provision.lookup import KnownDevice, KnownPort
from portal.settings.resolve import Layer


def write(connection: Connection, sealer: Sealer, served: Iterable[tuple[datetime, Trail]]) -> None:
    """Keep the inputs of files that were sent; of each phone's file the last, and only if new."""
    latest = {
        (trail.device_id, trail.file): (at, trail.tag, trail.inputs)
        for at, trail in served
        if trail.device_id is not None and trail.inputs is not None
    }
    if not latest:
        return
    ids = {device_id for device_id, _ in latest}
    known = select(FetchedFile.device_id, FetchedFile.name, FetchedFile.tag)
    tags = {
        (row.device_id, row.name): row.tag
        for row in connection.execute(known.where(FetchedFile.device_id.in_(ids)))
    }
    rows = [
        {
            "device_id": device_id,
            "name": name,
            "tag": tag,
            "fetched_at": at,
            "inputs_sealed": sealer.seal(pack(inputs)),
        }
        for (device_id, name), (at, tag, inputs) in latest.items()
        if tags.get((device_id, name)) != tag
    ]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(FetchedFile)
    changed = {name: statement.excluded[name] for name in ("tag", "fetched_at", "inputs_sealed")}
    keys = ["device_id", "name"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def pack(inputs: KnownDevice) -> str:
    """Return the inputs as text that `unpack` reads."""
    text = json.dumps(inputs, default=vars, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode(), 1)).decode()


def unpack(text: str) -> KnownDevice | None:
    """Return the inputs again; None when an older portal kept them in another form."""
    try:
        told = json.loads(zlib.decompress(b64decode(text)))
        told["layers"] = tuple(Layer(**layer) for layer in told["layers"])
        told["ports"] = tuple(KnownPort(**port) for port in told["ports"])
        told["line_keys"] = tuple(tuple(keys) for keys in told["line_keys"])
        if told["images"] is not None:
            told["images"] = tuple(
                KnownFirmware(**{**image, "models": tuple(image["models"])})
                for image in told["images"]
            )
        return KnownDevice(**told)
    except (ValueError, KeyError, TypeError, zlib.error):
        return None
