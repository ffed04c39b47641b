"""Limits for child processes that handle what others wrote: spreadsheets, templates. Pure."""

from __future__ import annotations

import resource
from pathlib import Path


def limit_this_process(seconds: int, memory_bytes: int) -> None:
    """Let this process use `seconds` more of CPU, grow by `memory_bytes`, and write no file."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # not Linux, where address space is the measure that works
        pass
    else:
        most = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, until + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
