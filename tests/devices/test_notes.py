"""Notes on a device, and the time line that they stand on: narrowed, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from portal.devices import history_queries, note_service
from portal.extensions import db
from portal.models import AuditEntry, CheckIn, Note
from tests.browsing import hidden, send, text_of
from tests.factories import ACTOR, assign, make_device, make_sip_account

MAC = "001565aabb01"
URL = f"/devices/{MAC}"
NOW = datetime(2026, 2, 14, 12, tzinfo=UTC)


@pytest.fixture
def device(session):
    device = make_device(session, MAC, "T31G", description="Lobby")
    assign(session, device, 1, make_sip_account(session, "101"))
    session.commit()
    return device


@pytest.fixture
def operator(client_as):
    return client_as("operator")


def fetched(device, minutes=0, reason=""):
    return CheckIn(
        at=NOW + timedelta(minutes=minutes), device_id=device.id, mac=MAC, filename=f"{MAC}.cfg",
        protocol="https", address="192.0.2.7", user_agent="", proof="token", status=200,
        reason=reason, tag="",
    )  # fmt: skip


def test_a_note_is_added_changed_and_deleted_by_who_wrote_it(session, operator, device):
    answer = send(operator, f"{URL}/notes", {"text": "Behind the plant <b>"})
    assert answer.location == f"{URL}?tab=timeline#tab"
    note = session.scalars(select(Note)).one()
    page = operator.get(f"{URL}?tab=timeline")
    assert "Behind the plant &lt;b&gt;" in page.text
    assert "operator-user" in text_of(page)
    url = f"{URL}/notes/{note.id}"
    data = {"version": hidden(operator.get(f"{url}/edit"), "version"), "text": "Under the desk"}
    assert send(operator, f"{url}/edit", data).status_code == 303
    assert send(operator, f"{url}/edit", data).status_code == 409  # from an old page
    assert "Under the desk" in text_of(operator.get(f"{url}/delete"))
    send(operator, f"{url}/delete")
    session.expire_all()
    assert session.scalars(select(Note)).all() == []
    told = [e.changes for e in session.scalars(select(AuditEntry)) if e.action.startswith("note")]
    assert told == [
        {"note": ["Behind the plant <b>", "Under the desk"]},
        {"note": ["Under the desk", None]},
    ]


def test_an_empty_note_is_refused_and_stays_on_the_time_line(operator, device):
    page = send(operator, f"{URL}/notes", {"text": "  "})
    assert page.status_code == 422
    assert "Write something, or leave it" in text_of(page)


def test_notes_of_others_are_left_alone(session, operator, device):
    note = note_service.add_note(session, ACTOR, NOW, device, "Mine")
    session.commit()
    page = operator.get(f"{URL}?tab=timeline")
    assert f"{URL}/notes/{note.id}/edit" not in page.text
    answer = send(operator, f"{URL}/notes/{note.id}/delete")
    assert answer.status_code == 422
    assert "This note is by factory" in text_of(answer)


def test_a_viewer_reads_notes_and_writes_none(session, client_as, device):
    note_service.add_note(session, ACTOR, NOW, device, "Seen by all")
    session.commit()
    viewer = client_as("viewer")
    words = text_of(viewer.get(f"{URL}?tab=timeline"))
    assert "Seen by all" in words
    assert "Add the note" not in words
    assert send(viewer, f"{URL}/notes", {"text": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("kind", "seen", "hidden_words"),
    [
        ("fetches", "Fetched", ["Refused", "Account changed", "A note"]),
        ("refusals", "set-up window is closed", ["Fetched", "A note"]),
        ("changes", "Account changed", ["Fetched", "A note"]),
        ("notes", "A note", ["Fetched", "Account changed"]),
        ("imports", "Nothing of this kind", ["Fetched", "A note"]),
    ],
)
def test_the_time_line_is_narrowed(session, operator, device, kind, seen, hidden_words):
    session.add_all([fetched(device), fetched(device, 1, "set-up window is closed")])
    note_service.add_note(session, ACTOR, NOW, device, "A note")
    session.commit()
    words = text_of(operator.get(f"{URL}?tab=timeline&kind={kind}")).split("Imports Notes")[-1]
    assert seen in words
    assert not [word for word in hidden_words if word in words]


def test_the_time_line_has_pages(session, operator, device):
    session.add_all([fetched(device, minutes) for minutes in range(120)])
    session.commit()
    page = operator.get(f"{URL}?tab=timeline&kind=fetches&page=3")
    assert "101–120 of 120 entries" in text_of(page)
    assert page.text.count("Fetched ") == 20
    kept = "Requests of phones are kept 180 days."
    assert kept in page.text
    assert kept not in operator.get(f"{URL}?tab=timeline&kind=fetches&page=2").text
    assert kept not in operator.get(f"{URL}?tab=timeline&kind=changes").text
    nothing = operator.get(f"{URL}?tab=timeline&kind=refusals").text
    assert "Nothing of this kind" in nothing
    assert kept in nothing


def test_of_what_happened_at_one_time_the_last_comes_first(session, device):
    for word in ("One", "Two"):
        session.add(AuditEntry(
            at=NOW, actor="x", action="device.edit", object_type="device", object_id=device.id,
            object_name=device.mac, changes={"description": ["", word]}, address="",
        ))  # fmt: skip
        session.add(fetched(device, reason=word))
        note_service.add_note(session, ACTOR, NOW, device, word)
        session.flush()
    found = history_queries.page_of(session, device, "", True, 1, 50)
    edits = [act[0].changes["description"][1] for act in found.acts if act[0].at == NOW]
    assert [one for one in edits if one] == ["Two", "One"]
    assert [one.reason for one in found.check_ins] == ["Two", "One"]
    assert [one.text for one in found.notes] == ["Two", "One"]


def test_a_page_takes_as_many_statements_however_much_happened(session, device):
    def count():
        statements = []
        listen = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        history_queries.page_of(session, device, "", True, 1, 50)
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(statements)

    note_service.add_note(session, ACTOR, NOW, device, "One")
    session.add(fetched(device))
    session.commit()
    few = count()
    session.add_all([fetched(device, minutes) for minutes in range(40)])
    for number in range(10):
        note_service.add_note(session, ACTOR, NOW, device, f"Note {number}")
    session.commit()
    assert count() == few
