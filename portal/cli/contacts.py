"""``portal contact``."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli import main
from portal.cli.run import Answer, Work, command, existing
from portal.contacts import lists, queries, service
from portal.contacts.facts import ContactFacts
from portal.customers import queries as customers
from portal.errors import RuleBroken
from portal.imports.child import read_sheets
from portal.models import Customer


@main.group()
def contact() -> None:
    """Phone books of customers."""


@click.argument("customer")
@click.argument("name")
@click.option("--office", default="", help="Number at work.")
@click.option("--mobile", default="", help="Mobile number.")
@click.option("--other", default="", help="Another number.")
def add(work: Work, customer: str, name: str, office: str, mobile: str, other: str) -> Answer:
    """Add a contact to the phone book of a customer."""
    facts = ContactFacts(name, office, mobile, other)
    made = service.create_contact(work.session, work.actor, _customer(work, customer), facts)
    data = {"id": made.id, **vars(queries.facts_of(made))}
    return Answer(f"Added {made.name} to the phone book of {customer}.", data)


@click.argument("customer")
def list_(work: Work, customer: str) -> Answer:
    """List the contacts of a customer."""
    found = map(queries.facts_of, queries.all_contacts(work.session, _customer(work, customer)))
    data = [vars(facts) for facts in found]
    lines = ["\t".join(text for text in facts.values() if text) for facts in data]
    return Answer("\n".join(lines) or "No contacts yet.", data)


@click.argument("customer")
@click.argument("file", type=click.Path(path_type=Path))
def import_(work: Work, customer: str, file: Path) -> Answer:
    """Import a list with the columns Name, Office, Mobile and Other.

    Rows with a problem are left out, said, and make the exit code 1.
    """
    owner = _customer(work, customer)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RuleBroken(f"{file} cannot be read: {error.strerror}") from None
    rows = lists.rows_in(read_sheets(file.name, data))
    plan = lists.plan(rows, queries.by_name(work.session, owner))
    new, changed = [row.facts for row in plan.new], [change.facts for change in plan.changed]
    if plan.writes:
        service.import_contacts(work.session, work.actor, owner, new, changed)
    problems = [{"row": row.line, "problem": row.problem} for row in plan.problems]
    told = {
        "new": len(new),
        "changed": len(changed),
        "unchanged": len(plan.unchanged),
        "problems": problems,
    }
    said = f"{len(new)} new, {len(changed)} changed, {len(plan.unchanged)} unchanged."
    lines = [said, *(f"Row {row['row']}: {row['problem']}" for row in problems)]
    return Answer("\n".join(lines), told, exit_code=1 if problems else 0)


def _customer(work: Work, name: str) -> Customer:
    return existing("customer", name, customers.find_customer_named(work.session, name))


command(contact, "add")(add)
command(contact, "list", writes=False)(list_)
command(contact, "import")(import_)
