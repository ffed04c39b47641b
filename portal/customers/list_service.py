"""Writing a list of customers, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal import audit
from portal.crypto import Sealer
from portal.customers import service, trust_service
from portal.errors import RuleBroken
from portal.imports.queries import batches
from portal.list_imports.kinds import Act, Sealed
from portal.list_imports.plan import Row
from portal.models import Customer, Profile
from portal.provision.levels import LAN, STANDARD


def seal(_sealer: Sealer, _rows: Iterable[Row]) -> Sealed:
    """Seal nothing: no list of customers holds a secret."""
    return {}


def store(act: Act, rows: Sequence[Row], _sealed: Sealed) -> None:
    """Store the rows that are new or changed. Raises RuleBroken."""
    profiles = {p.name: p for p in act.session.scalars(select(Profile))}
    _create(act, [row for row in rows if row.outcome == "new"], profiles)
    changed = {row.stored or 0: row for row in rows if row.outcome == "changed"}
    for customer in _customers(act, changed):
        new = {name: pair[1] for name, pair in changed[customer.id].changes.items()}
        _set(act, customer, profiles, new)


def _create(act: Act, rows: Sequence[Row], profiles: Mapping[str, Profile]) -> None:
    made = []
    for row in rows:
        told = row.values
        networks = _networks(told.get("networks", ""))
        profile = profiles.get(told.get("default_profile", ""))
        note = told.get("note", "")
        made.append(service.made_customer(act.sealer, told["name"], networks, profile, note))
    act.session.add_all(made)
    act.session.flush()
    for row, customer in zip(rows, made, strict=True):
        name = {"name": (None, customer.name)}
        audit.record(act.session, act.actor, "customer.create", customer, name)
        if (level := row.values.get("trust_level", STANDARD)) != STANDARD:
            trust_service.set_trust_level(act.session, act.actor, act.now, customer, level)


def _set(
    act: Act, customer: Customer, profiles: Mapping[str, Profile], new: Mapping[str, Any]
) -> None:
    """Change what `new` says, by the fields of a list. Raises RuleBroken."""
    until = new.get("until")

    def set_level() -> None:
        if "trust_level" in new:
            trust_service.set_trust_level(
                act.session, act.actor, act.now, customer, new["trust_level"], until
            )

    is_lan = new.get("trust_level") == LAN  # which needs its networks first
    if not is_lan:
        set_level()
    default = customer.default_profile
    if (told := new.get("default_profile")) is not None:
        default = profiles.get(told)
    networks = _networks(new["networks"]) if "networks" in new else customer.networks
    note = new.get("note", customer.note)
    service.update_customer(
        act.session, act.actor, customer, customer.name, networks, default, note
    )
    if is_lan:
        set_level()


def remove(act: Act, ids: Sequence[int]) -> None:
    """Delete customers that have nothing."""
    for customer in _customers(act, ids):
        service.delete_customer(act.session, act.actor, customer)
    act.session.flush()


def restore(act: Act, old: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """Give customers old values back, as the audit names them; returns why not, by customer."""
    profiles = {p.name: p for p in act.session.scalars(select(Profile))}
    kept: dict[int, str] = {}
    for customer in _customers(act, old):
        try:
            with act.session.begin_nested():
                _set(act, customer, profiles, _as_listed(old[customer.id], profiles, act.now))
        except RuleBroken as broken:
            kept[customer.id] = broken.message
    return kept


def _as_listed(
    old: Mapping[str, Any], profiles: Mapping[str, Profile], now: datetime
) -> dict[str, Any]:
    told = {name.replace(" ", "_"): value for name, value in old.items()}
    if "networks" in told:
        told["networks"] = ", ".join(told["networks"] or ())
    if "default_profile" in told:
        told["default_profile"] = told["default_profile"] or ""
        if told["default_profile"] and told["default_profile"] not in profiles:
            raise RuleBroken(f"Its profile {told['default_profile']} does not exist any more")
    if until := told.pop("until", None):
        told["until"] = datetime.fromisoformat(until)
        if told["until"] <= now:
            raise RuleBroken("The trust level that it had has ended meanwhile")
    return told


def _networks(text: str) -> list[str]:
    return text.split(", ") if text else []


def _customers(act: Act, ids: Iterable[int]) -> Iterator[Customer]:
    for some in batches(ids):
        found = select(Customer).where(Customer.id.in_(some)).order_by(Customer.name)
        yield from act.session.scalars(found.options(selectinload(Customer.default_profile))).all()
