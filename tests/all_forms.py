"""Every page of the world with something in each state that offers a form, and all its forms."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal import models
from portal.devices import trust_service
from portal.extensions import db
from portal.imports import service as imports
from portal.imports.read import Options
from portal.models import Profile, ProfileVersion
from tests.factories import ACTOR, make_device, make_profile
from tests.imports.making import xlsx
from tests.meanwhile import leave_out
from tests.page_forms import forms_in
from tests.routes import address_of, page_rules
from tests.world import LONG_AGO, World

ASKING = "asking.xlsx"


def pages_of(world: World, client: FlaskClient) -> Iterator[TestResponse]:
    """Return every page of the portal, those with more in them included."""
    for rule in page_rules("GET"):
        yield client.get(address_of(world.app, rule, world.shared, world.mine), buffered=True)
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


def offer_more(session: Session, world: World) -> None:
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
    leave_out(session, upload, "List", 3)
