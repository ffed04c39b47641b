from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from portal.audit import queries
from portal.extensions import db
from portal.models import AuditEntry
from tests.browsing import send, text_of
from tests.factories import make_customer, make_device, make_profile, make_sip_account

NOON = datetime(2026, 2, 14, 12, 0, tzinfo=UTC)
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def operator(client_as):
    return client_as("operator")


def entry(session, action="device.update", at=NOON, actor="anna", **facts):
    told = {"object_type": "robot", "object_id": None, "object_name": "Robot", "changes": {}}
    made = AuditEntry(at=at, actor=actor, action=action, address="192.0.2.7", **(told | facts))
    session.add(made)
    session.commit()
    return made


def rows_of(page):
    return page.text.count("<tr>") - 1


def test_entry_says_who_did_what_to_what_and_from_where(session, operator):
    device = make_device(session, "805ec0000001")
    changes = {"description": ["Lobby", "Bar"], "sip.registrar_host": [None, "sip.example.net"]}
    entry(session, object_type="device", object_id=device.id, object_name=device.mac,
          changes=changes)  # fmt: skip
    page = operator.get("/audit?user=anna")
    text = text_of(page)
    assert re.search(r"2026-02-14 12:00 UTC \d+ \w+ ago anna 192\.0\.2\.7 Changed", text)
    assert "Changed 80:5E:C0:00:00:01" in text
    assert "description: Lobby → Bar" in text
    assert "SIP server: sip.example.net" in text
    assert '<a href="/devices/805ec0000001" class="mac">' in page.text
    assert f'href="/audit?object=device:{device.id}"' in page.text


def test_what_was_masked_stays_masked(session, operator):
    make_sip_account(session, "101", "Secret-of-the-account")
    session.commit()
    page = operator.get("/audit")
    assert "Account made" in page.text
    assert "Secret-of-the-account" not in page.text


def test_object_that_is_gone_has_no_link(session, operator):
    entry(session, "device.delete", object_type="device", object_id=999, object_name="805ec0000009")
    page = operator.get("/audit?user=anna")
    assert "80:5E:C0:00:00:09" in page.text
    assert "/devices/805ec0000009" not in page.text


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("user=ben", {"Account changed"}),
        ("group=accounts", {"Account changed"}),
        ("object=device:7", {"Locked"}),
        ("since=2026-02-15", {"Customer changed"}),
        ("until=2026-02-14&since=2026-02-14", {"Locked", "Account changed"}),
        ("q=lobby", {"Locked"}),
        ("q=Stra%C3%9Fe", {"Customer changed"}),
        ("q=80-5e-c0-00-00-01", {"Locked"}),
        ("user=ben&group=devices", set()),
        ("group=nonsense&since=yesterday&object=x", {"Locked", "Account changed",
                                                     "Customer changed"}),
    ],
)  # fmt: skip
def test_each_filter_narrows(session, operator, query, actions):
    entry(session, "device.lock", object_type="device", object_id=7, object_name="805ec0000001",
          changes={"description": ["Lobby", "Bar"]})  # fmt: skip
    entry(session, "account.update", actor="ben")
    entry(session, "customer.update", NOON + timedelta(days=1), changes={"note": ["", "Straße"]})
    found = text_of(operator.get(f"/audit?{query}"))
    for words in ("Locked", "Account changed", "Customer changed"):
        assert (words in found) is (words in actions)


def test_entries_of_an_import_are_found_and_linked(session, operator):
    from portal.models import Import

    upload = Import(filename="phones.csv", sha256="0" * 64, content=b"", uploaded_by="anna")
    session.add(upload)
    session.flush()
    entry(session, "device.create", import_id=upload.id)
    entry(session, "device.lock")
    page = operator.get(f"/audit?import_id={upload.id}")
    assert f'by the import <a href="/imports/{upload.id}">phones.csv</a>' in page.text
    assert "Locked" not in page.text
    assert f'<option selected value="{upload.id}">Import {upload.id}</option>' in page.text
    told = {"object_type": "import", "object_id": upload.id, "object_name": "phones.csv"}
    entry(session, "import.apply", **told)
    assert f'<option value="{upload.id}">phones.csv, 2026-02-14</option>' in (
        operator.get("/audit").text
    )


def test_pages_go_back_without_losing_or_repeating_an_entry(app, session, operator):
    app.config["PORTAL"] = _with_rows(app, 2)
    at_once = [entry(session, object_name=f"Robot {n}") for n in range(5)]  # all at the same time
    assert len({made.at for made in at_once}) == 1
    seen, url = [], "/audit?user=anna"
    while url:
        page = operator.get(url)
        seen += [n for n in range(4, -1, -1) if f"Robot {n}" in page.text]
        older = page.text.partition('rel="next"')[0].rpartition('<a class="btn')[2]
        url = older.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
        url = url if 'rel="next"' in page.text else ""
    assert seen == [4, 3, 2, 1, 0]


def _with_rows(app, count):
    from dataclasses import replace

    return replace(app.config["PORTAL"], rows_per_page=count)


