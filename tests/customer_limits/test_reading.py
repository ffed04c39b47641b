"""Users limited to some customers read nothing of another one: not a word, not a number."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import (
    update,
)
from werkzeug.test import TestResponse

from portal import models
from portal.devices import port_service
from portal.devices import service as devices
from portal.devices.service import DeviceFacts
from portal.extensions import db
from tests.browsing import text_of
from tests.factories import ACTOR
from tests.routes import address_of, named, page_rules
from tests.world import LONG_AGO, WORD

TIMELY = {"Date", "Set-Cookie", "Content-Length", "ETag", "Last-Modified", "Vary"}
CSRF_TOKEN = re.compile(r"[\w-]{30,}\.[\w-]{6}\.[\w-]{27}")
# When a form was drawn stands behind the mark of what it acts on.
DRAWN_AT = re.compile(r"(?<=[0-9a-f]{16}) \d{10}")
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def words_of(answer: TestResponse) -> str:
    """Return an answer as text, workbooks unpacked, without what differs from time to time."""
    text = _unpacked(answer.data) if answer.data.startswith(b"PK") else answer.text
    told = sorted(pair for pair in answer.headers.items() if pair[0] not in TIMELY)
    return DRAWN_AT.sub("version", CSRF_TOKEN.sub("token", text)) + str(told)


def _unpacked(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = [name for name in book.namelist() if name != "docProps/core.xml"]
        return "".join(book.read(name).decode() for name in parts)


def get(client: FlaskClient, address: str, headers: Mapping[str, str]) -> str:
    return words_of(client.get(address, headers=headers, buffered=True))


SEARCHES = {
    "search.index": ["?q={word}", "?q={mac}", "?q={end}", "?q=serial-{word}", "?q=Desk"],
    "dashboard.index": ["?hours=48"],
    "unknown_phones.index": ["?q={word}", "?customer={customer}", "?show=all"],
    "unknown_phones.export": ["?q={word}", "?show=all"],
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
    "audit.index": ["?q={word}", "?q={mac}", "?group=devices", "?object=customer:{customer}"],
    "audit.export": ["?q={word}"],
    "imports.show": ["?outcome=new", "?outcome=left_out"],
}

# A key, or a question to a passkey, is another one each time.
BY_LOT = {"users.new_app", "users.new_passkey", "users.go_to_provider", "users.come_back"}


@pytest.mark.parametrize("rule", page_rules("GET"), ids=named)
def test_every_page_is_what_it_would_be_without_the_other_customer(world, rule):
    address = address_of(world.app, rule, world.shared, world.mine)
    known = {"word": WORD, "customer": world.theirs.customer.id, "mac": world.theirs.device.mac}
    known["end"] = world.theirs.device.mac[-4:]
    searches = [told.format(**known) for told in SEARCHES.get(rule[2], [])]
    for who in ("limited", "limited_viewer"):
        for query in ("", *searches):
            for headers in ({}, HX):
                client = world.client(who)
                world.without_theirs.restore()
                alone = get(client, address + query, headers)
                world.full.restore()
                together = get(client, address + query, headers)
                if rule[2] not in BY_LOT:
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


def test_what_is_counted_for_the_whole_portal_is_not_on_their_dashboard(world):
    for who in ("limited", "limited_viewer"):
        client = world.client(who)
        page = client.get("/").text
        assert "<h1>Dashboard</h1>" in page
        assert "Requests per hour" not in page
        assert "Why phones got no file" not in page
        assert "reason mine" in client.get("/refusals?reason=cannot+be+made").text
    page = world.client("admin").get("/")
    assert "0 served, 2 without a file of their own" in text_of(page)
    assert 'aria-label="2 requests: cannot be made"' in page.text


def test_end_of_a_mac_finds_the_own_device_alone(world):
    end = world.mine.device.mac[-4:]
    assert world.theirs.device.mac.endswith(end)
    assert world.client("limited").get(f"/search?q={end}").location == "/devices/805ec0100000#ports"
    assert world.client("admin").get(f"/search?q={end}").status_code == 200


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
