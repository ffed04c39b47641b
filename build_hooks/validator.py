"""Fetch the Nu Html Checker (v.Nu), which the tests check pages with, into node_modules.

Locked like the front-end files. Its own script, which would fetch a Java, is not run: `make
packages` asks Debian for one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from front_end import npm


def main() -> int:
    command, environment = npm()
    done = subprocess.run(  # noqa: S603 - a fixed command
        [*command, "ci", "--ignore-scripts"],
        cwd=Path(__file__).parent.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"npm could not fetch v.Nu:\n{done.stderr}", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
