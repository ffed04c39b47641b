"""No page asks the database more often when there is more to show.

Every GET page is asked for in a small portal, and in the same one with five times as much of
everything (tests/multiplied.py): the numbers of statements are the same. A newcomer page needs
nothing here; one whose number grows for a good reason gets it into GROWS, with the reason.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event

from portal.audit import Actor
from portal.devices.bulk import pack
from portal.extensions import Base, db
from portal.imports import previews
from portal.imports import service as imports
from portal.imports.read import Options
from portal.models import (
    BulkChange,
    ColumnMapping,
    Device,
    Guess,
    Import,
    ListChoice,
    Passkey,
    Port,
    Profile,
    RecoveryCode,
    user_customers,
)
from portal.values import format_mac
from tests import multiplied
from tests.factories import make_profile
from tests.routes import address_of, page_rules
from tests.world import LONG_AGO, World, open_world

PEOPLE = ("admin", "limited")
RULES = page_rules("GET")  # here, as it makes an app of its own
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
# Pages whose number may grow, by endpoint, and why.
GROWS: dict[str, str] = {}

Counts = dict[tuple[str, str], tuple[int, list[str]]]


@dataclass(frozen=True)
class Counted:
    """Status and statements of each page for each person, before and after; rows by table."""

    few: Counts
    many: Counts
    rows: Mapping[str, tuple[int, int]]


@pytest.fixture(scope="module")
def counted(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    folder = tmp_path_factory.mktemp("counts") / "instance"
    with open_world(blank_instance, folder) as world:
        _add_the_rest(world)
        pages, few, before = _addresses(world), {}, _rows(world.file)
        few = _ask_all(world, pages)
        multiplied.multiply(world.file)
        _fill(world)
        after = _rows(world.file)
        rows = {table: (count, after[table]) for table, count in before.items()}
        yield Counted(few, _ask_all(world, pages), rows)
        world.full.restore()


def _add_the_rest(world: World) -> None:
    """Let the profile build on one, and another one on it; and fill the tables that the world left
    empty."""
    with world.app.app_context():
        user = world.people["admin"].id
        db.session.add_all(
            [
                Guess(key="a", last_at=LONG_AGO),
                Passkey(user_id=user, name="Key", credential_id="aaaa", public_key=b""),
                RecoveryCode(user_id=user, code_hash="a"),
                ColumnMapping(fingerprint="a", name="Ours", columns={}, chosen_by="admin"),
                ListChoice(user_id=user, list_name="devices", columns=["mac", "customer"]),
            ]
        )
        profile = db.session.get_one(Profile, world.shared.profile.id)
        profile.parent = make_profile(db.session(), "Base", time__zone="Europe/Berlin")
        make_profile(db.session(), "Shops", parent=profile, ui__language="de")
        db.session.commit()


def _fill(world: World) -> None:
    """Let more be in what is one row: longer chains and selections, a longer list; more customers
    for who is limited."""
    with world.app.app_context():
        session = db.session()
        step = session.get_one(Profile, world.shared.profile.id).parent
        for number in range(3):
            step.parent = make_profile(session, f"Base {number}", media__codecs=["pcma"])
            step = step.parent
        devices = session.query(Device).all()
        for bulk in session.query(BulkChange):
            bulk.device_ids, bulk.count = pack(device.id for device in devices), len(devices)
        wanted = session.get_one(Import, world.mine.waiting.id)
        lines = [f"{format_mac(f'805ec03000{n:02x}')};T46U;mine Ltd;Desk {n}" for n in range(30)]
        text = "\n".join(["MAC;Model;Customer;Description", *lines])
        longer = imports.keep_upload(
            session, Actor("limited"), "list.csv", text.encode(), Options(), LONG_AGO
        )
        wanted.content, wanted.sha256 = longer.content, longer.sha256
        device, used = world.mine.device.id, world.mine.used.id
        for copy in range(1, multiplied.TIMES + 1):  # of the same customer, on devices of its own
            ids = {"device_id": device + multiplied.STEP * copy}
            session.add(Port(**ids, number=16, account_id=used + multiplied.STEP * copy))
        limited, mine = world.people["limited"].id, world.mine.customer.id
        copies = [mine + multiplied.STEP * n for n in range(1, 2 * multiplied.TIMES + 1)]
        told = [{"user_id": limited, "customer_id": customer} for customer in copies]
        session.execute(user_customers.insert(), told)
        session.commit()


def _addresses(world: World) -> list[tuple[str, Mapping[str, str]]]:
    """Return the address of every page, and of those that show more when asked so; with headers."""
    mine, shared = world.mine, world.shared
    found: list[tuple[str, Mapping[str, str]]] = [
        (address_of(world.app, rule, shared, mine), {}) for rule in RULES
    ]
    device, profile = f"/devices/{mine.device.mac}", f"/profiles/{shared.profile.id}"
    for tab in ("files", "timeline", "trust", "uploads"):
        found.append((f"{device}?tab={tab}", {}))
    for address in (
        "/search?q=mine", "/devices?q=mine&seen=yes", "/devices?status=pending&sort=customer",
        "/devices?ports=partly&sort=free", "/devices?sort=status",
        f"/devices?profile={shared.profile.id}&sort=profile",
        "/accounts?use=used", "/unknown-phones?show=all&q=mine", "/customers?q=mine",
        "/audit?q=mine", "/audit?group=device", "/profiles?q=profile", "/catalogue?q=T46",
        f"{profile}/publish?find=desk&device={mine.device.mac}", f"{device}/ports/1/move?q=desk",
        f"{device}/ports/2", f"{device}/ports/2?q=used", f"/devices/bulk/{mine.bulk.id}?value=60",
        f"/labels?selection={mine.bulk.id}", f"/labels/sheet?selection={mine.bulk.id}",
        f"/customers/{mine.customer.id}/contacts?q=mine", "/certificates?q=805ec0",
        f"/imports/{mine.waiting.id}?outcome=new", f"/imports/{mine.applied.id}?outcome=new",
    ):  # fmt: skip
        found.append((address, {}))
    for address in ("/search?q=mine", "/devices?q=mine", f"{device}/ports/2/accounts",
                    f"{device}/ports/1?row=1", f"{device}?tab=settings"):  # fmt: skip
        found.append((address, PARTIAL))
    return found


def _ask_all(world: World, pages: list[tuple[str, Mapping[str, str]]]) -> Counts:
    found: Counts = {}
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    with world.app.app_context():
        world.app.extensions["custom_families"].refresh()
        engine = db.engine
    for who in PEOPLE:
        client = world.client(who)
        for address, headers in pages:
            previews.forget()
            event.listen(engine, "before_cursor_execute", note)
            status = client.get(address, headers=headers, buffered=True).status_code
            event.remove(engine, "before_cursor_execute", note)
            label = f"{address} in part" if headers else address
            found[who, label] = status, [*statements]
            statements.clear()
    return found


def _rows(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(file)) as stored:
        return {
            table: stored.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for table in Base.metadata.tables
        }


def test_there_is_several_times_as_much_of_everything(counted):
    few = {table for table, (before, after) in counted.rows.items() if after < 3 * before}
    assert few == {"site"}
    empty = {table for table, (before, _) in counted.rows.items() if not before}
    assert empty == set()


@pytest.mark.parametrize("who", PEOPLE)
def test_pages_answer_alike(counted, who):
    """A page that refuses, or shows something else, would count nothing."""
    few, many = (
        {page: told[0] for (asks, page), told in counts.items() if asks == who}
        for counts in (counted.few, counted.many)
    )
    assert few == many
    assert set(few.values()) <= {200, 303, 403, 422}


@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_takes_more_statements_for_more(counted, who):
    grown = {
        page: (len(told[1]), len(counted.many[asks, page][1]))
        for (asks, page), told in counted.few.items()
        if asks == who and len(counted.many[asks, page][1]) > len(told[1])
    }
    assert grown == {}
