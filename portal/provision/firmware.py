"""Which firmware image a phone is offered: pinned version, stepping stones, models. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownFirmware:
    """An uploaded file of one family. `after`: version to be passed through first, or empty."""

    filename: str
    version: str
    after: str
    models: tuple[str, ...]
    sha256: str


def numbers(version: str) -> tuple[int, ...]:
    """Return what versions are compared by: ``10.1.54.13-SIP-r`` is (10, 1, 54, 13).

    Zeros at the end do not count: 2.0 is 2.0.0.
    """
    parts = [int(part) for part in re.findall(r"\d+", version)]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def same_version(one: str, other: str) -> bool:
    """Do two people mean the same version? Case and blanks around do not matter."""
    return one.strip().casefold() == other.strip().casefold()


def offered(
    files: Sequence[KnownFirmware], model: str, pinned: str, running: str
) -> KnownFirmware | None:
    """Return what a phone of `model` should load to get to the version `pinned`.

    That is the stepping stone while it runs an older version, or one that nobody knows (`running`
    empty). None: no file fits, or the stepping stone is missing. Of several files of one version
    the first counts; the others are what the image asks for itself.
    """
    chosen = _of_version(files, model, pinned)
    for _ in files:  # as many steps as there are files, whatever they say
        if chosen is None or not chosen.after:
            break
        if running and numbers(running) >= numbers(chosen.after):
            break
        chosen = _of_version(files, model, chosen.after)
    return chosen


def served(
    files: Iterable[KnownFirmware],
    name: str,
    model: str,
    offer: KnownFirmware | None,
    only_offered: bool,
) -> KnownFirmware | None:
    """Return what a phone of `model` gets when it asks for the file `name`, in any case.

    Of several versions under one name, the one that it is offered, else the newest. `only_offered`:
    phones that make up the name themselves, so that any answer would be an offer.
    """
    found = [
        (offer is not None and same_version(file.version, offer.version), file)
        for file in files
        if file.filename.casefold() == name.casefold() and model in file.models
    ]
    fitting = [pair for pair in found if pair[0] or not only_offered]
    return max(fitting, key=lambda pair: (pair[0], numbers(pair[1].version)), default=(0, None))[1]


def _of_version(files: Sequence[KnownFirmware], model: str, version: str) -> KnownFirmware | None:
    fitting = (f for f in files if model in f.models and same_version(f.version, version))
    return next(fitting, None)
