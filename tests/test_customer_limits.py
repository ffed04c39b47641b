"""Users limited to some customers: nothing of another customer is read or changed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import (
    JSON,
    String,
    Text,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased
from werkzeug.test import TestResponse

from portal import customer_limits, jobs, models
from portal.customer_limits import LIMITED
from portal.devices import port_service
from portal.devices import service as devices
from portal.devices.service import DeviceFacts
from portal.errors import RuleBroken
from portal.extensions import Base, db
from portal.models import user_customers
from portal.users import limit_service
from tests.browsing import hidden, send
from tests.factories import ACTOR
from tests.routes import address_of, named, page_rules
from tests.stored import rows_in, unchanged
from tests.test_architecture import MODULES
from tests.world import LONG_AGO, WORD, World, open_world

TIMELY = {"Date", "Set-Cookie", "Content-Length", "ETag", "Last-Modified", "Vary"}
CSRF_TOKEN = re.compile(r"[\w-]{30,}\.[\w-]{6}\.[\w-]{27}")
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}

# What belongs to the portal as a whole, and is a matter of permissions alone.
PORTALS = {
    models.ColumnMapping, models.CustomFamily, models.FirmwareFile, models.Profile,
    models.ProfileVersion, models.Site, models.User,
}  # fmt: skip
# Texts that can hold no word of a customer's own.
CODES = {
    "object_type", "action", "state", "vendor", "family", "model", "mac", "protocol", "proof",
    "trust_level", "role", "sha256", "plan_digest", "token_hash", "site_token_hash", "digest_user",
    "window_address", "applied_by", "uploaded_by", "queued_by", "queued_from", "failure", "address",
    "office", "mobile", "other", "actor", "networks", "options", "kind", "scope",
    "lifted_by", "old_proofs", "old_token_hash", "old_digest_user", "reset_address",
    "trust_level_then",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("limits") / "instance") as made:
        yield made


@pytest.fixture(autouse=True)
def _as_made(world: World) -> None:
    world.full.restore()


def words_of(answer: TestResponse) -> str:
    """Return an answer as text, workbooks unpacked, without what differs from time to time."""
    text = _unpacked(answer.data) if answer.data.startswith(b"PK") else answer.text
    told = sorted(pair for pair in answer.headers.items() if pair[0] not in TIMELY)
    return CSRF_TOKEN.sub("token", text) + str(told)


def _unpacked(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = [name for name in book.namelist() if name != "docProps/core.xml"]
        return "".join(book.read(name).decode() for name in parts)


# -- that the test tests


def test_every_table_is_limited_or_named_as_the_portals():
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    assert tables - LIMITED == PORTALS, (
        "is it a customer's? then customer_limits/within.py wants it"
    )


@pytest.mark.parametrize("model", sorted(LIMITED, key=lambda model: model.__name__))
def test_every_text_of_the_other_customer_holds_the_word(world, model):
    columns = [
        column.name
        for column in model.__table__.columns
        if isinstance(column.type, String | Text | JSON)
        and column.name not in CODES
        and not column.name.endswith("_sealed")
    ]
    with world.app.app_context():
        rows = db.session.query(model).all()
        for name in columns:
            told = [str(getattr(row, name)) for row in rows]
            assert any(WORD in text for text in told), f"{model.__name__}.{name} of the canary"


# -- reading


def get(client: FlaskClient, address: str, headers: Mapping[str, str]) -> str:
    return words_of(client.get(address, headers=headers, buffered=True))


SEARCHES = {
    "devices.index": ["?q={word}", "?customer={customer}", "?q={mac}", "?q=Desk", "?seen=yes"],
    "devices.export": ["?q={word}", "?customer={customer}"],
    "devices.show": [f"?tab={tab}" for tab in ("files", "timeline", "setup", "uploads")],
    "devices.choose_account": ["?q={word}", "?q=free"],
    "devices.show_port": ["?q={word}"],
    "sip_accounts.index": ["?q={word}", "?customer={customer}", "?use=free", "?use=used"],
    "sip_accounts.export": ["?q={word}", "?customer={customer}"],
    "customers.index": ["?q={word}"],
    "customers.export": ["?q={word}"],
    "contacts.index": ["?q={word}"],
    "imports.show": ["?outcome=new", "?outcome=left_out"],
}


@pytest.mark.parametrize("rule", page_rules("GET"), ids=named)
def test_every_page_is_what_it_would_be_without_the_other_customer(world, rule):
    address = address_of(world.app, rule, world.shared, world.mine)
    known = {"word": WORD, "customer": world.theirs.customer.id, "mac": world.theirs.device.mac}
    searches = [told.format(**known) for told in SEARCHES.get(rule[2], [])]
    for who in ("limited", "limited_viewer"):
        for query in ("", *searches):
            for headers in ({}, HX):
                client = world.client(who)
                world.without_theirs.restore()
                alone = get(client, address + query, headers)
                world.full.restore()
                together = get(client, address + query, headers)
                assert together == alone, f"{who} sees a difference on {address}{query}"
                if known["word"] not in query and known["mac"] not in query:
                    assert WORD not in together
                    assert world.theirs.device.mac not in together.lower().replace(":", "")


def test_limited_user_sees_what_is_of_the_own_customer(world):
    client = world.client("limited")
    assert "80:5E:C0:10:00:00" in client.get("/devices").text
    timeline = client.get("/devices/805ec0100000?tab=timeline").text
    assert "reason mine" in timeline
    assert "Own settings changed" in timeline
    assert "list-mine.csv" in client.get("/imports").text
    assert "Mine Ltd" in client.get("/customers").text.replace("mine Ltd", "Mine Ltd")


def test_administrator_sees_both(world):
    page = world.client("admin").get("/devices").text
    assert "80:5E:C0:10:00:00" in page
    assert "80:5E:C0:20:00:00" in page


def test_what_a_device_had_at_another_customer_before_stays_theirs(world):
    with world.app.app_context():
        session, now = db.session(), datetime.now(UTC)
        device = session.get(models.Device, world.theirs.device.id)
        config = world.app.config["PORTAL"]
        port_service.assign_port(session, ACTOR, config, now, device, 1, None)
        facts = DeviceFacts("T46U", customer=session.get(models.Customer, world.mine.customer.id))
        devices.update_device(session, ACTOR, config, datetime.now(UTC), device, facts)
        earlier = update(models.CheckIn).values(at=LONG_AGO)
        session.execute(earlier.where(models.CheckIn.device_id == device.id))
        earlier = update(models.Upload).values(uploaded_at=LONG_AGO)
        session.execute(earlier.where(models.Upload.device_id == device.id))
        port_service.label_port(session, ACTOR, now, device, 2, "Own label")
        session.commit()
    for tab in ("timeline", "uploads"):
        page = world.client("limited").get(f"/devices/{world.theirs.device.mac}?tab={tab}").text
        assert "Own label" in page
        assert WORD not in page.partition('id="tab"')[2]
    assert WORD in world.client("admin").get(f"/devices/{device.mac}?tab=timeline").text


# -- writing

GUESSES = [
    # An account of another customer on an own port.
    ("/devices/{mac}/ports/2", {"account": "{their_account}"}, 422),
    # Customers that are no choice, and none at all, which is stock.
    ("/devices/{mac}/edit", {"model": "T46U", "customer": "{their_customer}"}, 422),
    ("/devices/{mac}/edit", {"model": "T46U", "customer": ""}, 422),
    ("/devices", {"mac": "805ec0300000", "model": "T46U", "customer": "{their_customer}"}, 422),
    ("/devices", {"mac": "805ec0300000", "model": "T46U", "customer": ""}, 422),
    # What is unique in the whole portal, and taken outside.
    ("/devices", {"mac": "{their_mac}", "model": "T46U", "customer": "{customer}"}, 422),
    (
        "/devices",
        {"mac": "805ec0300000", "model": "T46U", "customer": "{customer}",
         "inventory_id": "tag-{word}"},
        422,
    ),
    # Things of another customer below an own one.
    ("/customers/{customer}/contacts/{their_contact}/edit", {"name": "Taken over"}, 404),
    ("/customers/{customer}/contacts/{their_contact}/delete", {}, 404),
    ("/devices/{mac}/uploads/{their_upload}/delete", {}, 404),
]  # fmt: skip


@pytest.mark.parametrize(("address", "data", "status"), GUESSES)
def test_guessed_ids_change_nothing_and_tell_nothing(world, address, data, status):
    client = world.client("limited")
    known = {
        "word": WORD,
        "mac": world.mine.device.mac,
        "customer": world.mine.customer.id,
        "their_mac": world.theirs.device.mac,
        "their_account": world.theirs.free.id,
        "their_customer": world.theirs.customer.id,
        "their_contact": world.theirs.contact.id,
        "their_upload": world.theirs.upload.id,
    }
    address = address.format(**known)
    form = {name: text.format(**known) for name, text in data.items()}
    page = client.get(address if "/edit" in address else f"/devices/{world.mine.device.mac}")
    if marks := re.findall(r'name="version"[^>]* value="([^"]*)"', page.text):
        form["version"] = marks[0]
    if "/ports/" in address:
        form["version"] = hidden(client.get(address), "version")
    with unchanged(world.file):
        answer = send(client, address, form)
    assert answer.status_code == status
    assert WORD not in answer.text.replace(f"tag-{WORD}", "")


def upload(world: World, *lines: str, customer: str = "") -> str:
    """Upload a list as the limited operator; returns the address of its page."""
    text = "\n".join(["MAC;Model;Customer;Inventory ID", *lines])
    answer = send(world.client("limited"), "/imports", {"text": text, "customer": customer})
    assert answer.status_code == 303, answer.text
    return answer.location


ROWS = {
    "805ec0200000;T46U;mine Ltd;": "belongs to another customer",
    f"805ec0400001;T46U;{WORD} Ltd;": "There is no customer",
    "805ec0400001;T46U;Nobody Ltd;": "There is no customer",
    "805ec0400001;T46U;;": "No customer is given",
    "805ec0100000;T46U;-clear-;": "No customer is given",
    f"805ec0400001;T46U;mine Ltd;tag-{WORD}": "belongs to a device of another customer",
}


@pytest.mark.parametrize(("row", "why"), ROWS.items())
def test_rows_for_others_are_held_back_and_the_rest_is_imported(world, row, why):
    client = world.client("limited")
    address = upload(world, row, "805ec0400002;T46U;mine Ltd;")
    page = client.get(address)
    assert why in page.text
    assert WORD in row or WORD not in page.text
    before = rows_in(world.file)["devices"]
    answer = send(client, f"{address}/apply", {"digest": hidden(page, "digest")})
    assert answer.status_code == 303
    after = rows_in(world.file)["devices"]
    assert after[:-1] == before
    assert "805ec0400002" in after[-1]


def test_file_that_somebody_else_looked_at_is_compared_anew(world):
    row = f"{world.theirs.device.mac};T46U;{WORD} Ltd;"
    text = "\n".join(["MAC;Model;Customer;Inventory ID", row])
    other = world.client("operator")
    seen = other.get(send(other, "/imports", {"text": text}).location).text
    assert "unchanged" in seen
    page = world.client("limited").get(upload(world, row)).text
    assert "belongs to another customer" in page


def test_own_import_can_be_taken_back_and_that_of_others_not(world):
    client = world.client("limited")
    before = rows_in(world.file)["devices"]
    assert send(client, f"/imports/{world.theirs.applied.id}/undo").status_code == 404
    assert rows_in(world.file)["devices"] == before
    assert send(client, f"/imports/{world.mine.applied.id}/undo").status_code == 303
    gone = set(before) - set(rows_in(world.file)["devices"])
    assert [row[1] for row in gone] == ["805ec0100002"]


def test_long_import_is_stored_within_the_limits_of_who_asked(world):
    config = world.app.config["PORTAL"]
    world.app.config["PORTAL"] = replace(config, import_at_once_rows=0)
    try:
        address = upload(world, "805ec0400002;T46U;mine Ltd;")
        page = world.client("limited").get(address)
        send(world.client("limited"), f"{address}/apply", {"digest": hidden(page, "digest")})
        with world.app.app_context():
            user = db.session.scalar(select(models.User).where(models.User.name == "limited"))
            user.customers = [db.session.get(models.Customer, world.theirs.customer.id)]
            db.session.commit()
        before = rows_in(world.file)["devices"]
        with world.app.app_context():
            jobs.store_import(world.app, int(address.rpartition("/")[2]))
    finally:
        world.app.config["PORTAL"] = config
    assert rows_in(world.file)["devices"] == before
    assert "Something changed since this preview" in world.client("limited").get(address).text


def test_limit_holds_from_the_next_click_on_and_ends_with_it(world):
    client, address = world.client("operator"), f"/devices/{world.theirs.device.mac}"
    assert client.get(address).status_code == 200
    for customers, status in (([world.mine.customer.id], 404), (None, 200)):
        with world.app.app_context():
            session = db.session()
            user = session.scalar(select(models.User).where(models.User.name == "operator"))
            chosen = customers and [session.get(models.Customer, one) for one in customers]
            limit_service.limit_to_customers(session, ACTOR, user, chosen)
            session.commit()
        assert client.get(address).status_code == status


def test_user_whose_last_customer_is_deleted_sees_nothing(world):
    with world.app.app_context():
        db.session.execute(delete(user_customers))
        db.session.commit()
    page = world.client("limited").get("/devices").text
    assert "80:5E:C0" not in page


def test_limited_administrator_changes_nothing_that_all_customers_share(world):
    with world.app.app_context():
        user = db.session.scalar(select(models.User).where(models.User.name == "limited"))
        user.role = "admin"  # as no page and no command lets it be
        db.session.commit()
    client = world.client("limited")
    assert client.get("/profiles/new").status_code == 403
    assert client.get(f"/devices/{world.theirs.device.mac}").status_code == 404


# -- the session itself


@pytest.fixture
def limited(world: World) -> Iterator[Session]:
    """A session limited to the own customer, with a device of the other one loaded before."""
    with world.app.app_context():
        session = db.session()
        loaded = session.get(models.Device, world.theirs.device.id)
        assert loaded in session
        user = session.scalar(select(models.User).where(models.User.name == "limited"))
        customer_limits.limit(session, user)
        yield session
        session.rollback()


def test_what_was_loaded_before_is_not_there_any_more(world, limited):
    assert limited.get(models.Device, world.theirs.device.id) is None
    assert limited.get(models.Device, world.mine.device.id) is not None


Device, Port, Account = models.Device, models.Port, models.SipAccount
STATEMENTS = [
    select(func.count()).select_from(Device),
    select(func.count(Device.id)),
    select(func.count()).where(Device.id > 0),
    select(func.count()).select_from(select(Device).subquery()),
    select(func.count()).select_from(select(Device.mac).cte()),
    select(func.count()).select_from(union_all(select(Device.id), select(Device.id)).subquery()),
    select(models.Customer.name).outerjoin(Device, Device.customer_id == models.Customer.id),
    select(Account.user_name).where(exists().where(Port.account_id == Account.id)),
    select(literal(1)).where(exists(select(Device.id).where(Device.serial == f"serial-{WORD}"))),
    select(func.max(Port.number)).where(Port.device_id.in_(select(Device.id))),
    select(Device.mac, select(func.count(Port.id)).scalar_subquery()),
    select(func.coalesce(models.Customer.note, Device.serial)).select_from(Device).join(
        models.Customer
    ),
]  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_no_form_of_a_statement_sees_more(world, limited, statement):
    together = limited.execute(statement).all()
    limited.rollback()
    world.without_theirs.restore()
    assert limited.execute(statement).all() == together
    customer_limits.limit(limited, None)
    limited.rollback()
    world.full.restore()
    assert WORD not in str(together)


def test_relationships_lead_to_nothing_outside(world, limited):
    shared = insert(Account.__table__).values(
        user_name="shared", auth_name="", password_sealed="", display_name="", external_id="",
        is_enabled=True, created_at=LONG_AGO, version=1,
    )  # fmt: skip
    with db.engine.begin() as connection:
        number = connection.execute(shared).inserted_primary_key[0]
        ports = Port.__table__
        for device in (world.mine.device.id, world.theirs.device.id):
            values = {"device_id": device, "number": 9, "label": "", "settings": {}}
            connection.execute(insert(ports).values(account_id=number, **values))
    limited.rollback()
    device = limited.get(Device, world.mine.device.id)
    account = next(port for port in device.ports if port.number == 9).account
    assert account.user_name == "shared"
    assert [port.device_id for port in account.ports] == [world.mine.device.id]


def test_update_and_delete_in_bulk_stay_inside(world, limited):
    theirs = rows_in(world.file)["contacts"][-1]
    limited.execute(update(models.Contact).values(office="999"))
    limited.execute(delete(models.Upload))
    limited.commit()
    assert theirs in rows_in(world.file)["contacts"]
    assert [row[2] for row in rows_in(world.file)["uploads"]] == [f"log-{WORD}.txt"]


def test_rows_outside_are_not_stored(world, limited):
    theirs = world.theirs.customer.id
    mine = limited.get(Device, world.mine.device.id)
    for row in (
        models.Contact(customer_id=theirs, name="New"),
        Device(mac="805ec0300000", customer_id=theirs),
        Device(mac="805ec0300000"),
        models.Customer(name="New", site_token_hash="x", site_token_sealed="x"),
    ):
        limited.add(row)
        with pytest.raises(RuleBroken, match="what belongs to your customers"):
            limited.flush()
        limited.rollback()
    mine.customer_id = theirs
    with pytest.raises(RuleBroken, match="what belongs to your customers"):
        limited.flush()


def test_statements_that_cannot_be_kept_inside_are_refused(limited):
    for statement in (
        text("SELECT mac FROM devices"),
        select(Device.__table__.c.mac),
        insert(Device).values(mac="805ec0300000"),
        select(Device.mac).join(aliased(Device), Device.id > 0),
    ):
        with pytest.raises(RuntimeError):
            limited.execute(statement)


# Connections know no limits, and `beyond` says that it looks past them; each has its reason.
REACHES_BEYOND = {
    "customer_limits": "it makes them",
    "customer_limits.within": "they are made of these",
    "extensions": "it opens the transaction",
    "": "it hands the engine to the phones' road",
    "custom_families.queries": "families are the portal's",
    "catalogue.routes": "families are the portal's",
    "devices.page": "the device was found within the limits",
    "devices.setting_routes": "the device was found within the limits",
    "devices.service": "a MAC or inventory id is taken, and nothing more",
    "imports.apply": "its own entries, of this transaction",
    "imports.bulk": "rows that create.py has checked",
    "imports.previews": "whether anything was written at all",
    "imports.queries": "a MAC or inventory id is taken, and nothing more",
}
_BEYOND = re.compile(
    r"\bbeyond\(|\.connection\(|__table__|db\.engine|^from sqlalchemy.* text\b", re.MULTILINE
)


def test_who_looks_beyond_the_limits_is_known():
    found = {
        name
        for name, path in MODULES.items()
        if _BEYOND.search(path.read_text(encoding="utf-8"))
        and not name.startswith(("provision", "cli"))
    }
    assert found - REACHES_BEYOND.keys() == set(), "what may a limited user not see of it?"
