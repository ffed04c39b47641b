"""Style sheets and scripts: addresses that carry a hash of the content, and are cached for good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
NEEDED = ("vendor/bootstrap.min.css", "vendor/htmx.min.js", "portal.css", "portal.js",
          "passkeys.js")  # fmt: skip

bp = Blueprint("static_files", __name__)

_FOR_GOOD = "public, max-age=31536000, immutable"


def static_url(name: str) -> str:
    """Return the address of a static file; it changes when the file does."""
    return url_for("static_files.send", name=name, v=_version(name))


def missing() -> list[str]:
    """Name the needed files that are not there: the build hook fetches those in vendor/."""
    return [name for name in NEEDED if not (FOLDER / name).is_file()]


@bp.get("/static/<path:name>")
def send(name: str) -> Response:
    response = send_from_directory(FOLDER, name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if "v" in request.args and request.args["v"] == _version(name):
        response.headers["Cache-Control"] = _FOR_GOOD
    return response


def _version(name: str) -> str:
    file = FOLDER / name
    return _digest(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=100)
def _digest(file: Path, changed_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
