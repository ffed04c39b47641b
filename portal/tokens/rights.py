"""What a token may do: its scopes, and never more than the role of its user. Pure, but for the
table of permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.models import ApiToken
from portal.security import PERMISSIONS, role_of


@dataclass(frozen=True)
class Scope:
    """`permissions` are keys of security.PERMISSIONS; `meaning` completes “A program may …”."""

    label: str
    meaning: str
    permissions: frozenset[str]


SCOPES: Mapping[str, Scope] = {
    "read": Scope(
        "Read",
        "read devices, accounts, customers and profiles; no passwords",
        frozenset({"device.view", "account.view", "customer.view", "profile.view"}),
    ),
    "devices": Scope(
        "Devices",
        "add, change, retire and delete devices, put accounts on ports, open set-up windows",
        frozenset({"device.view", "device.create", "device.edit", "device.delete", "window.open"}),
    ),
    "accounts": Scope(
        "SIP accounts",
        "add, change and delete SIP accounts",
        frozenset({"account.view", "account.edit"}),
    ),
    "customers": Scope(
        "Customers",
        "add, change and delete customers, also by importing a list that names new ones",
        frozenset({"customer.view", "customer.edit"}),
    ),
    "profiles": Scope(
        "Profiles",
        "change profiles and publish them, which changes every phone that has them",
        frozenset({"profile.view", "profile.edit", "profile.publish"}),
    ),
    "imports": Scope(
        "Imports",
        "upload lists, import them and take imports back",
        frozenset({"import.run", "import.discard"}),
    ),
    "secrets": Scope(
        "Secrets",
        "ask for a phone’s own address, and for uploaded lists that hold passwords",
        frozenset({"secret.show"}),
    ),
}


def may(token: ApiToken, permission: str) -> bool:
    """May a program with `token` do this: by a scope of it, and by its user's role as it is now?"""
    is_in_scope = any(permission in SCOPES[name].permissions for name in _known(token.scopes))
    return is_in_scope and role_of(token.user) in PERMISSIONS[permission]


def scopes_with(permission: str) -> list[str]:
    """Return the scopes that hold a permission."""
    return [name for name, scope in SCOPES.items() if permission in scope.permissions]


def offered_to(role: str) -> list[str]:
    """Return the scopes of use to a role: “read”, and those with something to do for it."""
    return [
        name
        for name, scope in SCOPES.items()
        if name == "read" or any(role in PERMISSIONS[what] for what in _deeds(scope))
    ]


def state_of(token: ApiToken, now: datetime) -> str:
    """Return ``in force``, or why the token is dead."""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= now:
        return "expired"
    return "in force" if token.user.is_enabled else "user disabled"


def _deeds(scope: Scope) -> Iterable[str]:
    return (name for name in scope.permissions if not name.endswith(".view"))


def _known(scopes: Iterable[str]) -> Iterable[str]:
    return (name for name in scopes if name in SCOPES)
