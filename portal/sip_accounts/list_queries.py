"""Reading what a list of SIP accounts is compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.crypto import Sealer
from portal.errors import RuleBroken
from portal.imports.queries import batches
from portal.list_imports.plan import Row
from portal.list_imports.reading import Choices
from portal.models import Customer, Device, Port, SipAccount
from portal.sip_accounts import lists
from portal.sip_accounts.lists import AccountFacts, Known
from portal.vendors import FAMILIES, carries
from portal.vendors.context import AccountView

# What a phone's file shows of an account; the others need no look at its phones.
_IN_FILES = {"auth_name", "display_name", "password"}


def compare(session: Session, sealer: Sealer, rows: Sequence[Row], choices: Choices) -> None:
    """Find what each row of a list is about, and what it changes."""

    def is_password(facts: AccountFacts, password: str) -> bool:
        return sealer.open(facts.password_sealed) == password

    found = lists.compare(rows, _known(session, rows), choices, is_password)
    on_ports = [row for row in rows if row.stored in found and found[row.stored].ports]
    _check_files(session, [row for row in on_ports if _to_check(row)], found)


def _known(session: Session, rows: Iterable[Row]) -> Known:
    users: set[str] = set()
    external_ids: set[str] = set()
    for row in rows:
        if user := row.values.get("user_name"):
            users.add(user)
        if external := row.values.get("external_id"):
            external_ids.add(external)
    return Known(
        _by(session, SipAccount.user_name, users, "user_name"),
        _by(session, SipAccount.external_id, external_ids, "external_id"),
        list(session.scalars(select(Customer.name))),
    )


def _by(
    session: Session, column: InstrumentedAttribute[str], texts: Collection[str], name: str
) -> dict[str, list[AccountFacts]]:
    """Return the accounts with one of `texts` in a column, by that."""
    uses = select(func.count()).select_from(Port).where(Port.account_id == SipAccount.id)
    columns = (
        SipAccount.id,
        SipAccount.user_name,
        Customer.name,
        SipAccount.auth_name,
        SipAccount.display_name,
        SipAccount.external_id,
        SipAccount.is_enabled,
        SipAccount.password_sealed,
        uses.scalar_subquery(),
    )
    found: dict[str, list[AccountFacts]] = {}
    for some in batches(texts):
        statement = select(*columns).outerjoin(Customer, Customer.id == SipAccount.customer_id)
        rows = session.execute(statement.where(column.in_(some)).order_by(SipAccount.id))
        for number, user, customer, auth, display, external, is_enabled, sealed, ports in rows:
            enabled = "yes" if is_enabled else "no"
            facts = AccountFacts(
                number, user, customer or "", auth, display, external, enabled, sealed, ports
            )
            found.setdefault(getattr(facts, name), []).append(facts)
    return found


def _to_check(row: Row) -> list[str]:
    """Return the fields that change and that a phone's file may not be able to hold."""
    new = {name: row.values.get(name, "") for name in row.changes.keys() & _IN_FILES}
    return sorted(name for name, text in new.items() if not carries.is_plain(text))


def _check_files(session: Session, rows: Sequence[Row], found: Mapping[int, AccountFacts]) -> None:
    """Note where the files of an account's phones cannot hold what a row says."""
    models = _models_of(session, [row.stored for row in rows if row.stored])
    for row in rows:
        facts, told = found[row.stored or 0], row.values
        typed = AccountView(
            facts.user_name,
            told.get("auth_name", facts.auth_name) or facts.user_name,
            told.get("password", ""),
            told.get("display_name", facts.display_name),
        )
        for family, model in models.get(facts.id, ()):
            try:
                if known := FAMILIES.known(family, model):
                    carries.check_account(*known, typed, _to_check(row))
            except RuleBroken as broken:
                row.problems[broken.field or "user_name"] = broken.message


def _models_of(session: Session, account_ids: Iterable[int]) -> dict[int, set[tuple[str, str]]]:
    """Return family and model of the devices that accounts are on, by account."""
    found: dict[int, set[tuple[str, str]]] = {}
    for some in batches(account_ids):
        statement = select(Port.account_id, Device.family, Device.model).join(
            Device, Device.id == Port.device_id
        )
        for number, family, model in session.execute(statement.where(Port.account_id.in_(some))):
            found.setdefault(number or 0, set()).add((family, model))
    return found


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the user names of those accounts that exist."""
    found: dict[int, str] = {}
    for some in batches(ids):
        columns = select(SipAccount.id, SipAccount.user_name)
        found.update(session.execute(columns.where(SipAccount.id.in_(some))).all())
    return found


def in_use(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return why an account cannot be deleted, of those that cannot."""
    found: dict[int, str] = {}
    for some in batches(ids):
        used = select(Port.account_id).where(Port.account_id.in_(some)).distinct()
        found |= dict.fromkeys(session.scalars(used), "It is on a port of a device")
    return found
