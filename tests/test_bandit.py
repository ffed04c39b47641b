"""bandit finds nothing that pyproject.toml does not explain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_bandit_is_clean():
    told = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "-c", "pyproject.toml",
         "portal", "migrations", "build_hooks", "wsgi.py"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout
