"""``portal import``."""

from __future__ import annotations

from pathlib import Path

import click

from portal import values
from portal.cli import main
from portal.cli.run import Answer, Work, command
from portal.errors import RuleBroken
from portal.imports import previews, service
from portal.imports.by_name import Asked, options_of, use_mapping
from portal.imports.plan import Plan
from portal.imports.shown import told_json


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
    asked = Asked(sheets, columns, mapping, customer, profile, accept)
    options = options_of(work.session, asked, may_add_customers=True)
    upload = service.keep_upload(work.session, work.actor, file.name, data, options, work.now)
    use_mapping(work.session, upload, mapping)
    found = previews.preview_of(work.session, upload)
    plan = found.plan
    if plan.file_error:
        work.session.rollback()
        return Answer(f"Error: {plan.file_error}", told_json(plan), exit_code=2)
    result = told_json(plan)
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
