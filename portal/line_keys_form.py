"""Rows of a line-key layout in a form: read, drawn, filled in again. Pure.

shared/_line_keys.html draws them; a profile and a device use it alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.settings.line_keys import TYPES

COLUMNS = ("number", "module", "type", "value", "label", "port")
_BLANK = {"number": "", "module": "0", "type": "blf", "value": "", "label": "", "port": ""}


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
    """Return the rows of a sent form to draw again: without removed ones, with more if asked."""
    kept = read(form)
    gone = len(kept) + len(form.getlist("line_key_remove"))
    blank = len(form.getlist("line_key_number")) - gone
    return rows_for(kept, max(blank, 0) + (4 if "line_key_more" in form else 0))


def types(known: Collection[str] = ()) -> dict[str, str]:
    """Return what a line key can do, with labels; only what the family knows, if one is given."""
    return {
        name: label[0].upper() + label[1:]
        for name, label in TYPES.items()
        if not known or name in known or name == "none"
    }
