"""Every form that acts on something carries its version, and a stale one changes nothing.

The walk finds the forms by itself, on all pages of a portal with something of everything in it. A
new one needs a version, or a reason in WITHOUT; a new kind of thing a line in `changed`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal import models
from portal.devices import trust_service
from portal.extensions import db
from portal.imports import row_choices
from portal.imports import service as imports
from portal.imports.read import Options
from portal.models import Device, Profile, ProfileVersion, User
from tests.factories import ACTOR, make_contact, make_device, make_profile, make_sip_account
from tests.imports.making import xlsx
from tests.page_forms import PostForm, forms_in
from tests.routes import address_of, page_rules
from tests.stored import Snapshot, rows_in
from tests.world import LONG_AGO, World, open_world

NEW = "makes something new"
UNSAVED = "draws the page again, nothing is saved"
OWN_LOOK = "what only this person sees, as the person left it last"
ENTERING = "says who one is"

# Forms without version, and why what changed meanwhile cannot matter to them.
WITHOUT = {
    "certificates.create": NEW,
    "certificates.create_pin": NEW,
    "contacts.create": NEW,
    "contacts.preview_import": UNSAVED,
    "custom_families.create": NEW,
    "custom_families.fields": UNSAVED,
    "custom_families.preview": UNSAVED,
    "customers.create": NEW,
    "dashboard.dismiss_checklist": "puts hints away for good, whatever they say",
    "devices.add_note": NEW,
    "devices.choose": "keeps a selection; its own page says what is then done with it",
    "devices.choose_columns": OWN_LOOK,
    "devices.create": NEW,
    "devices.refill_line_keys": UNSAVED,
    "devices.save_view": OWN_LOOK,
    "devices.undo": "its address names the change; what was overtaken is not taken back",
    "firmware.create": NEW,
    "imports.create": NEW,
    "profile_drafts.preview": UNSAVED,
    "profile_drafts.refill_line_keys": UNSAVED,
    "profile_drafts.refill_parameters": UNSAVED,
    "profiles.create": NEW,
    "sip_accounts.create": NEW,
    "tokens.create": NEW,
    "unknown_phones.act": "ignores or lists again by id, and can be taken back the same way",
    "users.add_passkey": NEW,
    "users.change_password": "the present password has to be typed",
    "users.create": NEW,
    "users.enable_app": "makes something new, of a key that no other page has",
    "users.end_other_sign_ins": "ends all others, whichever there are",
    "users.end_sign_in": "ends that one sign-in, which never begins again",
    "users.sign_out": ENTERING,
}
# Posts that no page of somebody who is signed in has a form for.
ELSEWHERE = {
    "users.sign_in": ENTERING,
    "users.give_code": ENTERING,
    "users.give_passkey": ENTERING,
    "users.give_passkey_proof": ENTERING,
    "users.give_proof": ENTERING,
    "users.sign_in_with_passkey": ENTERING,
}
# Inputs that only help to fill a form in.
HELP = {"parameter_name", "parameter_value", "preview_device", "preview_model"}
FIELDS = ("label", "display_name", "name", "description", "text", "subject", "reason", "note")
ASKING = "asking.xlsx"
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
IN_ANY_ORDER = {"sign_ins": frozenset({"seen_at"})}


@dataclass(frozen=True)
class Met:
    """A form and where it was met."""

    page: str
    form: PostForm
    endpoint: str
    args: Mapping[str, Any]


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("stale") / "instance") as made:
        yield made


@pytest.fixture(scope="module")
def full(world: World) -> Iterator[Snapshot]:
    """The world with things in every state that offers a form."""
    with world.app.app_context():
        _offer_more(db.session(), world)
    kept = Snapshot(world.file)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def client(world: World) -> FlaskClient:
    """One browser for all of it: what its forms carry is good in no other one."""
    return world.client("admin")


@pytest.fixture(scope="module")
def met(world: World, full: Snapshot, client: FlaskClient) -> list[Met]:
    found: dict[Any, Met] = {}
    for page in _pages(world, client):
        if page.mimetype != "text/html":
            continue
        for form in forms_in(page):
            endpoint, args = _posted_to(world, form.address)
            if endpoint in ELSEWHERE:
                continue
            key = endpoint, frozenset(form.names()), len(form.fields)
            found.setdefault(key, Met(page.request.full_path, form, endpoint, args))
    return sorted(found.values(), key=lambda one: (one.endpoint, one.page))


def test_every_form_has_its_version_or_a_reason(met: list[Met]) -> None:
    without = {one.endpoint for one in met if not one.form.data().get("version")}
    assert without - set(WITHOUT) == set(), "these need a version: shared/_confirm.html, carries()"
    reached = {one.endpoint for one in met}
    assert set(WITHOUT) - reached == set(), "no page has these forms any more"
    acting = {endpoint for endpoint, reason in WITHOUT.items() if reason != UNSAVED}
    assert acting & (reached - without) == set(), "these have a version: they need no reason"


def test_every_post_has_a_form_that_was_walked(met: list[Met]) -> None:
    reached = {one.endpoint for one in met} | set(ELSEWHERE)
    assert {rule[2] for rule in page_rules("POST")} - reached == set()


def test_a_fresh_form_is_never_taken_for_a_stale_one(
    client: FlaskClient, full: Snapshot, met: list[Met]
) -> None:
    refused = []
    for one in _versioned(met):
        full.restore()
        answer = client.post(one.form.address, data=one.form.data())
        if answer.status_code == 409:
            refused.append((one.endpoint, one.page))
    assert refused == []


@pytest.mark.parametrize("headers", [{}, HX], ids=["without script", "with HTMX"])
def test_a_stale_form_changes_nothing_and_loses_nothing(
    world: World, client: FlaskClient, full: Snapshot, met: list[Met], headers: dict[str, str]
) -> None:
    wrong = []
    for one in _versioned(met):
        full.restore()
        with world.app.app_context():
            changed(db.session(), one)
        typed = {name: f"Zwirn {number}" for number, name in enumerate(_typed(one.form))}
        before = rows_in(world.file, IN_ANY_ORDER)
        sent = one.form.data(**typed)
        answer = client.post(one.form.address, data=sent, headers=headers)
        after = rows_in(world.file, IN_ANY_ORDER)
        where = f"{one.endpoint} of {one.page}"
        if answer.status_code != 409:
            wrong.append(f"{where} answers {answer.status_code}")
        if after != before:
            wrong.append(f"{where} writes {[t for t in after if after[t] != before[t]]}")
        lost = [name for name, text in typed.items() if str(escape(text)) not in answer.text]
        if lost:
            wrong.append(f"{where} loses {lost}")
        if not any(form.data().get("version") for form in forms_in(answer)):
            wrong.append(f"{where} offers no way on")
    assert wrong == []


def _versioned(met: list[Met]) -> Iterator[Met]:
    return (one for one in met if one.endpoint not in WITHOUT)


def _typed(form: PostForm) -> list[str]:
    return [name for name in dict.fromkeys(form.typed) if name not in HELP]


def _posted_to(world: World, address: str) -> tuple[str, Mapping[str, Any]]:
    path = address.partition("?")[0]
    endpoint, args = world.app.url_map.bind("localhost").match(path, "POST")
    return str(endpoint), args


def _pages(world: World, client: FlaskClient) -> Iterator[TestResponse]:
    """Return every page of the portal, those with more in them included."""
    for estate in (world.mine, world.theirs):
        for rule in page_rules("GET"):
            yield client.get(address_of(world.app, rule, world.shared, estate), buffered=True)
    mac, profile = world.mine.device.mac, world.shared.profile.id
    for tab in ("settings", "line_keys", "files", "timeline", "trust", "uploads"):
        yield client.get(f"/devices/{mac}?tab={tab}")
    for other in ("805ec01000a1", "805ec01000a2", "805ec01000a3"):
        yield client.get(f"/devices/{other}?tab=trust")
    for address in (
        f"/devices/{mac}/fill?accounts=free-mine&ports=3&occupied=replace",
        f"/devices/{mac}/replace?new=805ec01000b1",
        f"/devices/{mac}/ports/2?q=free-mine",
        f"/devices/{mac}/ports/2?q=used-{'zanzibar'}",
        f"/devices/{mac}/ports/1/move?q=a1",
        f"/devices/bulk/{world.mine.bulk.id}?value=60",
        "/accounts/range?users=901 to 903",
        "/unknown-phones?show=all",
        "/unknown-phones/adopt?scope=all&show=all",
        "/firmware/new?family=yealink",
        "/tokens/all",
        "/me/passkeys/1/remove",
        f"/users/{world.people['limited'].id}",
        f"/profiles/{profile}/versions/1/again",
    ):
        yield client.get(address)
    with world.app.app_context():
        own = db.session.scalars(select(Profile.id).filter_by(name="Yealinks")).one()
        asking = db.session.scalars(select(models.Import.id).filter_by(filename=ASKING)).one()
    yield client.get(f"/profiles/{own}")
    for outcome in ("", "needs_ok", "left_out", "error"):
        yield client.get(f"/imports/{asking}?outcome={outcome}")
    book = f"/customers/{world.mine.customer.id}/contacts"
    token = forms_in(client.get(f"{book}/import"))[-1].data()["csrf_token"]
    file = io.BytesIO(b"Name;Office\nNora;+43 1 5550100\n"), "book.csv"
    yield client.post(f"{book}/import", data={"csrf_token": token, "file": file})


def _offer_more(session: Session, world: World) -> None:
    """Bring things into the states that offer more forms."""
    now, mine = datetime.now(UTC), world.mine
    customer = _again(session, mine.customer)
    retired, locked, asking = (
        make_device(session, f"805ec01000a{number}", "T46U", customer) for number in (1, 2, 3)
    )
    retired.state = "retired"
    for device in (locked, asking):
        device.token_hash, device.bound_at = device.mac, LONG_AGO
    trust_service.lock(session, ACTOR, now, locked, "lost")
    asking.reset_at, asking.reset_address = now, "192.0.2.77"
    device = _again(session, mine.device)
    device.token_hash, device.window_until = "of mine", now + timedelta(days=1)
    device.window_by_person = True
    for account in (mine.free, mine.used):
        _again(session, account).password_due_at = LONG_AGO
    _again(session, mine.note).author = "admin"
    admin = _again(session, world.people["admin"])
    admin.totp_sealed = world.app.extensions["sealer"].seal("JBSWY3DPEHPK3PXP")
    key = {"public_key": b"", "transports": []}
    session.add(models.Passkey(user_id=admin.id, name="Desk", credential_id="YWJj", **key))
    session.add(
        models.SignIn(
            user_id=admin.id, key_hash="other", browser_hash="", how="password",
            address="192.0.2.9", user_agent="", seen_at=now, started_at=now,
        )
    )  # fmt: skip
    _more_versions(session, _again(session, world.shared.profile), now)
    make_profile(session, "Yealinks", "yealink")
    _list_with_questions(session, now)
    session.commit()


def _again(session: Session, thing: Any) -> Any:
    return session.get(type(thing), thing.id)


def _more_versions(session: Session, profile: Profile, now: datetime) -> None:
    """Let the profile have versions that are over, in force, waiting, and a draft."""
    profile.versions[-1].published_at = profile.versions[-1].effective_at = LONG_AGO
    first = profile.versions[-1].number
    told = {"settings": {"ui.idle_text": "Anew"}, "author": "admin"}
    for number, effective in enumerate((LONG_AGO, now + timedelta(days=9)), first + 1):
        version = ProfileVersion(number=number, published_at=now, effective_at=effective, **told)
        profile.versions.append(version)
    profile.versions.append(ProfileVersion(number=first + 3, **told))


def _list_with_questions(session: Session, now: datetime) -> None:
    """Add a list with rows to say yes to, to put right, and one that is left out."""
    macs = "805ec01000c1", "805ec01000c", "805ec01000c2", 1565112233  # a number: no leading zeros
    rows = ["MAC", "Model"], *([mac, "T46U"] for mac in macs)
    upload = imports.keep_upload(session, ACTOR, ASKING, xlsx(*rows), Options(), now)
    _leave_out(session, upload, 3)


def _leave_out(session: Session, upload: models.Import, row: int) -> None:
    options = Options.from_json(upload.options)
    imports.choose(session, upload, row_choices.with_skipped(options, "List", row, True))


def changed(session: Session, one: Met) -> None:
    """Let somebody else change what a form of this kind is about."""
    if one.endpoint in _OF_ENDPOINT:
        _OF_ENDPOINT[one.endpoint](session, one.args)
    else:
        name = next(name for name in _BEHIND if name in one.args)
        _touch(_BEHIND[name](session, one.args[name]))
    session.commit()


def _touch(thing: Any) -> None:
    """Change whatever a person may have changed."""
    assert thing is not None
    columns = type(thing).__table__.columns
    for name in FIELDS:
        if name in columns:
            setattr(thing, name, "Anna was here")
    if isinstance(thing, Device):
        thing.settings = {"ui.idle_text": "Of Anna"}
        for port in thing.ports:
            port.label, port.settings = "Anna", {"calls.voicemail_number": "7"}
    if isinstance(thing, Profile):
        thing.versions[-1].settings = {"ui.idle_text": "Of Anna"}
    if isinstance(thing, User):
        thing.is_enabled = not thing.is_enabled
    for name in ("uploaded_at", "revoked_at", "until_at", "queued_at", "added_at"):
        if name in columns:
            setattr(thing, name, datetime.now(UTC) + timedelta(hours=2))


def _other_choices(session: Session, args: Mapping[str, Any]) -> None:
    _leave_out(session, session.get(models.Import, args["import_id"]), 2)


def _queue(session: Session, args: Mapping[str, Any]) -> None:
    session.get(models.Import, args["import_id"]).queued_at = datetime.now(UTC)


def _take_back(session: Session, args: Mapping[str, Any]) -> None:
    upload = session.get(models.Import, args["import_id"])
    upload.result = {**upload.result, "undone": {"at": "2026-02-14T12:00", "by": "Anna"}}


def _fill_first(session: Session, args: Mapping[str, Any]) -> None:
    device = session.scalars(select(Device).filter_by(mac=args["mac"])).one()
    device.port(3).account = make_sip_account(session, "annas", customer=device.customer)


def _add_passkey(session: Session, args: Mapping[str, Any]) -> None:
    admin = session.scalars(select(User).filter_by(name="admin")).one()
    session.add(models.Passkey(user_id=admin.id, name="Bag", credential_id="YWJk", public_key=b""))


def _call_in(session: Session, args: Mapping[str, Any]) -> None:
    for phone in session.scalars(select(models.UnknownPhone)):
        phone.model = "T54W"


def _set_up_the_portal(session: Session, args: Mapping[str, Any]) -> None:
    session.scalars(select(models.Site)).one().settings = {"ui.idle_text": "Of Anna"}


def _list_nora(session: Session, args: Mapping[str, Any]) -> None:
    make_contact(session, session.get(models.Customer, args["customer_id"]), "Nora", "77")


# Forms that are about more than the things in their address.
_OF_ENDPOINT: dict[str, Callable[[Session, Mapping[str, Any]], object]] = {
    "contacts.apply_import": _list_nora,
    "devices.fill_ports": _fill_first,
    "imports.accept": _other_choices,
    "imports.apply": _other_choices,
    "imports.choose": _other_choices,
    "imports.discard": _queue,
    "imports.fix": _other_choices,
    "imports.take_back": _take_back,
    "sip_accounts.make_range": lambda session, _: make_sip_account(session, "902"),
    "site_settings.renew_site_address": _set_up_the_portal,
    "site_settings.update": _set_up_the_portal,
    "unknown_phones.adopt": _call_in,
    "users.disable_app": _add_passkey,
    "users.renew_codes": _add_passkey,
}


def _by_id(model: Any) -> Callable[[Session, Any], Any]:
    return lambda session, number: session.get(model, number)


# What the arguments of an address name: first what belongs to something else.
_BEHIND: dict[str, Callable[[Session, Any], Any]] = {
    "contact_id": _by_id(models.Contact),
    "note_id": _by_id(models.Note),
    "upload_id": _by_id(models.Upload),
    "account_id": _by_id(models.SipAccount),
    "authority_id": _by_id(models.CertificateAuthority),
    "ban_id": _by_id(models.Ban),
    "bulk_id": _by_id(models.BulkChange),
    "file_id": _by_id(models.FirmwareFile),
    "passkey_id": _by_id(models.Passkey),
    "pin_id": _by_id(models.PinnedCertificate),
    "profile_id": _by_id(Profile),
    "token_id": _by_id(models.ApiToken),
    "user_id": _by_id(User),
    "view_id": _by_id(models.SavedView),
    "key": lambda session, key: session.scalars(
        select(models.CustomFamily).filter_by(key=key)
    ).one(),
    "mac": lambda session, mac: session.scalars(select(Device).filter_by(mac=mac)).one(),
    "customer_id": _by_id(models.Customer),
}