def test_text_is_sought_in_stretches_that_the_page_names(session, operator, monkeypatch):
    monkeypatch.setattr(queries, "STRETCH", 3)
    entry(session, object_name="Needle", at=NOON - timedelta(days=1))
    for n in range(3):
        entry(session, at=NOON + timedelta(minutes=n))
    page = operator.get("/audit?user=anna&q=needle")
    assert "looked back to 2026-02-14 12:00 UTC" in text_of(page)
    assert "Look further back" in page.text
    mark = queries.Mark(NOON, session.query(AuditEntry.id).filter_by(at=NOON).scalar())
    assert "Needle" in operator.get(f"/audit?user=anna&q=needle&behind={mark}").text


def test_mark_comes_back_from_an_address():
    mark = queries.Mark(datetime(2026, 2, 14, 12, 0, 0, 123456, tzinfo=UTC), 7)
    assert queries.read_mark(str(mark)) == mark
    assert queries.read_mark("99999999999999999-1").at.year == 5138
    for text in ("", "7", "a-b", "1-", "-5-1", "9" * 18 + "-1"):
        assert queries.read_mark(text) is None


def test_export_holds_what_the_filter_shows_and_is_audited(session, operator):
    entry(session, changes={"description": ["Lobby", "=Bar"]}, object_name="=1+1")
    entry(session, actor="ben")
    answer = operator.get("/audit/export.csv?user=anna", buffered=True)
    [row] = csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert row["Who"] == "anna"
    assert row["Changes"] == "description: Lobby → =Bar"
    assert row["Object"] == "'=1+1"
    assert json.loads(row["Changes as JSON"]) == {"description": ["Lobby", "=Bar"]}
    noted = session.query(AuditEntry).filter_by(action="audit.export").one()
    assert noted.changes == {"rows": [None, 1], "filter": [None, {"user": "anna"}]}


def undo_of(page):
    return re.findall(r'action="(/devices/\w+/changes/\d+/undo)"', page.text)


def test_last_change_of_a_device_is_taken_back_from_here(session, operator, client_as):
    lobby = make_device(session, "805ec0000001", description="Bar")
    bar = make_device(session, "805ec0000002", description="New")
    about = {"object_type": "device", "object_id": lobby.id, "object_name": lobby.mac}
    entry(session, **about, changes={"description": ["Hall", "Lobby"]})
    last = entry(session, **about, changes={"description": ["Lobby", "Bar"]})
    entry(session, "device.create", object_type="device", object_id=bar.id, object_name=bar.mac)
    page = operator.get("/audit")
    assert undo_of(page) == [f"/devices/{lobby.mac}/changes/{last.id}/undo"]
    assert send(operator, undo_of(page)[0]).status_code == 303
    session.refresh(lobby)
    assert lobby.description == "Lobby"


SECRET = {"admin.password": [None, "changed"]}


@pytest.mark.parametrize(
    "facts", [{"import_id": 1}, {"changes": SECRET}], ids=["with an import", "of a secret"]
)
def test_what_cannot_be_taken_back_has_no_button_for_it(session, operator, facts):
    from portal.models import Import

    session.add(Import(filename="a.csv", sha256="0" * 64, content=b"", uploaded_by="anna"))
    device = make_device(session)
    about = {"object_type": "device", "object_id": device.id, "object_name": device.mac}
    entry(session, **about, **facts)
    assert undo_of(operator.get("/audit")) == []


def test_fragment_alone_is_sent_to_htmx_with_a_short_address(operator):
    page = operator.get("/audit?q=&user=anna&group=&since=", headers=HX)
    assert "<html" not in page.text
    assert page.headers["HX-Push-Url"] == "/audit?user=anna"


def test_viewers_may_not_see_it(client_as):
    viewer = client_as("viewer")
    assert viewer.get("/audit").status_code == 403
    assert 'href="/audit"' not in viewer.get("/devices").text


def test_page_takes_as_many_statements_for_one_of_each_as_for_many(session, operator):
    def count():
        session.rollback()  # each count begins outside of a transaction
        statements = []
        listen = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        assert operator.get("/audit").status_code == 200
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(statements)

    def world(n):
        for _ in range(n):
            customer = make_customer(session)
            make_device(session, customer=customer)
            make_sip_account(session, customer=customer)
            make_profile(session)
        session.commit()

    world(1)
    count()  # the first one of a session does more
    few = count()
    world(6)
    assert count() == few


@pytest.mark.parametrize("kind", ["device", "account", "customer", "profile"])
def test_pages_link_to_their_history(session, client_as, kind):
    made = {
        "device": make_device(session),
        "account": make_sip_account(session),
        "customer": make_customer(session),
        "profile": make_profile(session),
    }
    session.commit()
    thing = made[kind]
    url = {
        "device": f"/devices/{made['device'].mac}",
        "account": f"/accounts/{thing.id}",
        "customer": f"/customers/{thing.id}",
        "profile": f"/profiles/{thing.id}",
    }[kind]
    name = {"account": "sip_account"}.get(kind, kind)
    admin = client_as("admin")
    history = f"/audit?object={name}:{thing.id}"
    assert f'href="{history}"' in admin.get(url).text
    assert "Only about" in admin.get(history).text
