"""Reading what a typed or scanned text means, kind by kind; a fixed count of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.devices.finding import by_mac, device_id, named_by
from portal.finding import holds
from portal.imports.macs import macs_in as whole_macs
from portal.imports.macs import read_mac
from portal.models import Customer, Device, Port, Profile, SipAccount, UnknownPhone
from portal.sip_accounts import queries as accounts
from portal.unknown_phones import queries as unknown_phones
from portal.vendors import FAMILIES

SHOWN = 6  # of each kind
COUNTED = 1_000  # more are not counted exactly

T = TypeVar("T")


@dataclass(frozen=True)
class Some(Generic[T]):
    """The best of what was found, and how many there are; COUNTED + 1: more than that.

    `ids`: of all that were counted.
    """

    items: Sequence[T]
    total: int
    ids: Sequence[int] = ()

    @property
    def all_ids(self) -> Sequence[int] | None:
        """Return the ids of all there are; None where they are too many to count."""
        return self.ids if self.total <= COUNTED else None


def macs_in(text: str) -> list[str]:
    """Return the MACs that a text is or holds, or may be where a letter looks like a digit."""
    if found := whole_macs(text):
        return found
    ouis = {oui for family in FAMILIES.values() for oui in family.ouis}
    reading = read_mac(text, ouis)
    return [reading.mac] if reading.mac else list(reading.suggestions[:4])


def exact_device(session: Session, text: str) -> str | None:
    """Return the MAC of the one device that `text` names in full, or by the last 4 to 6 digits.

    By MAC, serial, inventory id or device id; by a SIP account's user name if nothing else is
    called so; by the end of the MAC if only one ends so.
    """
    spellings = {text, text.upper(), text.lower()}
    named = or_(
        Device.mac.in_(macs_in(text)),
        Device.serial.in_(spellings),
        Device.inventory_id.in_(spellings),
        Device.id == (device_id(text) or 0),
    )
    on_it = (
        select(Port.device_id)
        .join(SipAccount, SipAccount.id == Port.account_id)
        .where(SipAccount.user_name == text)
    )
    ends = by_mac(text) if 4 <= len(text.strip()) <= 8 else None
    ways = [named, Device.id.in_(on_it), *([ends] if ends is not None else [])]
    found = session.execute(
        select(Device.mac, case((named, 0), else_=1)).where(or_(*ways)).limit(20)
    ).all()
    in_full = [mac for mac, rank in found if rank == 0]
    best = in_full or [mac for mac, _ in found]
    return best[0] if len(best) == 1 else None


def devices_named(
    session: Session, text: str, accounts: Sequence[int] | None = None
) -> Some[Device]:
    """Return devices; those whose MAC ends or begins with `text` first.

    `accounts` are the ids of all accounts that hold `text`, where they are known already.
    """
    found = select(Device.id).where(named_by(text, accounts))
    ids = list(session.scalars(found.limit(COUNTED + 1)))
    first, best = by_mac(text), []
    if first is not None:
        newest = select(Device.id).where(first).order_by(Device.id.desc())
        best = list(session.scalars(newest.limit(SHOWN)))
    known = set(best)
    rest = [one for one in ids if one not in known][: SHOWN - len(best)]
    best += sorted(rest, reverse=True)
    loaded = select(Device).options(
        selectinload(Device.customer), selectinload(Device.ports).selectinload(Port.account)
    )
    by_id = {one.id: one for one in session.scalars(loaded.where(Device.id.in_(best)))}
    return Some([by_id[one] for one in best if one in by_id], max(len(ids), len(best)))


def accounts_named(session: Session, text: str) -> Some[SipAccount]:
    """Return accounts, the shortest user name first, with the devices they are on."""

    def loaded(found: Select[SipAccount]) -> Select[SipAccount]:
        return found.options(
            selectinload(SipAccount.customer),
            selectinload(SipAccount.ports).selectinload(Port.device),
        )

    return _some(session, SipAccount, accounts.matching(accounts.Filters(text)), loaded)


def customers_named(session: Session, text: str) -> Some[Customer]:
    found = select(Customer).where(holds(Customer.name, text))
    return _some(session, Customer, found.order_by(func.length(Customer.name), Customer.name))


def profiles_named(session: Session, text: str) -> Some[Profile]:
    found = select(Profile).where(or_(holds(Profile.name, text), holds(Profile.description, text)))
    return _some(session, Profile, found.order_by(Profile.name))


def unknown_named(session: Session, text: str) -> Some[UnknownPhone]:
    found = unknown_phones.matching(unknown_phones.Filters(q=text, show="all"))
    return _some(session, UnknownPhone, found.order_by(UnknownPhone.last_at.desc()))


def _some(
    session: Session,
    model: type[T],
    found: Select[T],
    loaded: Callable[[Select[T]], Select[T]] = lambda found: found,
) -> Some[T]:
    """Return the first of `found`, in its order, and how many there are; two statements."""
    # Not the key that the mapper names: limits to customers hang on attributes of the class.
    key: Any = model.id  # type: ignore[attr-defined]
    ids = list(session.scalars(found.with_only_columns(key).limit(COUNTED + 1)))
    best = loaded(select(model, key).where(key.in_(ids[:SHOWN])))
    rows: Any = session.execute(best)
    by_id = {key: one for one, key in rows}
    return Some([by_id[one] for one in ids[:SHOWN] if one in by_id], len(ids), ids)
