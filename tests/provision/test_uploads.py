"""What phones send: logs, contacts, overrides made on the phone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.devices import previews, setup_service
from portal.models import AuditEntry, Upload
from tests.browsing import send as browser_send
from tests.factories import make_device

MAC = "805ec01a2b31"


@pytest.fixture
def send(app, session, sealer):
    device = make_device(session, MAC, "T46S")
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    own = previews.addresses(session, device, sealer, "")[1]

    def send(name, content=b"", method="PUT"):
        return app.test_client().open(
            own + name, method=method, data=content, base_url="https://portal.test"
        )

    return send


def test_an_upload_is_kept_and_served_back(send):
    assert send(f"{MAC}-contact.xml", method="GET").status_code == 404
    assert send(f"{MAC}-contact.xml", b"<contacts/>").status_code == 201
    answer = send(f"{MAC}-Contact.xml", method="GET")
    assert answer.data == b"<contacts/>"
    assert answer.content_type == "application/octet-stream"


def test_a_name_that_the_family_does_not_declare_is_refused(send, session):
    assert send("evil.php", b"x").status_code == 404
    assert send(f"{MAC}.cfg", b"x").status_code == 404
    assert session.scalar(select(func.count()).select_from(Upload)) == 0


def test_an_upload_for_another_device_is_refused(send):
    assert send("805ec0000001-contact.xml", b"x").status_code == 404


def test_an_upload_beyond_the_limit_is_refused_and_nothing_kept(send, session):
    assert send(f"{MAC}-contact.xml", b"x" * (1024 * 1024 + 1)).status_code == 413
    assert session.scalar(select(func.count()).select_from(Upload)) == 0


def test_the_oldest_goes_when_there_are_too_many(app, session):
    from portal.extensions import db
    from portal.provision.uploads import UploadLimits, store

    device = make_device(session, MAC, "T46S")
    session.commit()
    for n in range(5):
        store(db.engine, device.id, f"{n}.log", b"x", UploadLimits(10, 3))
    assert sorted(session.scalars(select(Upload.name))) == ["2.log", "3.log", "4.log"]


def test_nobody_uploads_without_proof(app, session):
    make_device(session, MAC, "T46S")
    session.commit()
    answer = app.test_client().put(f"/p/{MAC}-contact.xml", data=b"x")
    assert answer.status_code == 401


def test_an_administrator_takes_an_upload_as_a_file_and_it_is_audited(send, session, client_as):
    send(f"{MAC}-contact.xml", b"<script>alert(1)</script>")
    session.rollback()  # see what the phone's request committed
    upload = session.scalars(select(Upload)).one()
    client = client_as("admin")
    tab = f"/devices/{MAC}?tab=uploads"
    assert f"{MAC}-contact.xml" in client.get(tab).text
    answer = browser_send(client, f"/devices/{MAC}/uploads/{upload.id}", page=tab)
    assert answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    session.rollback()
    assert "upload.take" in set(session.scalars(select(AuditEntry.action)))


def test_support_may_delete_an_upload_but_not_read_it(send, session, client_as):
    send(f"{MAC}-contact.xml", b"secret")
    session.rollback()  # see what the phone's request committed
    upload = session.scalars(select(Upload)).one()
    client = client_as("operator")
    tab, address = f"/devices/{MAC}?tab=uploads", f"/devices/{MAC}/uploads/{upload.id}"
    assert browser_send(client, address, page=tab).status_code == 403
    assert browser_send(client, f"{address}/delete", page=tab).status_code == 303
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Upload)) == 0
