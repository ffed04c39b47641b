"""Try a custom family in a child process with limits; run as ``python -m portal.vendors.child``.

The sandbox stops escapes, not exhaustion (and Python's own compiler can be exhausted as well), so
what an administrator typed runs here first, with made-up devices. Data goes in and out as JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

from portal.errors import CannotRender
from portal.limits import limit_this_process
from portal.vendors import samples
from portal.vendors.context import ConfigContext
from portal.vendors.loader import BadDeclaration, family_from
from portal.vendors.render import Renderer
from portal.vendors.sandbox import MAX_OUTPUT_BYTES
from portal.vendors.schema import MAX_AGENT, Family, Model

SECONDS = 2
MEMORY_BYTES = 256 * 2**20
_START_SECONDS = 20  # until the child is up, on a busy machine
_PATTERN_SECONDS = 0.05
_ROOT = Path(__file__).parents[2]

TOO_LONG = f"The templates take longer than {SECONDS} seconds"
_TOO_MUCH = f"The templates need more than {MEMORY_BYTES // 2**20} MiB of memory"
_BROKEN = "The templates cannot be run; make them simpler"
# By what ended the child: SIGALRM, SIGXCPU and its hard limit, SIGABRT, SIGSEGV.
_ENDS = {-14: TOO_LONG, -24: TOO_LONG, -9: TOO_LONG, -6: _TOO_MUCH, -11: _BROKEN}

CASES = {"one": "one account", "full": "all ports", "bare": "no account"}


@dataclass(frozen=True)
class Trial:
    """File number `file` (from 0) for a model, in one of CASES."""

    file: int
    model: str
    case: str


class TrialFailed(CannotRender):
    """`key` is where of the declaration, as in BadDeclaration; empty: nowhere in particular."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def try_family(
    key: str, told: Mapping[str, Any], templates: Mapping[str, str], trials: Sequence[Trial]
) -> list[str]:
    """Return the files of `trials`, rendered in a child with limits; raises TrialFailed."""
    asked = json.dumps([key, told, templates, [asdict(trial) for trial in trials]])
    with subprocess.Popen(
        [sys.executable, "-m", "portal.vendors.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={"PYTHONUTF8": "1", "PATH": os.defpath},
        encoding="utf-8",
    ) as child:
        try:
            answer, _ = child.communicate(asked, timeout=_START_SECONDS + SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise TrialFailed(TOO_LONG) from None
    try:
        told_back = json.loads(answer)
    except ValueError:
        raise TrialFailed(_ENDS.get(child.returncode, _BROKEN)) from None
    if "problem" in told_back:
        raise TrialFailed(told_back["problem"], told_back["key"])
    return [str(text) for text in told_back["files"]]


def main(source: TextIO, target: TextIO) -> None:
    """Answer what is asked on `source` within the limits of this process."""
    key, told, templates, trials = json.load(source)
    limit_this_process(SECONDS, MEMORY_BYTES)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)  # SIGALRM ends the process
    answer: dict[str, Any]
    try:
        family = family_from(key, told, templates)
        _try_patterns(family)
        answer = {"files": [_tried(family, Trial(**trial)) for trial in trials]}
    except BadDeclaration as bad:
        answer = {"problem": bad.reason, "key": bad.key}
    except TrialFailed as failed:
        answer = {"problem": str(failed), "key": failed.key}
    except MemoryError:
        answer = {"problem": _TOO_MUCH, "key": ""}
    json.dump(answer, target)
    target.flush()


def _tried(family: Family, trial: Trial) -> str:
    spec, key = family.files[trial.file], f"files.{trial.file}.template"
    model = family.models[trial.model]
    what = f"{spec.name} for {model.name}, {CASES[trial.case]}"
    try:
        content = Renderer().render(family, spec, _context(family, model, trial.case))
    except CannotRender as error:
        reason = str(error).removeprefix(f"{family.label}: ")
        raise TrialFailed(f"{reason} ({what})", key) from None
    text = content.decode(spec.encoding)
    if len(content) > MAX_OUTPUT_BYTES:
        raise TrialFailed(f"the file is larger than {MAX_OUTPUT_BYTES // 1024} KiB ({what})", key)
    if spec.syntax == "xml" or text.startswith("<?xml"):
        try:
            ElementTree.fromstring(content)  # noqa: S314 # nosec B314 - this process has limits
        except ElementTree.ParseError as error:
            raise TrialFailed(f"this is no well-formed XML: {error} ({what})", key) from None
    return text


def _context(family: Family, model: Model, case: str) -> ConfigContext:
    if case == "full":
        return samples.full(family, model)
    return samples.one(model) if case == "one" else samples.bare(model)


def _try_patterns(family: Family) -> None:
    """Refuse patterns that need long for an unhappy User-Agent: all phones' requests meet them."""
    for place, pattern in enumerate(family.user_agents):
        start = re.match(r"\^?([\w /-]*)", pattern.pattern)
        for head in {"", start[1] if start else ""}:
            for letter in "a1. -A/":
                before = time.process_time()
                pattern.search((head + letter * MAX_AGENT)[: MAX_AGENT - 1] + "\x01")
                if time.process_time() - before > _PATTERN_SECONDS:
                    raise TrialFailed(
                        f"“{pattern.pattern}” takes too long on some texts; use fewer * and +",
                        f"user_agents.{place}",
                    )


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
