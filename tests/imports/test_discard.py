"""Uploads that nobody imports: discarded by hand, or after a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import g
from sqlalchemy import func, select

from portal.imports.service import WAITING_DAYS
from portal.models import AuditEntry, Import
from tests.browsing import hidden
from tests.imports.making import xlsx
from tests.imports.test_routes import Person


def as_(person):
    """Let another person act: the tests' app context would keep the first one's CSRF token."""
    g.pop("csrf_token", None)
    return person


def pasted(person, text, url="/imports"):
    """Post a text as a browser sends it, in parts."""
    page = person.client.get("/password")
    token = hidden(page, "csrf_token") if page.status_code == 200 else ""
    parts = {"csrf_token": token, "text": text}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    kind = "multipart/form-data; boundary=b"
    return person.client.post(url, data=f"{body}--b--\r\n".encode(), content_type=kind)


LIST = xlsx(["MAC"], ["001565aabb01"])


@pytest.fixture
def operator(client_as):
    return Person(client_as("operator"))


def count(session):
    return session.scalar(select(func.count()).select_from(Import))


def test_uploader_discards_after_a_question(operator, session):
    url = operator.upload(LIST, "mine.xlsx").location
    assert f'href="{url}/discard"' in operator.get(url).text
    assert "Discard “mine.xlsx”?" in operator.get(f"{url}/discard").text
    assert count(session) == 1
    answer = operator.post(f"{url}/discard")
    assert (answer.status_code, answer.location) == (303, "/imports")
    assert count(session) == 0
    assert session.scalar(
        select(AuditEntry.object_name).where(AuditEntry.action == "import.discard")
    )
    assert operator.post(f"{url}/discard").status_code == 404


def test_others_may_not_but_an_administrator_may(operator, client_as, session):
    admin = Person(client_as("admin"))
    url = admin.upload(LIST).location
    assert operator.get(f"{url}/discard").status_code == 403
    assert as_(operator).post(f"{url}/discard").status_code == 403
    assert f'href="{url}/discard"' not in operator.get(url).text
    assert count(session) == 1
    url = as_(operator).upload(LIST).location
    assert as_(admin).post(f"{url}/discard").status_code == 303
    assert count(session) == 1


def test_imported_list_cannot_be_discarded(operator, session):
    url = operator.upload(LIST).location
    operator.apply(url)
    answer = operator.post(f"{url}/discard")
    assert answer.status_code == 422
    assert "take the import back instead" in answer.text
    assert f'href="{url}/discard"' not in operator.get(url).text
    assert count(session) == 1


def test_viewer_may_not(client_as):
    viewer = Person(client_as("viewer"))
    assert viewer.get("/imports/1/discard").status_code == 403
    assert viewer.post("/imports/1/discard").status_code == 403


def test_waiting_uploads_go_after_a_month_and_imported_ones_stay(operator, session):
    names = ("old.xlsx", "imported.xlsx", "young.xlsx")
    urls = {name: operator.upload(LIST, name).location for name in names}
    operator.apply(urls["imported.xlsx"])
    session.expire_all()
    long_ago = datetime.now(UTC) - timedelta(days=WAITING_DAYS, minutes=1)
    for upload in session.scalars(select(Import).where(Import.filename != "young.xlsx")):
        upload.uploaded_at = long_ago
    session.commit()
    operator.upload(LIST, "new.xlsx")
    left = set(session.scalars(select(Import.filename)))
    assert left == {"imported.xlsx", "young.xlsx", "new.xlsx"}


def test_long_text_can_be_pasted_by_those_who_may_import_only(operator, client_as):
    lines = "MAC;Note\n" + "\n".join(f"0015650{n:05x};{'x' * 40}" for n in range(12_000))
    assert len(lines) > 600_000
    assert pasted(operator, lines).status_code == 303
    assert pasted(operator, lines, "/imports/1/choices").status_code == 413
    assert pasted(as_(Person(client_as("viewer"))), lines).status_code == 413
    assert pasted(as_(Person(client_as(""))), lines).status_code == 413


def test_text_beyond_the_upload_limit_is_refused(operator, app):
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    assert pasted(operator, "x" * 1_100_000).status_code == 413
