"""What is the matter with a device, as SQL: the one place that decides it, for lists and pages.

`status.py` has the words. A new status gets a key in KEYS, a line in `_conditions` and words there;
where its column is not in the index ix_devices_status, let it be found by an index of its own
(`Device.id.in_(select(...))`), so that counting 100,000 devices still reads no rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from portal.models import Customer, Device, Profile, ProfileVersion, Site
from portal.models.base import UtcDateTime

# In the order tried: a device has the first that fits.
KEYS = ("retired", "locked", "reset", "no-model", "refused", "late", "pending", "ok", "stock",
        "waiting", "never")  # fmt: skip
# The same by how soon somebody has to do something about it.
URGENCY = ("locked", "reset", "refused", "no-model", "late", "never", "pending", "waiting", "ok",
           "stock", "retired")  # fmt: skip
_SEEN = {"pending", "ok"}
_NEVER_SEEN = {"stock", "waiting", "never"}
_MAX_PARENTS = 20
# The device's customer. A subquery, as a statement may join customers once more, and an alias
# would escape the limits of the person who asks.
_OWNER = select(
    Customer.id,
    Customer.default_profile_id,
    Customer.settings_changed_at,
    Customer.default_profile_changed_at,
).subquery("owner")
# A subquery as well: it is asked once, where a join would be for each device.
_SITE_AT = select(Site.settings_changed_at).where(Site.id == 1).scalar_subquery()


@dataclass(frozen=True)
class Standing:
    """How a device stands: one of KEYS, and when what it gets last changed, by what changed."""

    key: str
    changes: tuple[tuple[str, datetime | None], ...] = ()

    @property
    def is_behind(self) -> bool:
        return bool(self.changes)

    @property
    def latest(self) -> tuple[str, datetime]:
        """Return what changed last, and when; only for one that is behind."""
        known = [(at, what) for what, at in self.changes if at is not None]
        at, what = max(known)
        return what, at


class Conditions:
    """Expressions over the devices of a statement that `join` was given, as of `now`."""

    def __init__(self, now: datetime) -> None:
        self._chain = _profile_changes(now)
        self.behind = _behind(self._chain)
        self._by_key = _conditions(now, self.behind)
        self.place = _first_of(self._by_key, KEYS.index)
        self.urgency = _first_of(self._by_key, URGENCY.index)
        self._times = (
            Device.changed_at,
            self._chain.c.changed_at.label("profile_at"),
            _OWNER.c.settings_changed_at.label("customer_at"),
            case(
                (Device.profile_id.is_(None), _OWNER.c.default_profile_changed_at), else_=None
            ).label("default_at"),
            _SITE_AT.label("site_at"),
        )

    def join(self, statement: Select[Any]) -> Select[Any]:
        """Let a statement over devices see what the expressions need."""
        return statement.outerjoin(_OWNER, _OWNER.c.id == Device.customer_id).outerjoin(
            self._chain, self._chain.c.profile_id == effective_profile(_OWNER.c.default_profile_id)
        )

    def needs_join(self, key: str, is_behind: bool) -> bool:
        """Must a statement be joined that was narrowed so?"""
        return is_behind or key in _SEEN

    def narrow(self, found: Select[int], key: str, is_behind: bool) -> Select[int]:
        """Narrow a statement over devices to those with one of KEYS ("": any), or those behind.

        What `needs_join` says so has to be joined, too.
        """
        if key and key not in KEYS:
            return found.where(false())
        if is_behind:
            found = found.where(self.behind)
        if key:
            # What was never seen cannot be behind: only “ok” has to ask for that.
            earlier = [k for k in KEYS[: KEYS.index(key)] if key == "ok" or k not in _SEEN]
            found = found.where(self._by_key[key])
            if earlier:
                # One expression, which ends at the first that holds; unknown is not.
                found = found.where(case(*((self._by_key[k], 0) for k in earlier), else_=1) == 1)
        return found.where(Device.last_seen_at.is_(None)) if key in _NEVER_SEEN else found

    def standings(self, session: Session, ids: list[int]) -> dict[int, Standing]:
        """Return how devices stand, by id; one statement."""
        wanted = select(Device.id, self.place, case((self.behind, 1), else_=0), *self._times)
        rows = session.execute(self.join(wanted).where(Device.id.in_(ids)))
        return {row[0]: Standing(KEYS[row[1]], _changes(row[3:]) if row[2] else ()) for row in rows}


def standing_of(session: Session, device: Device, now: datetime) -> Standing:
    """Return how one device stands."""
    return Conditions(now).standings(session, [device.id])[device.id]


def count_by_status(session: Session, now: datetime) -> dict[str, int]:
    """Return how many devices there are of each of KEYS."""
    conditions = Conditions(now)
    # The offset keeps the database from deciding anew for each count; grouping would sort all.
    found = conditions.join(select(conditions.place.label("place")).select_from(Device))
    each = found.offset(0).subquery()
    counts = (func.count(case((each.c.place == place, 1))) for place, _ in enumerate(KEYS))
    return dict(zip(KEYS, session.execute(select(*counts)).one(), strict=True))


def effective_profile(default: Any) -> ColumnElement[int | None]:
    """Return the profile that a device has: its own, or the `default` of its customer."""
    return func.coalesce(Device.profile_id, default)


def _first_of(
    conditions: Mapping[str, ColumnElement[bool]], place_of: Callable[[str], int]
) -> ColumnElement[int]:
    """Return the number of the first of KEYS that holds; the last one always does."""
    *others, last = KEYS
    return case(*((conditions[key], place_of(key)) for key in others), else_=place_of(last))


def _changes(times: tuple[datetime | None, ...]) -> tuple[tuple[str, datetime | None], ...]:
    names = ("the device", "its profile", "its customer’s settings", "its customer’s profile",
             "the portal’s settings")  # fmt: skip
    return tuple(zip(names, times, strict=True))


def _behind(chain: Any) -> ColumnElement[bool]:
    """Has anything changed of what the phone gets since it last fetched?"""
    fetched = Device.last_fetched_at
    return and_(
        Device.state != "retired",
        Device.last_seen_at.is_not(None),
        or_(
            fetched.is_(None),
            fetched < Device.changed_at,
            fetched < chain.c.changed_at,
            fetched < _OWNER.c.settings_changed_at,
            and_(Device.profile_id.is_(None), fetched < _OWNER.c.default_profile_changed_at),
            fetched < _SITE_AT,
        ),
    )


def _conditions(now: datetime, behind: ColumnElement[bool]) -> dict[str, ColumnElement[bool]]:
    """Return the condition of each key; those before it in KEYS come first."""
    at = literal(now, UtcDateTime())
    seen = Device.last_seen_at
    return {
        "retired": Device.state == "retired",
        "locked": Device.locked_at.is_not(None),
        "reset": Device.reset_at.is_not(None),
        "no-model": Device.family == "",
        "refused": and_(
            Device.refused_at.is_not(None), or_(seen.is_(None), Device.refused_at > seen)
        ),
        "late": Device.late_at <= at,
        "pending": behind,
        "ok": seen.is_not(None),
        "stock": Device.state == "stock",
        "waiting": Device.window_until > at,
        "never": true(),
    }


def _profile_changes(now: datetime) -> Any:
    """Return a table of each profile, and when what it says with its parents last changed."""
    chain = select(
        Profile.id.label("profile_id"), Profile.id, Profile.parent_id, literal(0).label("depth")
    ).cte("chain", recursive=True)
    chain = chain.union_all(
        select(chain.c.profile_id, Profile.id, Profile.parent_id, chain.c.depth + 1)
        .join(chain, Profile.id == chain.c.parent_id)
        .where(chain.c.depth < _MAX_PARENTS)
    )
    changes = union_all(
        select(
            ProfileVersion.profile_id.label("id"), ProfileVersion.effective_at.label("at")
        ).where(ProfileVersion.effective_at <= literal(now, UtcDateTime())),
        select(Profile.id, Profile.parent_changed_at).where(Profile.parent_changed_at.is_not(None)),
    ).subquery()
    return (
        select(chain.c.profile_id, func.max(changes.c.at).label("changed_at"))
        .join(changes, changes.c.id == chain.c.id)
        .group_by(chain.c.profile_id)
        .cte("profile_changes")
    )
