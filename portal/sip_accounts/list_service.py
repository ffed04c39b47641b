"""Writing a list of SIP accounts, and taking it back: many rows with few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, inspect, select, update

from portal import audit, crypto
from portal.crypto import Sealer
from portal.customers import service as customers
from portal.imports.bulk import Inserter
from portal.imports.queries import batches
from portal.list_imports.kinds import Act, Sealed
from portal.list_imports.plan import Row
from portal.models import AuditEntry, Customer, Device, Port, SipAccount

_COLUMNS = (
    "user_name", "auth_name", "password_sealed", "display_name", "customer_id", "external_id",
    "is_enabled",
)  # fmt: skip
# A fact as a list calls it, and as service.py tells it to the audit.
_IN_AUDIT = {
    "user_name": "user name",
    "auth_name": "auth name",
    "display_name": "display name",
    "customer": "customer",
    "external_id": "external id",
    "enabled": "enabled",
}
_IN_LIST = {told: name for name, told in _IN_AUDIT.items()}
_NO_PASSWORD = "Its password was changed, and the one before is not kept"  # noqa: S105 # nosec B105


def seal(sealer: Sealer, rows: Iterable[Row]) -> Sealed:
    """Seal the passwords of rows, a random one for a new account without: takes 60 µs each."""
    return {
        row.place: sealer.seal(row.values.get("password") or crypto.new_password())
        for row in rows
        if row.outcome == "new" or "password" in row.changes
    }


def store(act: Act, rows: Sequence[Row], sealed: Sealed) -> None:
    """Store the rows that are new or changed. What the plan let pass breaks no rule."""
    _create(act, [row for row in rows if row.outcome == "new"], sealed)
    _change(act, [row for row in rows if row.outcome == "changed"], sealed)


def _create(act: Act, rows: Sequence[Row], sealed: Sealed) -> None:
    owners = _owners(act, {row.values["customer"] for row in rows} - {""})
    made = {}
    for row in rows:
        told, owner = row.values, owners.get(row.values["customer"].casefold())
        made[owner, told["user_name"]] = (
            told["user_name"],
            told.get("auth_name", ""),
            sealed[row.place],
            told.get("display_name", ""),
            owner,
            told.get("external_id", ""),
            told.get("enabled") != "no",
        )
    act.session.flush()
    newest = act.session.scalar(select(func.max(SipAccount.id))) or 0
    Inserter(act.session, SipAccount, _COLUMNS, {"created_at": act.now}).add(made.values())
    columns = select(SipAccount.id, SipAccount.customer_id, SipAccount.user_name)
    ids = {
        (c, user): n for n, c, user in act.session.execute(columns.where(SipAccount.id > newest))
    }
    _note(
        act,
        "account.create",
        (
            (
                ids[owners.get(row.values["customer"].casefold()), row.values["user_name"]],
                *_told(row),
            )
            for row in rows
        ),
    )


def _told(row: Row) -> tuple[str, dict[str, list[Any]]]:
    """Return name and changes for the audit entry of a new account."""
    told = {**row.values, "enabled": row.values.get("enabled") != "no"}
    changes = {_IN_AUDIT[n]: [None, told[n]] for n in _IN_AUDIT if told.get(n) not in (None, "")}
    return row.values["user_name"], changes


def _owners(act: Act, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of customers by name in lower case; those that are missing are made."""
    stored = act.session.execute(select(Customer.name, Customer.id))
    found = {name.casefold(): number for name, number in stored}
    for name in sorted(names):
        if name.casefold() not in found:
            made = customers.create_customer(act.session, act.actor, act.sealer, name)
            found[name.casefold()] = made.id
    return found


def _change(act: Act, rows: Sequence[Row], sealed: Sealed) -> None:
    changes: dict[int, dict[str, Any]] = {}
    entries = []
    for row in rows:
        number = row.stored or 0
        told = {name: _as_stored(name, new) for name, (_, new) in row.changes.items()}
        if told.pop("password", None):
            told |= {
                "password_sealed": sealed[row.place],
                "password_due_at": None,
                "password_due_reason": "",
            }
        changes[number] = {_column(name): value for name, value in told.items()}
        entries.append((number, row.values["user_name"], _audited(row.changes)))
    _update(act, changes)
    _note(act, "account.update", entries)


