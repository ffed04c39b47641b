"""Files of an upload: the error workbook, the template, and whether one holds passwords."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.customers import queries as customers
from portal.imports import previews, results
from portal.imports.shown import is_secret, kept_rows, secret_places, tables_of
from portal.models import Import
from portal.profiles import queries as profiles
from portal.vendors import FAMILIES


def holds_secrets(session: Session, upload: Import) -> bool:
    """May the uploaded file hold passwords? True as long as nobody said what is in its columns."""
    if upload.result:
        tables = upload.result["tables"]
        return any(is_secret(name) for table in tables for name in table["places"])
    plan = previews.preview_of(session, upload).plan
    if plan.file_error:
        return True
    return any(secret_places(table.headers, table.places) for table in plan.tables)


def problems_workbook(session: Session, upload: Import) -> bytes:
    """Return the list with what is wrong where it is wrong. Raises SheetUnreadable."""
    from portal.imports import corrections  # openpyxl takes long to load

    sheets = previews.sheets_of(upload)
    if upload.result:
        tables, rows = upload.result["tables"], results.all_rows(session, upload.id)
    else:
        plan = previews.preview_of(session, upload).plan
        tables, rows = tables_of(plan), kept_rows(plan, {})
    layouts = {
        table["sheet"]: corrections.Layout(table["header"], table["places"]) for table in tables
    }
    marks = {
        (row.sheet, row.number): corrections.Correction(
            row.outcome, row.problem or "; ".join(row.warnings), row.fields, row.fixes
        )
        for row in rows
    }
    return corrections.workbook_of(sheets, layouts, marks)


def problems_name(upload: Import) -> str:
    """Return what the error workbook is called."""
    return f"{upload.filename.rpartition('.')[0] or upload.filename} - problems.xlsx"


def template_workbook(session: Session) -> bytes:
    """Return the template, with the names that exist now to choose from."""
    from portal.imports import template  # openpyxl takes long to load

    return template.template_workbook(
        FAMILIES,
        [customer.name for customer in customers.all_customers(session)],
        [profile.name for profile in profiles.all_profiles(session)],
    )
