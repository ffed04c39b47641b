"""Line keys: what programmable keys do, in one vendor-neutral form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from portal import values

TYPES = {
    "none": "nothing",
    "line": "line",
    "blf": "busy lamp field (BLF)",
    "speed_dial": "speed dial",
    "park": "call park",
    "dtmf": "DTMF",
    "intercom": "intercom",
}


@dataclass(frozen=True)
class LineKey:
    """Key `number` from 1, on the phone (`module` 0) or an expansion module (from 1).

    `value` is what it dials or watches, empty for a line; `port` is the port it works on.
    """

    number: int
    type: str
    value: str = ""
    label: str = ""
    port: int = 1
    module: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def parse(given: Mapping[str, Any]) -> LineKey:
    """Return a checked line key; raises ValueError with a sentence that names the key."""
    try:
        number = values.parse_whole_number(str(given.get("number", "")), 1, 300)
    except ValueError as error:
        raise ValueError(f"Line key number: {error}") from None
    try:
        key = LineKey(
            number=number,
            type=str(given.get("type", "")).strip().lower(),
            value=values.parse_line(str(given.get("value") or "")),
            label=values.parse_line(str(given.get("label") or "")),
            port=values.parse_whole_number(str(given.get("port") or 1), 1, 1000),
            module=values.parse_whole_number(str(given.get("module") or 0), 0, 6),
        )
    except ValueError as error:
        raise ValueError(f"Line key {number}: {error}") from None
    if key.type not in TYPES:
        raise ValueError(f"Line key {number}: “{key.type}” is none of {', '.join(TYPES)}")
    if key.type not in {"none", "line"} and not key.value:
        raise ValueError(
            f"Line key {number}: a key for {TYPES[key.type]} needs a number or address"
        )
    return key


def merge(layers: Iterable[Iterable[Mapping[str, Any]]]) -> list[LineKey]:
    """Merge stored layouts, widest first; a key of a later layer replaces the same key."""
    merged: dict[tuple[int, int], LineKey] = {}
    for layer in layers:
        for stored in layer:
            key = LineKey(**stored)
            merged[key.module, key.number] = key
    return [merged[place] for place in sorted(merged)]


def complete(
    keys: Iterable[LineKey],
    on_phone: int,
    modules: int,
    per_module: int,
    ports: Iterable[int],
) -> list[LineKey]:
    """Return every key that the phone has, in order, so that a file can say what each does.

    A phone key that no layout names shows the port of its number when that one is in `ports`, else
    nothing. Keys of expansion modules are listed from module 1 to the last that a layout names: a
    phone without one is not sent hundreds of empty keys. Keys beyond the phone are left out.
    """
    named = {(key.module, key.number): key for key in keys}
    used = set(ports)
    listed = [
        named.get((0, n)) or LineKey(n, "line" if n in used else "none", port=n if n in used else 1)
        for n in range(1, on_phone + 1)
    ]
    last = min(modules, max((module for module, _ in named), default=0))
    for module in range(1, last + 1):
        for n in range(1, per_module + 1):
            listed.append(named.get((module, n)) or LineKey(n, "none", module=module))
    return listed
