"""A small portal with something of everything in it, for tests over all routes and all tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import create_app, crypto
from portal.audit import Actor
from portal.cli import first_run
from portal.config import Config
from portal.custom_families import service as families
from portal.customers.list_kind import CUSTOMERS
from portal.devices import bulk_service, port_service, view_service
from portal.devices import service as devices
from portal.extensions import db
from portal.firmware import service as firmware
from portal.firmware.images import Image
from portal.imports import service as imports
from portal.imports.read import Options
from portal.list_imports import previews as list_previews
from portal.list_imports import service as lists
from portal.list_imports.kinds import Act
from portal.list_imports.reading import Choices
from portal.models import (
    ApiToken,
    AuditEntry,
    Ban,
    BulkChange,
    CertificateAuthority,
    CheckIn,
    Contact,
    Customer,
    CustomFamily,
    Device,
    FetchedFile,
    FirmwareFile,
    Import,
    Note,
    PinnedCertificate,
    Profile,
    Refusal,
    Release,
    SavedView,
    SipAccount,
    UnknownPhone,
    Upload,
    User,
)
from portal.profiles import service as profiles
from portal.provision import check_ins
from portal.security import OPERATOR, ROLES, VIEWER
from portal.sip_accounts import service as accounts
from portal.sip_accounts.list_kind import ACCOUNTS
from portal.tokens import service as tokens
from portal.users import limit_service
from portal.users import service as users
from portal.values import format_mac
from portal.vendors import FAMILIES
from tests.browsing import client_with, sign_in_of
from tests.certificates.making import make as make_certificate
from tests.custom_families.making import family_text
from tests.factories import (
    ACTOR,
    assign,
    make_contact,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)
from tests.stored import Snapshot

WORD = "zanzibar"  # in every text of the customer that limited users must not see
LONG_AGO = datetime(2026, 2, 14, 13, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Shared:
    """What belongs to no customer."""

    profile: Profile
    family: CustomFamily
    firmware: FirmwareFile
    token: ApiToken
    authority: CertificateAuthority
    person: User  # who does nothing


@dataclass(frozen=True)
class Estate:
    """All that a customer has, each text of it with the same word in it."""

    customer: Customer
    device: Device
    free: SipAccount
    used: SipAccount
    contact: Contact
    upload: Upload
    ban: Ban
    waiting: Import
    applied: Import
    lists: Mapping[tuple[str, str], Import]  # (kind, "waiting" or "applied")
    bulk: BulkChange
    made_bulk: BulkChange
    view: SavedView
    note: Note
    entry: AuditEntry
    pin: PinnedCertificate


def make_shared(session: Session, admin: User) -> Shared:
    """Make a profile with an old version, one in force and a draft, a family, an image and a token
    of `admin`."""
    now, sealer = LONG_AGO, current_app.extensions["sealer"]
    profile = make_profile(session, "Shared profile", sip__registrar_host="sip.example.net")
    profiles.save_draft(session, ACTOR, sealer, profile, {"sip.registrar_host": "b.example.net"})
    profiles.publish(session, ACTOR, profile, datetime.now(UTC))
    profiles.save_draft(session, ACTOR, sealer, profile, {"sip.registrar_host": "c.example.net"})
    declaration = families.tried("custom_acme", family_text())
    family = families.create_family(session, ACTOR, now, "custom_acme", declaration)
    facts = firmware.FirmwareFacts("yealink", "T46U-108.87.0.15.rom", "108.87.0.15", ("T46U",))
    file = firmware.add_file(session, ACTOR, facts, Image("a" * 64, 5))
    token, _ = tokens.create_token(session, ACTOR, now, admin, "billing", ["read"])
    authority = CertificateAuthority(
        sha256="c" * 64,
        subject="CN=Maker's CA",
        der=make_certificate("Maker's CA", is_ca=True).der,
        valid_until=now,
        added_by="factory",
    )
    session.add(authority)
    session.commit()
    current_app.extensions["custom_families"].refresh()
    return Shared(profile, family, file, token, authority, _user(session, "viewer-too"))


def make_estate(session: Session, shared: Shared, word: str, mac: str, by: str) -> Estate:
    """Make a customer with all that one can have, imports by the user named `by` among it.

    `mac` and the two after it are its devices', the third an unknown phone's.
    """
    sealer, config = current_app.extensions["sealer"], current_app.config["PORTAL"]
    customer = make_customer(session, f"{word} Ltd", ("192.0.2.0/24",))
    customer.note, customer.default_profile = f"Note of {word}", shared.profile
    customer.settings = {"ui.idle_text": f"Idle {word}"}
    device = make_device(
        session,
        mac,
        "T46U",
        customer,
        shared.profile,
        serial=f"serial-{word}",
        inventory_id=f"tag-{word}",
        description=f"Desk of {word}",
        redirect_pin=f"pin-{word}",
    )
    names = {"display_name": f"Caller {word}", "customer": customer}
    used = make_sip_account(session, f"used-{word}", f"Password-of-{word}", **names)
    free = make_sip_account(session, f"free-{word}", f"Password-of-{word}", **names)
    for account in (used, free):
        facts = {"auth_name": f"auth-{word}", "external_id": f"ext-{word}", "is_enabled": True}
        display_name = account.display_name
        accounts.update_account(session, ACTOR, sealer, account, display_name=display_name, **facts)
    free.password_due_reason = f"due, says {word}"
    assign(session, device, 1, used)
    now = LONG_AGO
    port_service.label_port(session, ACTOR, now, device, 1, f"Label {word}")
    port_service.override_port(
        session, ACTOR, sealer, now, device, 1, {"calls.voicemail_number": word}
    )
    keys = [{"module": 0, "number": 3, "type": "blf", "value": word, "label": word}]
    devices.override(
        session,
        ACTOR,
        sealer,
        now,
        device,
        {"ui.idle_text": f"Own {word}"},
        {"features.raw": word},
        keys,
    )
    contact = make_contact(session, customer, f"Contact {word}")
    upload, ban = _call_in(session, device, customer, word, f"{int(mac, 16) + 3:012x}")
    waiting = _list(session, word, by, f"{int(mac, 16) + 1:012x}")
    applied = _list(session, f"{word}-done", by, f"{int(mac, 16) + 2:012x}")
    plan = imports.preview(session, applied)
    assert plan.summary()["new"] == 1, [row.problem for row in plan.rows]
    imports.apply_upload(session, Actor(by), sealer, config, now, applied, plan.digest())
    session.commit()
    lists = _plain_lists(session, word, by)
    bulk, made_bulk, view = _chosen(session, device, word, by)
    note, entry = _written_down(session, device, word)
    pin = PinnedCertificate(
        sha256=word[0] * 64, mac=device.mac, subject=f"CN={word}", added_by=f"{word} person"
    )
    session.add(pin)
    session.commit()
    return Estate(
        customer=customer,
        device=device,
        free=free,
        used=used,
        contact=contact,
        upload=upload,
        ban=ban,
        waiting=waiting,
        applied=applied,
        lists=lists,
        bulk=bulk,
        made_bulk=made_bulk,
        view=view,
        note=note,
        entry=entry,
        pin=pin,
    )


def _chosen(
    session: Session, device: Device, word: str, by: str
) -> tuple[BulkChange, BulkChange, SavedView]:
    """Let `by` have selected the device, twice, and have saved a view that all see."""
    config, who = current_app.config["PORTAL"], Actor(by)
    told = (session, who, datetime.now(UTC), "window", [device.id], f"search {word}")
    waits, made = bulk_service.select_devices(*told), bulk_service.select_devices(*told)
    bulk_service.apply_change(session, who, config, datetime.now(UTC), made, "60")
    user = session.scalars(select(User).where(User.name == by)).one()
    skipped = {"why": f"says {word}", "count": 1, "macs": [device.mac]}
    made.result = {**(made.result or {}), "skipped": [skipped]}
    device.refusal = f"refused, says {word}"  # opening a window makes it empty
    view = view_service.save_view(session, who, user, f"View {word}", {"q": word}, is_shared=True)
    session.commit()
    return waits, made, view


def _written_down(session: Session, device: Device, word: str) -> tuple[Note, AuditEntry]:
    """Let a note be on the device, what it fetched be kept; return the note and its last change."""
    seen = datetime.now(UTC) + timedelta(seconds=1)
    note = Note(device_id=device.id, at=seen, author=f"Author {word}", text=f"Note of {word}")
    told = {"name": f"{word}.cfg", "tag": word, "inputs_sealed": "", "fetched_at": seen}
    session.add_all([note, FetchedFile(device_id=device.id, **told)])
    session.commit()
    of_device = select(AuditEntry).where(
        AuditEntry.object_type == "device", AuditEntry.object_id == device.id
    )
    entry = session.scalars(of_device.order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    return note, entry


def _call_in(
    session: Session, device: Device, customer: Customer, word: str, mac: str
) -> tuple[Upload, Ban]:
    """Let the phone have been here, and another one that nobody knows."""
    device.last_seen_at = device.last_fetched_at = LONG_AGO
    device.last_firmware = device.last_fetched_tag = word
    device.lock_reason = f"locked, says {word}"
    device.last_address = device.window_address = f"192.0.2.{len(word)}-{word}"
    # Later than what people did, so that its history is that of this customer.
    seen = datetime.now(UTC) + timedelta(seconds=1)
    told = {"address": word, "user_agent": f"Yealink {word}", "filename": f"{word}.cfg"}
    here = {"device_id": device.id, "mac": device.mac, "protocol": "https", "proof": "token"}
    answer = {"status": 200, "reason": f"cannot be made: reason {word}", "tag": word}
    session.add(CheckIn(at=seen, **here, **told, **answer))
    check_ins.count(session.connection(), [(seen, 200, answer["reason"])])
    session.add(
        UnknownPhone(
            caller=mac,
            mac=mac,
            first_at=seen,
            last_at=seen,
            customer_id=customer.id,
            model=word,
            reason=f"reason {word}",
            **told,
        )
    )
    session.add(
        Release(at=seen, device_id=device.id, customer_id=customer.id, kind="first", address=word)
    )
    session.add(Refusal(scope="address", key=word, what=f"name {word}", tries=1, at=seen))
    times = {"since_at": seen, "until_at": seen + timedelta(hours=1)}
    ban = Ban(scope="site", key=str(customer.id), reason=word, **times)
    session.add_all([ban, Ban(scope="address", key=word, reason=word, **times)])
    upload = Upload(
        device_id=device.id,
        name=f"log-{word}.txt",
        content=word.encode(),
        size_bytes=len(word),
        uploaded_at=seen,
    )
    session.add(upload)
    session.flush()
    return upload, ban


def _list(session: Session, word: str, by: str, mac: str) -> Import:
    customer = f"{word.removesuffix('-done')} Ltd"
    lines = f"MAC;Model;Customer;Description\n{format_mac(mac)};T46U;{customer};Row of {word}\n"
    name = f"list-{word}.csv"
    now = datetime.now(UTC)  # what waits for long is forgotten
    return imports.keep_upload(session, Actor(by), name, lines.encode(), Options(), now)


def _plain_lists(session: Session, word: str, by: str) -> dict[tuple[str, str], Import]:
    """Let `by` have uploaded lists of accounts and of customers, and imported one of each."""
    sealer, owner = current_app.extensions["sealer"], f"{word} Ltd"
    made = {}
    for kind, header, row in (
        (ACCOUNTS, "User name;Display name;Customer", f"row-{word};Caller {word};{owner}"),
        (CUSTOMERS, "Customer;Note", f"{owner};Note of {word}, imported"),
    ):
        for state in ("applied", "waiting"):
            text, name = f"{header}\n{row}, {state}\n", f"{kind.key}-{word}.csv"
            if kind is ACCOUNTS:
                text = text.replace(f"row-{word}", f"{state}-{word}").replace(f", {state}", "")
            now = datetime.now(UTC)  # what waits for long is forgotten
            upload = lists.new_upload(Actor(by), kind, name, text.encode(), Choices(), now)
            made[kind.key, state] = imports.keep(session, upload)
            if state == "applied":
                found = list_previews.preview_of(session, kind, sealer, upload)
                act = Act(session, Actor(by), sealer, now, upload.id)
                sealed = kind.seal(sealer, found.plan.stores())
                lists.apply_upload(act, kind, upload, found.digest, found, sealed)
    session.commit()
    return made


@dataclass(frozen=True)
class World:
    """A portal with two customers; the limited users may see the first one, `mine`."""

    app: Flask
    file: Path
    shared: Shared
    mine: Estate
    theirs: Estate
    people: Mapping[str, User]
    full: Snapshot
    without_theirs: Snapshot

    def client(self, who: str) -> FlaskClient:
        """Return a browser of its own, with `who` signed in; of a stranger for "nobody"."""
        if who not in self.people:
            return self.app.test_client()
        return client_with(self.app, self.people[who], who)


def make_blank(folder: Path) -> None:
    """Make an instance with keys and an empty, migrated database in `folder`."""
    folder.mkdir(exist_ok=True)
    config = Config.load({}, instance=folder)
    crypto.write_key_file(config.sealing_key_file, crypto.new_sealing_key())
    crypto.write_key_file(config.session_key_file, crypto.new_token().encode())
    app = create_app(config)
    with app.app_context():
        first_run.migrate()
        first_run.first_administrator(app.extensions["sealer"], "root")
        db.engine.dispose()


@contextmanager
def open_world(
    blank: Path, folder: Path, words: tuple[str, str] = ("mine", WORD)
) -> Iterator[World]:
    """Make the world in a copy of a blank instance, with a user for each role.

    No application context stays open: each request has its own session, as in service.
    """
    shutil.copytree(blank, folder)
    app = create_app(Config.load({}, instance=folder, check_in_flush_s=3600))
    app.testing = True
    file = folder / "portal.sqlite3"
    with app.app_context():
        session = db.session()
        people = {who: _user(session, who) for who in (*ROLES, "limited", "limited_viewer")}
        shared = make_shared(session, people["admin"])
        mine = make_estate(session, shared, words[0], "805ec0100000", "limited")
        for who in ("limited", "limited_viewer"):
            limit_service.limit_to_customers(session, ACTOR, people[who], [mine.customer])
        # Later than now, so that they stay fresh however long the tests take. In the snapshots, so
        # that who restores one does not sign everybody out.
        at = datetime.now(UTC) + timedelta(days=1)
        for who, user in people.items():
            session.add(sign_in_of(user, who, started_at=at, seen_at=at, proved_at=at))
        session.commit()
        without_theirs = Snapshot(file)
        theirs = make_estate(session, shared, words[1], "805ec0200000", "admin")
        full = Snapshot(file)
    yield World(app, file, shared, mine, theirs, people, full, without_theirs)
    full.close()
    without_theirs.close()
    app.extensions["check_ins"].stop()
    with app.app_context():
        db.engine.dispose()
    FAMILIES.put_custom([])


def _user(session: Session, who: str) -> User:
    role = {"limited": OPERATOR, "limited_viewer": VIEWER, "viewer-too": VIEWER}.get(who, who)
    user = users.create_user(session, ACTOR, who, "four unrelated words", role)
    session.commit()
    return user
