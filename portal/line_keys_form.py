"""Rows of a line-key layout in a form: read, drawn, filled in again. Pure.

shared/_line_keys.html draws them; a profile and a device use it alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.settings.line_keys import TYPES, LineKey

COLUMNS = ("number", "module", "type", "value", "label", "port")
Place = tuple[int, int]  # module, 0 for the phone; number
_BLANK = {"number": "", "module": "0", "type": "blf", "value": "", "label": "", "port": ""}


@dataclass(frozen=True)
class KeyDrawn:
    """A key of a drawn layout; `row` is its row in the form, from 1, `type` empty: nothing set."""

    number: int
    type: str = ""
    label: str = ""
    value: str = ""
    is_own: bool = False
    row: int = 0

    @property
    def text(self) -> str:
        return self.label or self.value or (TYPES.get(self.type, self.type) if self.type else "")


@dataclass(frozen=True)
class Panel:
    """The keys of the phone (`module` 0) or of an expansion module."""

    title: str
    module: int
    keys: Sequence[KeyDrawn]


def read(form: MultiDict[str, str]) -> list[dict[str, str]]:
    """Return the typed rows of a line-key layout, without blank and removed ones."""
    columns = [form.getlist(f"line_key_{name}") for name in COLUMNS]
    rows = [dict(zip(COLUMNS, cells, strict=True)) for cells in zip(*columns, strict=False)]
    removed = form.getlist("line_key_remove")
    return [
        row
        for place, row in enumerate(rows)
        if str(place) not in removed
        and any(row[name].strip() for name in ("number", "value", "label"))
    ]


def rows_for(keys: Iterable[Mapping[str, Any]], blank: int = 2) -> list[Mapping[str, Any]]:
    """Return rows to draw: stored or typed ones, then blank ones to fill in."""
    return [*keys, *[_BLANK] * blank]


def refill(form: MultiDict[str, str]) -> list[Mapping[str, Any]]:
    """Return the rows of a sent form to draw again: without removed ones, with more if asked, and
    with a key moved to another place."""
    kept = read(form)
    gone = len(kept) + len(form.getlist("line_key_remove"))
    blank = len(form.getlist("line_key_number")) - gone
    if new := _place(form.get("line_key_new", "")):
        kept.append({**_BLANK, "module": str(new[0]), "number": str(new[1])})
        blank -= 1
    if move := moved(form):
        _swap(kept, *move)
    return rows_for(kept, max(blank, 0) + (4 if "line_key_more" in form else 0))


def moved(form: MultiDict[str, str]) -> tuple[Place, Place] | None:
    """Return from where to where a key is moved: dragged (``0:7>0:5``), or by one up or down."""
    source, sign, target = form.get("line_key_move", "").partition(">")
    if sign and (pair := (_place(source), _place(target))):
        return (pair[0], pair[1]) if pair[0] and pair[1] else None
    for name, step in (("line_key_up", -1), ("line_key_down", 1)):
        if (place := _place(form.get(name, ""))) and place[1] + step >= 1:
            return place, (place[0], place[1] + step)
    return None


def layout(
    rows: Iterable[Mapping[str, Any]],
    inherited: Iterable[LineKey],
    on_phone: int,
    modules: int,
    per_module: int,
) -> list[Panel]:
    """Return the keys as they lie on the phone, and on each expansion module up to the last used.

    `inherited` are those of wider layers, which a row of the same place replaces.
    """
    drawn: dict[Place, KeyDrawn] = {}
    for key in inherited:
        drawn[key.module, key.number] = KeyDrawn(
            key.number, key.type, key.label, key.value, is_own=False
        )
    for place, row in enumerate(rows, 1):
        if at := _place(f"{row['module'] or 0}:{row['number']}"):
            drawn[at] = KeyDrawn(at[1], row["type"], row["label"], row["value"], True, place)
    last = max((module for module, _ in drawn), default=0)
    panels = [("Phone", 0, on_phone)] if on_phone else []
    panels += [(f"Module {n}", n, per_module) for n in range(1, min(modules, last + 1) + 1)]
    return [
        Panel(title, module, [drawn.get((module, n)) or KeyDrawn(n) for n in range(1, most + 1)])
        for title, module, most in panels
    ]


def _swap(rows: list[dict[str, str]], source: Place, target: Place) -> None:
    """Let the keys of two places change places; one of them may be empty."""
    for row in rows:
        at = _place(f"{row['module'] or 0}:{row['number']}")
        if at in {source, target}:
            module, number = target if at == source else source
            row["module"], row["number"] = str(module), str(number)


def _place(text: str) -> Place | None:
    """Return (module, number) of ``0:7``; None of anything else."""
    module, sign, number = text.partition(":")
    if not sign or not module.strip().isdecimal() or not number.strip().isdecimal():
        return None
    return int(module), int(number)


def types(known: Collection[str] = ()) -> dict[str, str]:
    """Return what a line key can do, with labels; only what the family knows, if one is given."""
    return {
        name: label[0].upper() + label[1:]
        for name, label in TYPES.items()
        if not known or name in known or name == "none"
    }