def _audited(changes: Mapping[str, Sequence[str]]) -> dict[str, list[Any]]:
    return {
        _IN_AUDIT.get(name, name): [None, audit.CHANGED]
        if name == "password"
        else [_as_stored(name, old), _as_stored(name, new)]
        for name, (old, new) in changes.items()
    }


def _update(act: Act, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Change columns of accounts, those with the same columns at once; tell their devices."""
    table = cast(Table, SipAccount.__table__)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for number, told in changes.items():
        values = {f"new_{column}": value for column, value in told.items()}
        groups.setdefault(tuple(sorted(told)), []).append({"own_id": number, **values})
    connection = act.session.connection()
    for columns, rows in groups.items():
        new = {column: bindparam(f"new_{column}", type_=table.c[column].type) for column in columns}
        statement = update(table).where(table.c.id == bindparam("own_id"))
        connection.execute(statement.values(**new, version=table.c.version + 1), rows)
    for some in batches(changes):
        on_ports = select(Port.device_id).where(Port.account_id.in_(some))
        act.session.execute(
            update(Device)
            .where(Device.id.in_(on_ports))
            .values(changed_at=act.now)
            .execution_options(synchronize_session=False)
        )
    own = {(number,) for number in changes}
    for loaded in act.session.identity_map.values():  # they do not know of it
        if isinstance(loaded, SipAccount) and inspect(loaded).identity in own:
            act.session.expire(loaded)


def remove(act: Act, ids: Sequence[int]) -> None:
    """Delete accounts that are on no port."""
    for some in batches(ids):
        told = [(number, facts["user_name"], facts) for number, facts in _facts(act, some).items()]
        gone = (
            (
                number,
                name,
                {_IN_AUDIT[k]: [v, None] for k, v in facts.items() if v not in ("", None)},
            )
            for number, name, facts in told
        )
        _note(act, "account.delete", gone)
        act.session.execute(
            delete(SipAccount)
            .where(SipAccount.id.in_(some))
            .execution_options(synchronize_session=False)
        )


def restore(act: Act, old: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """Give accounts old values back; returns why for those that have none to get."""
    changes: dict[int, dict[str, Any]] = {}
    entries: list[tuple[int, str, dict[str, list[Any]]]] = []
    kept: dict[int, str] = {}
    for some in batches(old):
        for number, facts in _facts(act, some).items():
            told = {_IN_LIST[name]: v for name, v in old[number].items() if name in _IN_LIST}
            if not told:
                kept[number] = _NO_PASSWORD
                continue
            changes[number] = {_column(name): value for name, value in told.items()}
            audited = {_IN_AUDIT[name]: [facts[name], value] for name, value in told.items()}
            entries.append((number, facts["user_name"], audited))
    _update(act, changes)
    _note(act, "account.update", entries)
    return kept


def _facts(act: Act, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    owner = select(Customer.name).where(Customer.id == SipAccount.customer_id).scalar_subquery()
    columns = select(
        SipAccount.id,
        SipAccount.user_name,
        SipAccount.auth_name,
        SipAccount.display_name,
        owner,
        SipAccount.external_id,
        SipAccount.is_enabled,
    )
    rows = act.session.execute(columns.where(SipAccount.id.in_(ids)))
    return {number: dict(zip(_IN_AUDIT, facts, strict=True)) for number, *facts in rows}


def _note(act: Act, action: str, entries: Iterable[tuple[int, str, Mapping[str, Any]]]) -> None:
    """Write audit entries (id, name, changes), as `audit.record` would one by one."""
    same = {
        "at": act.now,
        "actor": act.actor.name,
        "address": act.actor.address,
        "via": act.actor.via,
        "action": action,
        "object_type": "sip_account",
        "import_id": act.import_id,
    }
    Inserter(act.session, AuditEntry, ("object_id", "object_name", "changes"), same).add(entries)


def _column(name: str) -> str:
    return "is_enabled" if name == "enabled" else name


def _as_stored(name: str, text: str) -> Any:
    return text == "yes" if name == "enabled" else text
