"""Which layer of settings wins, and where each value comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Layer:
    """One layer: `origin` is shown to people, such as “profile Retail”."""

    origin: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Resolved:
    """A value, the layer it comes from, and the values it hides, nearest first."""

    value: Any
    origin: str
    hides: tuple[tuple[str, Any], ...] = field(default=())


def resolve(layers: Iterable[Layer]) -> dict[str, Resolved]:
    """Merge `layers`, widest first (defaults, portal, customer, profile chain, device, port).

    A layer that lacks a key inherits it. None is a value ("send empty"), not an absence.
    """
    merged: dict[str, Resolved] = {}
    for layer in layers:
        for key, value in layer.settings.items():
            before = merged.get(key)
            hides = ((before.origin, before.value), *before.hides) if before else ()
            merged[key] = Resolved(value, layer.origin, hides)
    return merged


def merge(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge plain layers, widest first, without remembering origins."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged.update(layer)
    return merged
