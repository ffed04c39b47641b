"""Writing SIP accounts: one function a verb; rules and audit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from portal import audit, crypto, values
from portal.audit import Actor
from portal.errors import RuleBroken, parsed
from portal.models import Customer, SipAccount
from portal.models.base import utc_now
from portal.sip_accounts import queries
from portal.sip_accounts.ranges import Planned
from portal.vendors import FAMILIES, carries
from portal.vendors.context import AccountView

_PASSWORD_CHANGED = {"password": (None, audit.CHANGED)}


def create_account(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    user_name: str,
    password: str | None = None,
    auth_name: str = "",
    display_name: str = "",
    customer: Customer | None = None,
    external_id: str = "",
) -> SipAccount:
    """Add an account; without a password a random one of 20 characters is made.

    Raises RuleBroken on the field that does not fit.
    """
    user_name = parsed("user_name", values.parse_sip_user, user_name)
    taken = {a.customer_id for a in queries.accounts_named(session, user_name)}
    if (customer.id if customer else None) in taken:
        owner = customer.name if customer else "no customer"
        raise RuleBroken(f"There is an account {user_name} of {owner} already", "user_name")
    account = _made(sealer, user_name, password, auth_name, display_name, customer, external_id)
    session.add(account)
    session.flush()
    audit.record(session, actor, "account.create", account, audit.diff({}, _facts(account)))
    return account


def create_range(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    planned: Iterable[Planned],
    customer: Customer | None,
) -> list[SipAccount]:
    """Add the accounts of a range that do not exist yet, each with a random password.

    Raises RuleBroken when all exist already.
    """
    made = [
        _made(sealer, one.user_name, None, "", one.display_name, customer, "")
        for one in planned
        if not one.exists
    ]
    if not made:
        raise RuleBroken("All of these accounts exist already: nothing is to be made", "users")
    session.add_all(made)
    session.flush()
    for account in made:
        audit.record(session, actor, "account.create", account, audit.diff({}, _facts(account)))
    return made


def _made(
    sealer: crypto.Sealer,
    user_name: str,
    password: str | None,
    auth_name: str,
    display_name: str,
    customer: Customer | None,
    external_id: str,
) -> SipAccount:
    return SipAccount(
        user_name=user_name,
        auth_name=_auth_name(auth_name),
        password_sealed=sealer.seal(_password(password) or crypto.new_password()),
        display_name=parsed("display_name", values.parse_line, display_name),
        customer=customer,
        external_id=parsed("external_id", values.parse_line, external_id),
        is_enabled=True,
    )


def update_account(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    account: SipAccount,
    *,
    auth_name: str,
    display_name: str,
    external_id: str,
    is_enabled: bool,
    password: str | None = None,
) -> None:
    """Change an account; its user name stays. Password None or empty: unchanged."""
    before = _facts(account)
    typed = AccountView(
        account.user_name,
        _auth_name(auth_name) or account.user_name,
        _password(password) or "",
        parsed("display_name", values.parse_line, display_name),
    )
    for port in account.ports:
        if known := FAMILIES.known(port.device.family, port.device.model):
            carries.check_account(*known, typed)
    account.auth_name = _auth_name(auth_name)
    account.display_name = parsed("display_name", values.parse_line, display_name)
    account.external_id = parsed("external_id", values.parse_line, external_id)
    account.is_enabled = is_enabled
    changes = audit.diff(before, _facts(account))
    if password:
        _set_password(account, sealer, _password(password) or "")
        changes |= _PASSWORD_CHANGED
    if changes:
        for port in account.ports:
            port.device.changed_at = utc_now()
        audit.record(session, actor, "account.update", account, changes)


def renew_password(
    session: Session, actor: Actor, sealer: crypto.Sealer, account: SipAccount
) -> None:
    """Give the account a new random password; its phones have it with their next file."""
    _set_password(account, sealer, crypto.new_password())
    audit.record(session, actor, "account.renew_password", account, _PASSWORD_CHANGED)


def keep_password(session: Session, actor: Actor, account: SipAccount) -> None:
    """Decide that the password needs no change after all."""
    if account.password_due_at is None:
        raise RuleBroken(f"The password of {account.user_name} is not due for a change")
    changes = {"due since": (account.password_due_at, None)}
    account.password_due_at, account.password_due_reason = None, ""
    audit.record(session, actor, "account.keep_password", account, changes)


def delete_account(session: Session, actor: Actor, account: SipAccount) -> None:
    """Delete an account that is on no port. Raises RuleBroken that says where it is."""
    if account.ports:
        places = ", ".join(
            f"{values.format_mac(p.device.mac)} port {p.number}" for p in account.ports
        )
        raise RuleBroken(f"{account.user_name} is on {places}; release it there first")
    audit.record(session, actor, "account.delete", account, audit.diff(_facts(account), {}))
    session.delete(account)


def show_password(
    session: Session, actor: Actor, sealer: crypto.Sealer, account: SipAccount
) -> str:
    """Return the password in the clear; who saw it, and when, stays in the audit."""
    audit.record(session, actor, "account.show_password", account, {})
    return sealer.open(account.password_sealed)


def view_of(account: SipAccount, sealer: crypto.Sealer) -> AccountView:
    """Return the account as a file shows it. Opens the password."""
    return AccountView(
        account.user_name,
        account.auth_name or account.user_name,
        sealer.open(account.password_sealed),
        account.display_name,
    )


def _set_password(account: SipAccount, sealer: crypto.Sealer, password: str) -> None:
    account.password_sealed = sealer.seal(password)
    account.password_due_at, account.password_due_reason = None, ""


def _facts(account: SipAccount) -> dict[str, Any]:
    return {
        "user name": account.user_name,
        "auth name": account.auth_name,
        "display name": account.display_name,
        "customer": account.customer.name if account.customer else None,
        "external id": account.external_id,
        "enabled": account.is_enabled,
    }


def _auth_name(text: str) -> str:
    return parsed("auth_name", values.parse_line, text)


def _password(text: str | None) -> str | None:
    return parsed("password", values.parse_secret, text) if text else None
