"""Every place of the pages: all GET routes that answer a page, and what their addresses can show.

The one list for the checks of HTML, for those in a browser, and for the tour of docs/tour.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import create_app
from portal.config import Config
from portal.extensions import db
from portal.labels.formats import FORMATS
from portal.models import Passkey, UnknownPhone, User
from portal.security import ADMIN, VIEWER
from portal.users import service as users
from tests.browsing import client_with, sign_in_of, signed_in
from tests.factories import ACTOR
from tests.routes import address_of, page_rules
from tests.world import World

PASSWORD = "four unrelated words"
# Answers with a file.
FILES = {
    "audit.export",
    "contacts.export",
    "customers.export",
    "customers.list_problems",
    "customers.list_template",
    "devices.export",
    "devices.export_selection",
    "imports.download",
    "imports.problems",
    "imports.template",
    "labels.style",
    "sip_accounts.export",
    "sip_accounts.list_problems",
    "sip_accounts.list_template",
    "unknown_phones.export",
}
# Leads on, with the values of the world; where that has a page, `_more` has its place.
ELSEWHERE = {
    "catalogue.show",  # of a custom family, which only processes that serve know
    "devices.choose_account",
    "imports.progress",
    "unknown_phones.new_devices",
    "users.ask_code",  # a step of signing in; tests/end_to_end/acts.py takes it
    "users.ask_remove_passkey",
}
# Who looks, and the answer's status, where not an administrator and not 200.
EXCEPT = {
    "users.ask_for_proof": ("unproved", 200),
    "users.come_back": ("nobody", 422),
    "users.go_to_provider": ("nobody", 422),
    "users.new_sign_in": ("nobody", 200),
}
# Pages that look otherwise for whom may see and not change.
ALSO_VIEWER = {
    "dashboard.index",
    "devices.index",
    "devices.show",
    "profiles.index",
    "profiles.show",
    "sip_accounts.index",
    "customers.index",
    "customers.show",
    "catalogue.index",
    "firmware.index",
    "certificates.index",
    "unknown_phones.index",
    "contacts.index",
}


@dataclass(frozen=True)
class Place:
    """A page by its address. `name` is unique and fit for a file's; `who` looks: Places.client.

    `part`: all that differs from another place, so that not everything is checked again.
    """

    name: str
    address: str
    who: str = "admin"
    status: int = 200
    part: str = ""


@dataclass(frozen=True)
class Places:
    """A world with what only a walk needs, and beside it a portal that has nothing yet."""

    world: World
    blank: Flask
    all: tuple[Place, ...]

    def client(self, who: str) -> FlaskClient:
        """Return the browser of who looks at a place."""
        if who == "blank":
            return self._of_blank()
        if who in {"unproved", "newcomer"}:
            user = self.world.people["admin"] if who == "unproved" else self._newcomer()
            return client_with(self.world.app, user, who)
        return self.world.client(who)

    def _newcomer(self) -> User:
        with self.world.app.app_context():
            return db.session.scalars(select(User).where(User.name == "newcomer")).one()

    def _of_blank(self) -> FlaskClient:
        with self.blank.app_context():
            user = db.session.scalars(select(User).where(User.name == "first")).one()
        return signed_in(self.blank, user)


@contextmanager
def open_places(world: World, blank_folder: Path) -> Iterator[Places]:
    """Add to the world what only a walk needs; `blank_folder` holds a portal without anything."""
    with world.app.app_context():
        session = db.session()
        passkey = _enrich(session, world)
        phones = session.scalars(select(UnknownPhone.id).order_by(UnknownPhone.id)).all()
        session.commit()
        found = [*_of_routes(world), *_more(world, passkey.id, phones)]
    blank = create_app(Config.load({}, instance=blank_folder, check_in_flush_s=3600))
    with blank.app_context():
        users.create_user(db.session(), ACTOR, "first", PASSWORD, ADMIN)
        db.session.commit()
    found += _of_blank()
    assert len({place.name for place in found}) == len(found), "a name twice"
    yield Places(world, blank, tuple(found))
    with blank.app_context():
        db.engine.dispose()


def _enrich(session: Session, world: World) -> Passkey:
    """Add a passkey, a sign-in of long ago, somebody with a password for once, another factor."""
    admin, now = world.people["admin"], datetime.now(UTC)
    passkey = Passkey(user_id=admin.id, name="Laptop", credential_id="AAAA", public_key=b"-")
    later = now + timedelta(days=1)
    times = {"started_at": later, "seen_at": later}
    session.add_all(
        [passkey, sign_in_of(admin, "unproved", **times, proved_at=now - timedelta(hours=1))]
    )
    newcomer = users.create_user(session, ACTOR, "newcomer", PASSWORD, VIEWER)
    newcomer.must_change_password = True
    session.flush()
    session.add(sign_in_of(newcomer, "newcomer", **times, proved_at=later))
    two_steps = users.create_user(session, ACTOR, "two-steps", PASSWORD, VIEWER)
    two_steps.totp_sealed = world.app.extensions["sealer"].seal("JBSWY3DPEHPK3PXP")
    session.flush()
    return passkey


def _of_routes(world: World) -> Iterator[Place]:
    for rule in page_rules("GET"):
        endpoint = rule[2]
        if endpoint in FILES | ELSEWHERE:
            continue
        who, status = EXCEPT.get(endpoint, ("admin", 200))
        address = address_of(world.app, rule, world.shared, world.mine)
        yield Place(_named(endpoint), address, who, status)
        if endpoint in ALSO_VIEWER:
            yield Place(f"{_named(endpoint)}-of-a-viewer", address, "viewer")


def _more(world: World, passkey_id: int, phones: list[int]) -> Iterator[Place]:
    """Yield what the same addresses show with arguments, and what they refuse."""
    mine, theirs = world.mine, world.theirs
    device, customer = f"/devices/{mine.device.mac}", f"/customers/{mine.customer.id}"
    of_profile = f"/profiles/{world.shared.profile.id}"
    for tab in ("settings", "files", "timeline", "trust", "uploads"):
        yield Place(f"devices-show-{tab}", f"{device}?tab={tab}", part="#tab")
    for key in FORMATS:
        yield Place(f"labels-sheet-{key}", f"/labels/sheet?mac={mine.device.mac}&format={key}")
    addresses = {
        "devices-index-filtered": "/devices?status=locked&sort=mac&model=T46U",
        "devices-index-without-match": "/devices?model=D785",
        "devices-index-mac-to-add": "/devices?q=00:15:65:12:34:56",
        "devices-show-port-free": f"{device}/ports/2",
        "devices-show-port-search": f"{device}/ports/2?q=used",
        "devices-show-port-without-match": f"{device}/ports/2?q=nobody",
        "devices-choose-place-found": f"{device}/ports/1/move?q={theirs.device.mac[-4:]}",
        "devices-choose-place-without-match": f"{device}/ports/1/move?q=ffff",
        "devices-fill-preview": f"{device}/fill?ports=1-4&accounts=101-104&creates=y",
        "devices-replace-preview": f"{device}/replace?new=80:5e:c0:77:77:77&model=T31G",
        "devices-made-bulk": f"/devices/bulk/{mine.made_bulk.id}",
        "labels-barcode": f"/labels/sheet?mac={mine.device.mac}&code=barcode",
        "accounts-without-match": "/accounts?q=nobody",
        "accounts-range-preview": "/accounts/range?users=101+to+103&display_names=Desk+*",
        "customers-without-match": "/customers?q=nobody",
        "contacts-without-match": f"{customer}/contacts?q=nobody",
        "profiles-without-match": "/profiles?q=nobody",
        "profiles-show-only-own": f"{of_profile}?only=own",
        "profiles-publish-another-device": f"{of_profile}/publish?find={mine.device.mac[-4:]}",
        "imports-show-done": f"/imports/{mine.applied.id}",
        "catalogue-show": "/catalogue/yealink",
        "catalogue-without-match": "/catalogue?q=nobody",
        "catalogue-custom-new-from": "/catalogue/custom/new?key=yealink",
        "firmware-new-of-family": "/firmware/new?family=yealink",
        "certificates-new-pin-of": f"/certificates/pins/new?mac={mine.device.mac}",
        "unknown-phones-ignored": "/unknown-phones?show=ignored",
        "unknown-phones-adopt-one": f"/unknown-phones/adopt?id={phones[0]}",
        "unknown-phones-adopt-many": "/unknown-phones/adopt?scope=all",
        "audit-without-match": "/audit?user=nobody",
        "search-found": f"/search?q={mine.customer.name.split()[0]}",
        "search-nothing": "/search?q=nobody+is+called+so",
        "search-mac-to-add": "/search?q=00:15:65:12:34:56",
        "search-of-a-letter": "/search?q=a",
        "users-edit-oneself": f"/users/{world.people['admin'].id}",
        "users-edit-limited": f"/users/{world.people['limited'].id}",
        "users-remove-passkey": f"/me/passkeys/{passkey_id}/remove",
        "api-description": "/api/v1/",
    }
    yield from (Place(name, address) for name, address in addresses.items())
    yield Place("users-edit-password-for-once", "/password", "newcomer")
    yield Place("dashboard-of-limited", "/", "limited")
    yield Place("devices-show-of-limited", device, "limited")
    yield Place("error-403", "/settings/edit", "viewer", 403)
    yield Place("error-404", "/devices/0015650000ff", status=404)


def _of_blank() -> Iterator[Place]:
    """Yield the lists and overviews, where nothing is yet; forms look as they do in the world."""
    for address, _, endpoint in page_rules("GET"):
        is_overview = endpoint.partition(".")[2] in {"index", "show", "own", "everybodys"}
        if is_overview and "<" not in address and endpoint != "labels.index":  # it needs devices
            yield Place(f"blank-{_named(endpoint)}", address, "blank")


def _named(endpoint: str) -> str:
    return endpoint.replace(".", "-").replace("_", "-")
