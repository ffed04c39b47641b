"""``portal export``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import click

from portal import audit, spreadsheets
from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.customers import exports as customer_exports
from portal.customers import queries as customers
from portal.devices import exports as device_exports
from portal.devices.filters import Filters
from portal.errors import RuleBroken
from portal.extensions import begin_write
from portal.sip_accounts import exports as account_exports
from portal.sip_accounts.queries import Filters as AccountFilters
from portal.spreadsheets import Listing
from portal.values import counted


@main.group()
def export() -> None:
    """Lists as files: .csv or .xlsx by the name, - for CSV on standard output."""


@click.argument("file")
@click.option("--customer", default="", help="Only those of this customer.")
@click.option("--search", default="", help="Only those that the search of the list finds.")
def devices(work: Work, file: str, customer: str, search: str) -> Answer:
    """Write the inventory, in the form that `portal import` reads."""
    filters = Filters(q=search, customer_id=_customer(work, customer))
    told = {"q": search, "customer": customer}
    found = device_exports.listing(work.session, filters, with_pin=True)
    return _exported(work, found, file, "device.export", told)


@click.argument("file")
@click.option("--customer", default="", help="Only those of this customer.")
@click.option("--search", default="", help="Only those that the search of the list finds.")
def accounts(work: Work, file: str, customer: str, search: str) -> Answer:
    """Write the SIP accounts, without passwords."""
    found = account_exports.listing(work.session, AccountFilters(search, _customer(work, customer)))
    told = {"q": search, "customer": customer}
    return _exported(work, found, file, "account.export", told)


@click.argument("file")
@click.option("--search", default="", help="Only those whose name holds this.")
def customers_(work: Work, file: str, search: str) -> Answer:
    """Write the customers."""
    found = customer_exports.listing(work.session, search)
    return _exported(work, found, file, "customer.export", {"q": search})


def _customer(work: Work, name: str) -> int | None:
    if not name:
        return None
    return existing("customer", name, customers.find_customer_named(work.session, name)).id


def _exported(
    work: Work, found: Listing, file: str, action: str, filters: dict[str, str]
) -> Answer:
    if file == "-":
        if click.get_current_context().params.get("as_json"):
            raise RuleBroken("With --json name a file: both would go to standard output")
        count = spreadsheets.write(found, "csv", sys.stdout.buffer)
    else:
        count = _write(found, Path(file))
    work.session.commit()  # ends the read; nobody waits while a long list is written
    begin_write()
    audit.record_export(work.session, work.actor, action, file, count, filters)
    text = "" if file == "-" else f"Wrote {counted(count, 'row')} to {file}."
    return Answer(text, {"file": file, "rows": count})


def _write(found: Listing, path: Path) -> int:
    """Write the file whole or not at all; only its owner can read it."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in spreadsheets.KINDS:
        raise RuleBroken(f"“{path.name}” must end in .csv or .xlsx, or be - for standard output")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as target:
            try:
                count = spreadsheets.write(found, kind, cast(BinaryIO, target))
                target.close()
                os.replace(target.name, path)
            except BaseException:
                Path(target.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise RuleBroken(f"{path} cannot be written: {error.strerror}") from None
    return count


command(export, "devices", writes=False)(devices)
command(export, "accounts", writes=False)(accounts)
command(export, "customers", writes=False)(customers_)
