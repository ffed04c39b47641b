"""What the page of one upload shows: before the import its preview, after it the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from sqlalchemy.orm import Session

from portal.customers import queries as customers
from portal.imports import mapping_service, previews, results, service
from portal.imports.blueprint import discarded, may_discard, may_download
from portal.imports.choices import choices_of
from portal.imports.labels import HELD_BACK, KIND_LABELS, OUTCOME_LABELS, OutcomeLabel
from portal.imports.previews import LikeMacs, Preview
from portal.imports.read import Options
from portal.imports.shown import row_of_result, shown_left_out, shown_rows
from portal.models import Import
from portal.paging import Pages, page_number
from portal.profiles import queries as profiles
from portal.security import current_user
from portal.values import counted


@dataclass(frozen=True)
class Counter:
    """How many rows have an outcome; `key` "" is all of them."""

    key: str
    label: str
    count: int
    kind: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of suggestions, and how many rows wait for a yes to it."""

    key: str
    label: str
    count: int

    @property
    def rows(self) -> str:
        return counted(self.count, "row")


def context_of(
    session: Session, upload: Import, error: str = "", typed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what templates/imports/show.html needs, and every partial of it.

    `typed` are choices that were refused, which the form shows again.
    """
    outcome = request.values.get("outcome", "")
    outcome = outcome if outcome in OUTCOME_LABELS else ""
    number = page_number(request.values.get("page"))
    shared = {"upload": upload, "error": error, "labels": OUTCOME_LABELS, "outcome": outcome}
    if upload.is_job:
        return shared | job_context(upload)
    if upload.applied_at is not None:
        return shared | _result(session, upload, upload.result or {}, outcome, number)
    return shared | _preview(session, upload, outcome, number, typed)


def job_context(upload: Import) -> dict[str, Any]:
    """Return what templates/imports/_job.html needs: how far the job is, and when to ask again.

    `asked` counts how often the page has asked; it does so less and less often.
    """
    done, total = current_app.extensions["jobs"].progress(upload.id) or (0, 0)
    asked = min(request.args.get("asked", 0, type=int), 1_000)
    return {
        "is_result": False,
        "job": {"done": done, "total": total, "is_started": upload.started_at is not None},
        "asked": asked + 1,
        "wait_s": min(1 + max(asked, 0) // 15, 10),
    }


def _preview(
    session: Session,
    upload: Import,
    outcome: str,
    number: int,
    typed: Mapping[str, str] | None,
) -> dict[str, Any]:
    preview = previews.preview_of(session, upload)
    plan, summary = preview.plan, preview.summary
    options = Options.from_json(upload.options)
    context: dict[str, Any] = {"is_result": False}
    if outcome == "left_out":
        pages = pages_of(number, len(plan.left_out))
        context["left_out"] = shown_left_out(_slice(plan.left_out, pages), plan)
    else:
        rows = [row for row in plan.rows if row.outcome == outcome] if outcome else plan.rows
        pages = pages_of(number, len(rows))
        context["rows"] = shown_rows(_slice(rows, pages))
    is_all_or_nothing = service.is_all_or_nothing(upload)
    is_refused = is_all_or_nothing and plan.has_problems()
    return context | {
        "plan": plan,
        "preview": preview,
        "pages": pages,
        "counters": counters_of(summary),
        "sentence": like_macs_sentence(preview.like_macs),
        "action": action_of(summary, "device", is_refused),
        "held": sum(summary[name] for name in HELD_BACK),
        "kinds": _kinds(preview, options),
        "accepted": [Kind(kind, _kind_label(kind), 0) for kind in options.accept],
        "sheets": choices_of(preview.sheets, plan.tables, options, typed),
        "used_mappings": mapping_service.mappings_used(session, options),
        "named_mappings": mapping_service.named_mappings(session),
        "me": current_user().name,
        "may_discard": may_discard(upload),
        "discarded": discarded(upload),
        "several_sheets": len({table.sheet.name for table in plan.tables}) > 1,
        "defaults": typed or options.defaults,
        "moves": "move_customers" in typed if typed else options.move_customers,
        "all_or_nothing": "all_or_nothing" in typed if typed else is_all_or_nothing,
        "customers": [customer.name for customer in customers.all_customers(session)],
        "profiles": [profile.name for profile in profiles.all_profiles(session)],
    }


def _result(
    session: Session, upload: Import, result: Mapping[str, Any], outcome: str, number: int
) -> dict[str, Any]:
    context: dict[str, Any] = {"is_result": True}
    total = results.count_of(result, outcome)
    pages = pages_of(number, total)
    if outcome == "left_out":
        context["left_out"] = results.some_left_out(session, upload.id, total, part_of(pages))
    else:
        gone = ("new",) if result.get("undone") else ()
        rows = results.some_rows(session, upload.id, result, outcome, part_of(pages))
        context["rows"] = [row_of_result(kept, gone) for kept in rows]
    summary = result["summary"]
    return context | {
        "result": result,
        "pages": pages,
        "counters": counters_of(summary),
        "undone": undone_sentence(result.get("undone")),
        "done": told(summary["new"], summary["changed"], "device"),
        "stored": summary["new"] + summary["changed"],
        "held": sum(summary[name] for name in HELD_BACK),
        "several_sheets": len(result["tables"]) > 1,
        "may_download": may_download(session, upload),
    }


@dataclass(frozen=True)
class Action:
    """What the button does, in its own words; without `is_possible` why it does nothing."""

    label: str
    is_possible: bool
    note: str = ""


def action_of(summary: Mapping[str, int], noun: str, is_refused: bool = False) -> Action:
    """Return what importing now would do; `is_refused`: nothing, while rows are held back."""
    new, changed = summary["new"], summary["changed"]
    held = sum(summary[name] for name in HELD_BACK)
    rows = f"{counted(held, 'row')} {'is' if held == 1 else 'are'}"
    if is_refused:
        return Action("Import nothing", False, f"You chose all or nothing, and {rows} held back.")
    if not new + changed:
        why = f"{rows} held back." if held else "Nothing in the list is new or different."
        return Action("Nothing to import", False, why)
    note = f"{rows} held back and will not be imported." if held else ""
    return Action(f"Import {told(new, changed, noun)}", True, note)


def told(new: int, changed: int, noun: str) -> str:
    """Return “12 devices (10 new, 2 changed)”."""
    parts = [f"{count:,} {word}" for count, word in ((new, "new"), (changed, "changed")) if count]
    return f"{counted(new + changed, noun)} ({', '.join(parts)})" if parts else f"no {noun}s"


def undone_sentence(noted: Mapping[str, Any] | None) -> str:
    """Return what taking an import back did."""
    if not noted:
        return ""
    parts = [
        (noted["deleted"], "device", "deleted"),
        (noted["restored"], "device", "as before again"),
        (noted["accounts"], "SIP account", "deleted"),
        (noted["customers"], "customer", "deleted"),
    ]
    told = [f"{counted(count, noun)} {how}" for count, noun, how in parts if count]
    return f"{', '.join(told)}." if told else "Nothing was left to take back."


def like_macs_sentence(found: LikeMacs) -> str:
    """Return where the texts of the file went that look like a MAC; the numbers add up."""
    if not found.total:
        return ""
    parts = [f"{found.in_rows:,} {'is' if found.in_rows == 1 else 'are'} in the rows below"]
    if found.beside:
        parts.append(f"{found.beside:,} in other columns of those rows")
    parts.append(f"{found.left_out:,} left out" if found.left_out else "none is left out")
    looks = "cell looks" if found.total == 1 else "cells look"
    return f"{found.total:,} {looks} like a MAC: {', '.join(parts)}."


def counters_of(summary: Mapping[str, int]) -> list[Counter]:
    total = sum(count for outcome, count in summary.items() if outcome != "left_out")
    found = [Counter("", "All rows", total)]
    for outcome, label in OUTCOME_LABELS.items():
        if count := summary[outcome]:
            found.append(_counter(outcome, label, count))
    return found


def _counter(outcome: str, label: OutcomeLabel, count: int) -> Counter:
    return Counter(outcome, label.text, count, label.kind, label.icon)


def _kinds(preview: Preview, options: Options) -> list[Kind]:
    open_kinds = [(kind, n) for kind, n in preview.kinds.items() if kind not in options.accept]
    return [Kind(kind, _kind_label(kind), count) for kind, count in open_kinds]


def _kind_label(kind: str) -> str:
    return KIND_LABELS.get(kind, kind.replace("_", " "))


def pages_of(number: int, total: int) -> Pages:
    size = current_app.config["PORTAL"].rows_per_page
    return Pages(min(number, max(1, -(-total // size))), size, total)


def _slice(rows: Sequence[Any], pages: Pages) -> Sequence[Any]:
    return rows[part_of(pages)]


def part_of(pages: Pages) -> slice:
    return slice((pages.number - 1) * pages.size, pages.number * pages.size)
