"""What is shown of a search: groups of hits, each hit a link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from portal.catalogue import found as catalogue
from portal.models import Customer, Device, Profile, SipAccount, UnknownPhone
from portal.search import queries
from portal.search.queries import COUNTED, SHOWN
from portal.security import can
from portal.values import counted, format_mac
from portal.vendors import FAMILIES

LEAST = 2  # characters


@dataclass(frozen=True)
class Hit:
    """One line; `is_mac`: its title is a MAC."""

    url: str
    title: str
    more: str = ""
    is_mac: bool = False


@dataclass(frozen=True)
class Group:
    """Hits of one kind; `all_url` leads to all `total` of them in their list."""

    key: str
    label: str
    icon: str
    place: str
    hits: list[Hit]
    total: int
    all_url: str

    @property
    def count(self) -> str:
        return f"more than {COUNTED:,}" if self.total > COUNTED else f"{self.total:,}"


def groups_of(session: Session, text: str) -> list[Group]:
    """Return what `text` finds, of the kinds that the signed-in user may see."""
    made = []
    accounts = queries.accounts_named(session, text) if can("account.view") else None
    if can("device.view"):
        made += [_devices(session, text, accounts.all_ids if accounts else None)]
    if accounts:
        made += [_accounts(accounts, text)]
    if can("customer.view"):
        found = queries.customers_named(session, text)
        hits = [_customer(one) for one in found.items]
        all_url = url_for("customers.index", q=text)
        made += [
            Group("customers", "Customers", "building", "customers", hits, found.total, all_url)
        ]
    if can("profile.view"):
        profiles = queries.profiles_named(session, text)
        hits = [_profile(one) for one in profiles.items]
        all_url = url_for("profiles.index", q=text)
        made += [Group("profiles", "Profiles", "layers", "profiles", hits, profiles.total, all_url)]
    if can("device.view"):
        made += [_unknown(session, text)]
    if can("family.view"):
        made += [_models(text)]
    return [group for group in made if group.total]


def _devices(session: Session, text: str, accounts: Sequence[int] | None) -> Group:
    found = queries.devices_named(session, text, accounts)
    hits = [_device(one) for one in found.items]
    all_url = url_for("devices.index", q=text)
    return Group("devices", "Devices", "phone", "the inventory", hits, found.total, all_url)


def _device(device: Device) -> Hit:
    users = [port.account.user_name for port in device.ports if port.account]
    more = _joined(
        device.description,
        device.model,
        device.customer.name if device.customer else "in stock",
        ", ".join(users[:3]) + (" …" if len(users) > 3 else ""),
        device.inventory_id,
    )
    return Hit(_url_of(device.mac), format_mac(device.mac), more, True)


def _url_of(mac: str) -> str:
    """Return the address of a device, at its ports: from there the next Tab goes on."""
    return url_for("devices.show", mac=mac, _anchor="ports")


def _accounts(found: queries.Some[SipAccount], text: str) -> Group:
    hits = [_account(one) for one in found.items]
    all_url = url_for("sip_accounts.index", q=text)
    return Group("accounts", "Accounts", "at", "accounts", hits, found.total, all_url)


def _account(account: SipAccount) -> Hit:
    """Lead to the device that the account is on: that is what people look for."""
    port = account.ports[0] if account.ports else None
    place = f"port {port.number} of {format_mac(port.device.mac)}" if port else "free"
    more = _joined(account.display_name, account.customer.name if account.customer else "", place)
    if port:
        url = _url_of(port.device.mac)
    elif can("account.edit"):
        url = url_for("sip_accounts.edit", account_id=account.id)
    else:
        url = url_for("sip_accounts.index", q=account.user_name)
    return Hit(url, account.user_name, more)


def _customer(customer: Customer) -> Hit:
    return Hit(url_for("customers.show", customer_id=customer.id), customer.name)


def _profile(profile: Profile) -> Hit:
    return Hit(
        url_for("profiles.show", profile_id=profile.id), profile.name, profile.description or ""
    )


def _unknown(session: Session, text: str) -> Group:
    found = queries.unknown_named(session, text)
    hits = [_unknown_phone(one) for one in found.items]
    all_url = url_for("unknown_phones.index", q=text, show="all")
    return Group("unknown", "Unknown phones", "info", "unknown phones", hits, found.total, all_url)


def _unknown_phone(one: UnknownPhone) -> Hit:
    title = format_mac(one.mac) if one.mac else f"asks for {one.placeholder}"
    family = FAMILIES.get(one.family)
    guessed = " ".join(filter(None, [family.vendor if family else "", one.model]))
    customer = one.customer.name if one.customer else ""
    url = url_for("unknown_phones.index", q=one.mac or one.address, show="all")
    return Hit(url, title, _joined(guessed, customer, one.address), bool(one.mac))


def _models(text: str) -> Group:
    hits = []
    for vendor, rows in catalogue.find(FAMILIES, text, {}).items():
        for row in rows:
            url = url_for("catalogue.show", key=row.family.key)
            if not row.models:
                hits.append(Hit(url, row.family.label))
            for model in row.models:
                anchor = f"{url}#model-{model.name.replace(' ', '-')}"
                hits.append(Hit(anchor, f"{vendor} {model.name}", counted(model.ports, "port")))
    all_url = url_for("catalogue.index", q=text)
    return Group("models", "Models", "book", "the catalogue", hits[:SHOWN], len(hits), all_url)


def _joined(*texts: str | None) -> str:
    return " · ".join(filter(None, texts))


def only_hit(groups: Sequence[Group], text: str) -> str | None:
    """Return where the one hit leads that is called `text` in full, if nothing else was found."""
    if len(groups) != 1 or groups[0].total != 1:
        return None
    hit = groups[0].hits[0]
    return hit.url if hit.title.casefold() == text.casefold() else None


def count_of(groups: Iterable[Group]) -> int:
    return sum(len(group.hits) for group in groups)
