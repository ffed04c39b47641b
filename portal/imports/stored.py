"""What rows refer to: customers, profiles, accounts; made where the plan allows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.audit import Actor
from portal.crypto import Sealer
from portal.customers import service as customers
from portal.errors import RuleBroken
from portal.imports.queries import batches
from portal.imports.validate import Row
from portal.models import Customer, Port, Profile, SipAccount
from portal.sip_accounts import service as accounts
from portal.vendors import FAMILIES


class Stored:
    """Loaded once for all rows. What is missing and may be made is made by `actor`."""

    def __init__(self, session: Session, actor: Actor, sealer: Sealer, rows: Sequence[Row]) -> None:
        self._session, self._actor, self._sealer = session, actor, sealer
        self._customers = {c.name.casefold(): c for c in session.scalars(select(Customer))}
        self._profiles = {profile.name: profile for profile in session.scalars(select(Profile))}
        self._accounts: dict[tuple[int | None, str], SipAccount] = {}
        users = {
            port["account"]
            for row in rows
            for port in row.values.get("ports", {}).values()
            if port.get("account")
        }
        for some in batches(users):
            for account in session.scalars(
                select(SipAccount)
                .where(SipAccount.user_name.in_(some))
                .options(
                    selectinload(SipAccount.customer),
                    selectinload(SipAccount.ports).selectinload(Port.device),
                )
            ):
                self._accounts[account.customer_id, account.user_name] = account

    def makes_nothing(self, row: Row) -> bool:
        """Can nothing be made for `row`, so that nothing must be taken back if it fails?"""
        name = row.values.get("customer", "")
        return not row.values.get("ports") and (not name or name.casefold() in self._customers)

    def forget(self) -> None:
        """Drop what was made for a row that failed and was taken back with it."""
        self._customers = {k: made for k, made in self._customers.items() if made in self._session}
        self._accounts = {k: made for k, made in self._accounts.items() if made in self._session}

    def customer(self, name: str) -> Customer | None:
        """Return the customer of that name; the plan has let new ones pass, so they are made."""
        key = name.casefold()
        if name and key not in self._customers:
            made = customers.create_customer(self._session, self._actor, self._sealer, name)
            self._customers[key] = made
        return self._customers.get(key)

    def profile(self, name: str) -> Profile | None:
        """Return the profile of that name."""
        return self._profiles.get(name)

    def owner_and_profile(self, row: Row) -> tuple[Customer | None, Profile | None]:
        """Return what a new device gets. Raises RuleBroken for a profile of another family."""
        profile = self.profile(row.values.get("profile", ""))
        if profile and profile.family and profile.family != row.family:
            raise RuleBroken(
                f"Profile {profile.name} is for {FAMILIES[profile.family].label}; "
                f"{row.values.get('model') or 'a device without model'} is not",
                "profile",
            )
        return self.customer(row.values.get("customer", "")), profile

    def ports_of(
        self, row: Row, owner: Customer | None
    ) -> list[tuple[int, SipAccount | None, str]]:
        """Return (number, account, label) for the ports that a row fills."""
        filled = []
        for number, port in sorted(row.values.get("ports", {}).items()):
            account = None
            if user := port.get("account"):
                account = self.account(user, port, row, owner)
            if account is not None or port.get("label"):
                filled.append((number, account, port.get("label", "")))
        return filled

    def account(self, user: str, port: Any, row: Row, owner: Customer | None) -> SipAccount:
        """Return the account that a row names, made where it is missing and has a password."""
        own = owner.id if owner else None
        found = self._accounts.get((own, user)) or self._accounts.get((None, user))
        if found is None and owner is None:
            found = next((a for (_, name), a in self._accounts.items() if name == user), None)
        if found is not None:
            return found
        if not port.get("password"):
            raise RuleBroken(
                f"There is no account {user} of this customer, and no password for one"
            )
        made = accounts.create_account(
            self._session,
            self._actor,
            self._sealer,
            user,
            port["password"],
            display_name=port.get("name") or row.values.get("name", ""),
            customer=owner,
        )
        self._accounts[own, user] = made
        return made


def owner_with(owner: Customer | None, on_ports: Sequence[SipAccount]) -> Customer | None:
    """Return whose device it is, with these accounts on it: as `devices.assign_port` has it."""
    for account in on_ports:
        if not account.is_enabled:
            raise RuleBroken(f"Account {account.user_name} is disabled; enable it first", "account")
        owner = owner or account.customer
        if account.customer not in (None, owner):
            raise RuleBroken(
                f"Account {account.user_name} belongs to {account.customer.name}, "
                f"the device to {owner.name if owner else 'nobody'}",
                "account",
            )
    return owner
