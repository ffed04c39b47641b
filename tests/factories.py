"""Makers of things that tests need: plain functions with sensible defaults."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from flask import current_app
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.contacts import service as contacts
from portal.contacts.facts import ContactFacts
from portal.customers import service as customers
from portal.devices import port_service
from portal.devices import service as devices
from portal.models import Contact, Customer, Device, Profile, SipAccount
from portal.profiles import service as profiles
from portal.sip_accounts import service as accounts

ACTOR = Actor("factory")
_numbers = itertools.count(1)


def make_customer(session: Session, name: str = "", networks: tuple[str, ...] = ()) -> Customer:
    sealer = current_app.extensions["sealer"]
    name = name or f"Customer {next(_numbers)}"
    return customers.create_customer(session, ACTOR, sealer, name, networks)


def make_contact(
    session: Session, customer: Customer, name: str = "", office: str = "100", **numbers: str
) -> Contact:
    facts = ContactFacts(name or f"Contact {next(_numbers)}", office, **numbers)
    return contacts.create_contact(session, ACTOR, customer, facts)


def make_profile(
    session: Session,
    name: str = "",
    family: str = "",
    parent: Profile | None = None,
    **settings: object,
) -> Profile:
    """Settings are written with two underscores for the dot: ``sip__registrar_host="…"``."""
    sealer = current_app.extensions["sealer"]
    named = {key.replace("__", "."): value for key, value in settings.items()}
    name = name or f"Profile {next(_numbers)}"
    return profiles.create_profile(
        session, ACTOR, sealer, datetime.now(UTC), name, family, parent, settings=named
    )


def make_device(
    session: Session,
    mac: str = "",
    model: str = "T31G",
    customer: Customer | None = None,
    profile: Profile | None = None,
    **facts: str,
) -> Device:
    config = current_app.config["PORTAL"]
    mac = mac or f"805ec0{next(_numbers):06x}"
    told = devices.DeviceFacts(model=model, customer=customer, profile=profile, **facts)
    return devices.create_device(session, ACTOR, config, datetime.now(UTC), mac, told)


def make_sip_account(
    session: Session,
    user_name: str = "",
    password: str = "Secret-of-the-account",
    customer: Customer | None = None,
    display_name: str = "",
) -> SipAccount:
    sealer = current_app.extensions["sealer"]
    user_name = user_name or str(100 + next(_numbers))
    return accounts.create_account(
        session, ACTOR, sealer, user_name, password, display_name=display_name, customer=customer
    )


def assign(session: Session, device: Device, number: int, account: SipAccount) -> list[str]:
    config = current_app.config["PORTAL"]
    sealer = current_app.extensions["sealer"]
    return port_service.assign_port(
        session, ACTOR, config, datetime.now(UTC), device, number, account, sealer
    )
