"""The firmware page."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.models import FirmwareFile
from tests.browsing import hidden

URL = "https://localhost"


@pytest.fixture
def send(client_as):
    """Upload as an administrator would, in the browser."""
    client = client_as("admin")

    def send(content=b"image", name="T46U.rom", **changes):
        data = {
            "csrf_token": csrf_of(client),
            "family": "yealink",
            "version": "108.87.0.15",
            "models": ["T46U", "T48U"],
            "file": (io.BytesIO(content), name),
            **changes,
        }
        return client.post("/firmware", data=data, base_url=URL)

    send.client = client
    return send


def csrf_of(client):
    page = client.get("/firmware/new?family=yealink", base_url=URL).text
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


def test_an_uploaded_image_is_listed_with_version_and_models(send, session, config):
    answer = send()
    assert (answer.status_code, answer.location) == (303, "/firmware")
    page = send.client.get("/firmware", base_url=URL).text
    for text in ("T46U.rom", "108.87.0.15", "T46U, T48U", "5 Bytes", "Yealink"):
        assert text in page
    file = session.scalars(select(FirmwareFile)).one()
    assert (config.firmware_folder / file.sha256).read_bytes() == b"image"
    assert file.uploaded_by == "admin-user"


def test_a_broken_rule_is_told_and_nothing_stored(send, session):
    answer = send(after="200.1")
    assert answer.status_code == 422
    assert "no older than" in answer.text
    assert 'value="T46U" id="model-' in answer.text
    assert send(file="").status_code == 422
    assert "Choose the models" in send(models=[]).text
    assert session.scalars(select(FirmwareFile)).all() == []


def test_an_image_may_be_larger_than_a_list_but_not_than_its_own_limit(app, send, session):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert send(b"x" * 5000).status_code == 303
    app.config["PORTAL"] = replace(app.config["PORTAL"], firmware_max_bytes=4000)
    answer = send(b"y" * 5000)
    assert answer.status_code == 422
    assert "larger than" in answer.text
    assert send(b"y" * 100_000).status_code == 413


def test_a_stranger_keeps_the_small_limit(app):
    data = {"file": (io.BytesIO(b"x" * 100_000), "x.rom")}
    answer = app.test_client().post("/firmware", data=data, base_url=URL)
    assert answer.status_code == 413


def test_a_file_is_deleted_after_a_question(send, session):
    send()
    file = session.scalars(select(FirmwareFile)).one()
    asked = send.client.get(f"/firmware/{file.id}/delete", base_url=URL)
    assert "Delete T46U.rom, version 108.87.0.15?" in asked.text
    data = {"csrf_token": csrf_of(send.client), "version": hidden(asked, "version")}
    gone = send.client.post(f"/firmware/{file.id}/delete", data=data, base_url=URL)
    assert gone.status_code == 303
    session.expire_all()
    assert session.scalars(select(FirmwareFile)).all() == []
    assert send.client.get(f"/firmware/{file.id}/delete", base_url=URL).status_code == 404


def test_everybody_sees_the_list_but_only_administrators_change_it(client_as):
    viewer = client_as("viewer")
    page = viewer.get("/firmware", base_url=URL)
    assert page.status_code == 200
    assert "Upload firmware" not in page.text
    assert viewer.get("/firmware/new", base_url=URL).status_code == 403
    assert client_as("operator").get("/firmware/new", base_url=URL).status_code == 403
    assert client_as("").get("/firmware", base_url=URL).status_code == 303


def test_without_a_family_the_page_asks_for_one(send):
    page = send.client.get("/firmware/new", base_url=URL).text
    assert "Choose a family" in page
    assert 'type="file"' not in page
    assert "Linphone" not in page
