"""What the page of one list shows: before the import its preview, after it the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import current_app, request
from sqlalchemy.orm import Session

from portal.customers import queries as customers
from portal.imports import results
from portal.imports.blueprint import discarded
from portal.imports.labels import HELD_BACK, OUTCOME_LABELS, OutcomeLabel
from portal.imports.page import Action, action_of, counters_of, pages_of, part_of, told
from portal.list_imports.choices import choices_of
from portal.list_imports.kinds import Kind
from portal.list_imports.plan import Plan
from portal.list_imports.previews import preview_of
from portal.list_imports.reading import Choices, LeftOut
from portal.list_imports.shown import KeptRow, fields_of, kept_row
from portal.models import Import
from portal.paging import page_number
from portal.security import current_user
from portal.values import counted


def labels_for(kind: Kind) -> dict[str, OutcomeLabel]:
    """Return how outcomes are called, with help that speaks of this kind of list."""
    helps = {
        "new": f"There is no such {kind.noun} yet",
        "changed": f"A known {kind.noun}, with other values",
        "unchanged": f"A known {kind.noun}, just like this",
        "duplicate": "Says the same as an earlier row",
        "conflict": f"Two rows say different things of one {kind.noun}",
        "error": "Held back until the list is corrected",
        "left_out": f"No row of {'an' if kind.noun[0] in 'aeiou' else 'a'} {kind.noun}",
    }
    return {name: OUTCOME_LABELS[name]._replace(help=text) for name, text in helps.items()}


def context_of(
    session: Session,
    kind: Kind,
    upload: Import,
    error: str = "",
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what templates/list_imports/show.html needs, and every partial of it.

    `typed` are choices that were refused, which the form shows again.
    """
    labels = labels_for(kind)
    outcome = request.values.get("outcome", "")
    outcome = outcome if outcome in labels else ""
    number = page_number(request.values.get("page"))
    shared = {"upload": upload, "error": error, "labels": labels, "outcome": outcome, "kind": kind}
    shared["discarded"] = discarded(upload)
    if upload.applied_at is not None:
        return shared | _result(session, kind, upload, outcome, number)
    return shared | _preview(session, kind, upload, outcome, number, typed)


def _preview(
    session: Session,
    kind: Kind,
    upload: Import,
    outcome: str,
    number: int,
    typed: Mapping[str, str] | None,
) -> dict[str, Any]:
    preview = preview_of(session, kind, current_app.extensions["sealer"], upload)
    plan, summary = preview.plan, preview.summary
    context: dict[str, Any] = {"is_result": False}
    if outcome == "left_out":
        pages = pages_of(number, len(plan.left_out))
        context["left_out"] = plan.left_out[part_of(pages)]
    else:
        rows = [row for row in plan.rows if row.outcome == outcome] if outcome else plan.rows
        pages = pages_of(number, len(rows))
        context["rows"] = [kept_row(row, kind.fields) for row in rows[part_of(pages)]]
    choices = Choices.from_json(upload.options)
    offered = customers.all_customers(session) if kind.takes_customer else []
    return context | {
        "plan": plan,
        "digest": preview.digest,
        "pages": pages,
        "fields": fields_of(plan, kind.fields),
        "counters": counters_of(summary),
        "action": _action(kind, plan, summary),
        "held": _held(summary),
        "random": _random_passwords(kind, plan),
        "unused": [] if plan.question else [n for table in plan.tables for n in table.unused()],
        "sheets": choices_of(plan.tables, kind.fields, typed),
        "customers": [customer.name for customer in offered],
        "customer": (typed or {}).get("customer", choices.customer),
        "several_sheets": len(plan.tables) > 1,
        "may_download": may_download(kind, upload, preview.plan.tables),
    }


def _result(
    session: Session, kind: Kind, upload: Import, outcome: str, number: int
) -> dict[str, Any]:
    result = upload.result or {}
    summary, total = result["summary"], results.count_of(result, outcome)
    pages = pages_of(number, total)
    context: dict[str, Any] = {"is_result": True}
    if outcome == "left_out":
        kept = results.left_out_at(session, upload.id, total, part_of(pages))
        context["left_out"] = [LeftOut(*entry) for entry in kept]
    else:
        kept = results.rows_at(session, upload.id, result, outcome, part_of(pages))
        context["rows"] = [KeptRow(*entry) for entry in kept]
    return context | {
        "result": result,
        "pages": pages,
        "fields": [kind.field(key) for key in result["fields"]],
        "counters": counters_of(summary),
        "undone": undone_sentence(kind, result.get("undone")),
        "done": told(summary["new"], summary["changed"], kind.noun),
        "held": _held(summary),
        "several_sheets": len(result["tables"]) > 1,
        "may_download": may_download(kind, upload, result["tables"]),
    }


def _action(kind: Kind, plan: Plan, summary: Mapping[str, int]) -> Action:
    action = action_of(summary, kind.noun)
    return replace(action, note="Choose the column first.") if plan.question else action


def _held(summary: Mapping[str, int]) -> int:
    return sum(summary[name] for name in HELD_BACK)


def _random_passwords(kind: Kind, plan: Plan) -> int:
    """Count the new rows that get a password nobody chose."""
    if not any(field.is_secret for field in kind.fields):
        return 0
    return sum(row.outcome == "new" and not row.values.get("password") for row in plan.rows)


def may_download(kind: Kind, upload: Import, tables: Any) -> bool:
    """May the person have the file again? One with passwords only who uploaded it."""
    secret = {field.key for field in kind.fields if field.is_secret}
    places = (t["places"] if isinstance(t, dict) else t.places for t in tables)
    has_secrets = any(secret & {*where} for where in places)
    return not has_secrets or upload.uploaded_by == current_user().name


def undone_sentence(kind: Kind, noted: Mapping[str, Any] | None) -> str:
    """Return what taking an import back did."""
    if not noted:
        return ""
    parts = [(noted["deleted"], kind.noun, "deleted"), (noted["restored"], kind.noun, "as before")]
    if kind.object_type != "customer":
        parts.append((noted["customers"], "customer", "deleted"))
    said = [f"{counted(count, noun)} {how}" for count, noun, how in parts if count]
    text = f"{', '.join(said)}." if said else "Nothing was left to take back."
    if noted["secrets"]:
        text += f" {secrets_sentence(noted['secrets'])}"
    return text


def secrets_sentence(count: int) -> str:
    """Return what cannot be taken back."""
    return (
        f"{counted(count, 'password')} of the list stay{'s' if count == 1 else ''}: the ones "
        "before are not kept."
    )
