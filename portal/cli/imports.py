"""``portal import``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from portal import values
from portal.cli import main
from portal.cli.profiles import pairs
from portal.cli.run import Answer, Work, command, existing
from portal.customers import queries as customers
from portal.errors import RuleBroken, SheetUnreadable
from portal.imports import mapping_service, mappings, previews, service
from portal.imports.plan import Plan, as_json
from portal.imports.read import Options
from portal.models import Import
from portal.profiles import queries as profiles


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@click.option("--customer", default="", help="Customer of rows that name none.")
@click.option("--profile", default="", help="Profile of rows that name none.")
@click.option("--sheet", "sheets", multiple=True, help="Read this sheet only.")
@click.option("--map", "columns", multiple=True, metavar="COLUMN=FIELD", help="What a column is.")
@click.option("--mapping", default="", help="Columns as saved under this name.")
@click.option("--all-or-nothing", is_flag=True, help="Import nothing while any row is held back.")
@click.option("--accept", multiple=True, metavar="KIND", help="Take suggestions of this kind.")
def import_(
    work: Work,
    file: Path,
    dry_run: bool,
    customer: str,
    profile: str,
    sheets: tuple[str, ...],
    columns: tuple[str, ...],
    mapping: str,
    all_or_nothing: bool,
    accept: tuple[str, ...],
) -> Answer:
    """Import a spreadsheet of devices. Exit code 1: some rows are held back; 2: file refused."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RuleBroken(f"{file} cannot be read: {error.strerror}") from None
    defaults = {"customer": customer, "profile": profile}
    options = Options(
        columns={"": {field: column for column, field in pairs(columns).items()}},
        sheets=sheets,
        defaults={name: text for name, text in defaults.items() if text},
        accept=accept,
        may_add_customers=True,
    )
    _check_defaults(work, customer, profile)
    upload = service.keep_upload(work.session, work.actor, file.name, data, options, work.now)
    if mapping:
        _use_mapping(work, upload, options, mapping)
    found = previews.preview_of(work.session, upload)
    plan = found.plan
    if plan.file_error:
        work.session.rollback()
        return Answer(f"Error: {plan.file_error}", as_json(plan), exit_code=2)
    result = as_json(plan)
    held = plan.has_problems()
    if dry_run or (all_or_nothing and held):
        work.session.rollback()
    else:
        applied = service.apply_upload(
            work.session,
            work.actor,
            work.sealer,
            work.config,
            work.now,
            upload,
            found.digest,
            ready=found,
        )
        result = service.result_of(plan, applied)
        held = held or any(row["outcome"] == "error" for row in result["rows"])
    nothing = dry_run or (all_or_nothing and held)
    return Answer(_text(plan, result, nothing), result, exit_code=1 if held else 0)


def _use_mapping(work: Work, upload: Import, options: Options, name: str) -> None:
    """Choose the columns of a mapping for the list; what --map says goes before it."""
    found = existing("mapping", name, mapping_service.find_named(work.session, name))
    try:
        sheets = previews.sheets_of(upload)
    except SheetUnreadable:
        return  # the plan says so
    made = mappings.with_named(options, sheets, found, name)
    by_hand = options.columns[""]
    columns = {sheet: {**told, **by_hand} for sheet, told in made.columns.items() if sheet}
    upload.options = replace(made, columns={**columns, "": by_hand}).as_json()


def _check_defaults(work: Work, customer: str, profile: str) -> None:
    """Names given by hand must exist; those in rows may be new."""
    if customer:
        found = customers.find_customer_named(work.session, customer)
        existing("customer", customer, found)
    if profile:
        existing("profile", profile, profiles.find_profile_named(work.session, profile))


def _text(plan: Plan, result: dict[str, object], nothing: bool) -> str:
    summary = plan.summary()
    counted = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in summary.items() if count
    )
    lines = [("Would do: " if nothing else "Imported: ") + (counted or "no rows")]
    lines += [f"Question: {question}" for question in plan.questions]
    rows = result["rows"]
    assert isinstance(rows, list)  # noqa: S101 - for the type checker
    for row in rows:
        if row["problem"]:
            mac = values.format_mac(row["mac"]) if row["mac"] else ""
            lines.append(
                f"{row['sheet']} row {row['row']}: {mac} {row['problem']}".replace("  ", " ")
            )
    return "\n".join(lines)


command(main, "import")(import_)
