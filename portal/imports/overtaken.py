"""Choices for an upload that somebody else overtook: what they say now, and what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.imports.choices import choices_of
from portal.imports.labels import field_label
from portal.imports.previews import Preview
from portal.imports.read import Options
from portal.imports.shown import shown_rows
from portal.models import Import

Difference = tuple[str, str, str]
_CELL = "cell-"


def differences(
    upload: Import, preview: Preview, context: Mapping[str, Any], typed: Mapping[str, str]
) -> list[Difference]:
    """Return where what was `typed` differs from what is stored: label, stored, typed.

    `context` is that of the page, as the choices stand now.
    """
    if "row" in typed:
        return _of_row(preview, typed)
    return [*_for_all(context, typed), *_of_sheets(upload, preview, context, typed)]


def _of_row(preview: Preview, typed: Mapping[str, str]) -> list[Difference]:
    place = typed.get("sheet", ""), typed["row"]
    rows = [row for row in preview.plan.rows if (row.sheet, str(row.number)) == place]
    now = {cell.field: cell.text for row in shown_rows(rows) for cell in row.cells}
    told = {name.removeprefix(_CELL): text for name, text in typed.items() if name[:5] == _CELL}
    return [
        (f"Row {typed['row']}, {field_label(field).lower()}", now.get(field, ""), text)
        for field, text in told.items()
        if text.strip() != now.get(field, "")
    ]


def _for_all(context: Mapping[str, Any], typed: Mapping[str, str]) -> list[Difference]:
    if "kind" in typed:  # a suggestion: nothing is typed
        return []
    pairs = [
        (f"{name.capitalize()} where a row names none", context["defaults"].get(name), typed[name])
        for name in ("customer", "profile")
        if name in typed
    ]
    for name, label in (("all_or_nothing", "All or nothing"), ("moves", "Move phones")):
        sent = "move_customers" if name == "moves" else name
        pairs.append((label, _yes(context[name]), _yes(sent in typed)))
    return [(label, now or "", text) for label, now, text in pairs if (now or "") != text]


def _of_sheets(
    upload: Import, preview: Preview, context: Mapping[str, Any], typed: Mapping[str, str]
) -> list[Difference]:
    if "kind" in typed:
        return []
    options = Options.from_json(upload.options)
    told = []
    for now, then in zip(
        context["sheets"],
        choices_of(preview.sheets, preview.plan.tables, options, typed),
        strict=True,
    ):
        told.append((f"{now.name}, header in row", now.header, then.header))
        told += [
            (f"{now.name}, {a.title}", field_label(a.field), field_label(b.field))
            for a, b in zip(now.columns, then.columns, strict=True)
        ]
        name = f"name-{now.index}"
        told.append(("Save this mapping as", "", typed.get(name, "")))
    return [one for one in told if one[1] != one[2]]


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
