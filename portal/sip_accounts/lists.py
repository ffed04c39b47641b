"""A list of SIP accounts: its fields, and what its rows come to beside what is stored. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from portal import values
from portal.imports.sheets import one_line
from portal.list_imports.fields import Field
from portal.list_imports.headers import yes_or_no
from portal.list_imports.plan import Row
from portal.list_imports.reading import Choices

FIELDS = (
    Field("user_name", "User name", values.parse_sip_user, 128, 18, is_code=True, is_kept=True,
          help="What stands before the @ in the SIP address. Each customer has one of a name."),
    Field("auth_name", "Auth name", values.parse_line, 128, 18, is_code=True,
          help="Only where it differs from the user name."),
    Field("password", "Password", values.parse_secret, 200, 22, is_code=True, is_secret=True,
          is_kept=True, help="Empty: a known account keeps its own, a new one gets a random one."),
    Field("display_name", "Display name", values.parse_line, 200, 28,
          help="Who calls, as the called see it."),
    Field("customer", "Customer", values.parse_line, 200, 24,
          help="Whose the account is; one that does not exist yet is made."),
    Field("external_id", "External ID", values.parse_line, 200, 20, is_code=True,
          help="What billing or the switch call it. With an empty user name it says which account "
          "is meant."),
    Field("enabled", "Enabled", yes_or_no, 20, 10, is_kept=True,
          help="yes or no; a new account is enabled unless it says no."),
)  # fmt: skip
KEYS = ("user_name", "external_id")
_COMPARED = ("auth_name", "display_name", "external_id", "enabled")
CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What is stored of an account. `customer` is "" for nobody's, `enabled` “yes” or “no”;
    `ports` counts where it is used."""

    id: int
    user_name: str
    customer: str = ""
    auth_name: str = ""
    display_name: str = ""
    external_id: str = ""
    enabled: str = "yes"
    password_sealed: str = ""
    ports: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """The accounts that a list may mean, by user name and by external id; and all customers."""

    users: Mapping[str, Sequence[AccountFacts]] = field(default_factory=dict)
    external_ids: Mapping[str, Sequence[AccountFacts]] = field(default_factory=dict)
    customers: Sequence[str] = ()


IsPassword = Callable[[AccountFacts, str], bool]


def compare(
    rows: Sequence[Row], known: Known, choices: Choices, is_password: IsPassword
) -> dict[int, AccountFacts]:
    """Find what each row is about, and what it changes; returns the accounts found, by id.

    `is_password` tells whether a password is the one that an account has.
    """
    names = {one_line(name).casefold(): name for name in known.customers}
    found: dict[int, AccountFacts] = {}
    for row in rows:
        owner = _owner(row, names, choices)
        if row.problems.keys() & {"user_name", "customer", "external_id"}:
            continue
        facts = _find(row, owner, known)
        if facts is None:
            if not row.problems:
                _prepare_new(row, owner or "", known)
        else:
            found[facts.id] = facts
            _compare(row, facts, is_password, known)
    return found


def _owner(row: Row, names: Mapping[str, str], choices: Choices) -> str | None:
    """Return whose the account is, as stored; "" for nobody, None where nothing says it."""
    told = row.values.get("customer", choices.customer or None)
    if not told:
        return told
    if stored := names.get(one_line(told).casefold()):
        row.values["customer"] = stored
    elif choices.may_add_customers:
        row.values["customer"] = told
        row.warnings += (f"There is no customer “{told}” yet: the import adds it",)
    else:
        row.problems["customer"] = (
            f"There is no customer “{told}”; create it first, or correct the name"
        )
    return row.values.get("customer")


def _find(row: Row, owner: str | None, known: Known) -> AccountFacts | None:
    """Return the account that a row means, None for a new one; notes where that is in doubt."""
    user, external = row.values.get("user_name"), row.values.get("external_id")
    if not user:
        return _by_external_id(row, owner, external or "", known)
    named = known.users.get(user, ())
    if owner is not None:
        return next((a for a in named if a.customer.casefold() == owner.casefold()), None)
    for facts in named:
        if not facts.customer:
            return facts
    same = [facts for facts in named if external and facts.external_id == external]
    if len(same) == 1:
        return same[0]
    if named:
        owners = _listed([facts.customer for facts in named])
        field = "customer" if "customer" in row.table.places else "user_name"
        row.problems[field] = (
            f"{user} is an account of {owners}; say whose this one is (-clear- for nobody’s)"
        )
    return None


def _by_external_id(
    row: Row, owner: str | None, external: str, known: Known
) -> AccountFacts | None:
    if not external:
        row.problems["user_name"] = "An account needs a user name"
        return None
    found = known.external_ids.get(external, ())
    if owner is not None:
        found = [facts for facts in found if facts.customer.casefold() == owner.casefold()]
    if len(found) == 1:
        row.values["user_name"] = found[0].user_name
        return found[0]
    if found:
        users = _listed([facts.user_name for facts in found])
        row.problems["external_id"] = f"{users} have this external id; write the user name too"
    else:
        row.problems["user_name"] = (
            f"There is no account with the external id {external}; a new one needs a user name"
        )
    return None


def _prepare_new(row: Row, owner: str, known: Known) -> None:
    user = row.values["user_name"]
    row.key = owner.casefold(), user
    row.values["customer"] = owner
    if row.values.get("auth_name") == user:
        row.values["auth_name"] = ""
    _warn_of_external_id(row, None, known)


def _compare(row: Row, facts: AccountFacts, is_password: IsPassword, known: Known) -> None:
    row.key = row.stored = facts.id
    row.values["customer"] = facts.customer
    if row.values.get("auth_name") == facts.user_name and not facts.auth_name:
        row.values["auth_name"] = ""  # says the same
    for name in _COMPARED:
        new, old = row.values.get(name), getattr(facts, name)
        if new is not None and new not in (old, one_line(old)):
            row.changes[name] = [old, new]
    if password := row.values.get("password"):
        if is_password(facts, password):
            del row.values["password"]
        else:
            row.changes["password"] = ["", CHANGED]
    if "external_id" in row.changes:
        _warn_of_external_id(row, facts, known)
    if row.changes.get("enabled") == ["yes", "no"] and facts.ports:
        where = "a port" if facts.ports == 1 else f"{facts.ports} ports"
        row.warnings += (f"It is on {where}, where it will not register any more",)


def _warn_of_external_id(row: Row, facts: AccountFacts | None, known: Known) -> None:
    external = row.values.get("external_id", "")
    others = [a for a in known.external_ids.get(external, ()) if external and a is not facts]
    if others:
        users = _listed([other.user_name for other in others])
        row.warnings += (f"{users} {'has' if len(others) == 1 else 'have'} this external id too",)


def _listed(names: Sequence[str]) -> str:
    """Return “Acme, Bravo and 3 more”."""
    first = sorted({name or "nobody" for name in names})
    more = f" and {len(first) - 3} more" if len(first) > 3 else ""
    return ", ".join(first[:3]) + more
