from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.custom_families import queries, service
from portal.models import CustomFamily
from tests.browsing import hidden
from tests.custom_families.making import TEMPLATE, family_text, file_text, posted
from tests.factories import ACTOR, make_device

URL = "/catalogue/custom"
NOW = datetime(2026, 2, 14, 13, 5, tzinfo=UTC)


@pytest.fixture
def admin(client_as):
    return Browser(client_as("admin"))


class Browser:
    """A signed-in client that sends forms with the token, over TLS."""

    def __init__(self, client) -> None:
        self.client = client
        with client.session_transaction(base_url="https://localhost") as cookie:
            cookie["csrf_token"] = "t" * 40
        self.token = self._token()

    def _token(self) -> str:
        page = self.get("/password").text
        return page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]

    def get(self, path, **options):
        return self.client.get(path, base_url="https://localhost", **options)

    def asked(self, path):
        """Return what the page of a question sends along."""
        return {"version": hidden(self.get(path), "version")}

    def post(self, path, data, partial=False):
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if partial else {}
        form = {**data, "csrf_token": self.token}
        return self.client.post(path, data=form, base_url="https://localhost", headers=headers)


def stored(session, **changes) -> CustomFamily:
    declaration = service.tried("custom_acme", family_text(**changes))
    family = service.create_family(session, ACTOR, NOW, "custom_acme", declaration)
    session.commit()
    return family


def test_a_family_is_made_and_served_at_once(admin, session):
    answer = admin.post(URL, posted(family_text(), key="Acme"))
    assert answer.status_code == 303
    assert answer.location == "/catalogue/custom_acme"
    page = admin.get(answer.location)
    assert "Desk-5" in page.text
    assert "acme-{mac}.cfg" in page.text
    make_device(session, "02aacc000001", "Desk-3")
    session.commit()
    assert "Acme Desk series" in admin.get(URL).text


def test_windows_line_ends_of_a_browser_are_no_part_of_the_template(admin, session):
    text = family_text(files=(file_text(template=TEMPLATE.replace("\n", "\r\n")),))
    admin.post(URL, posted(text, key="acme"))
    family = session.scalar(select(CustomFamily))
    assert family.templates == {"file1.j2": TEMPLATE}


def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(admin, session):
    broken = file_text(template="a = {{ nothing }}\n{# kept #}")
    answer = admin.post(URL, posted(family_text(files=(broken,)), key="acme"))
    assert answer.status_code == 422
    assert 'id="files-0-template-error"' in answer.text
    assert "line 1: &#39;nothing&#39; is undefined" in answer.text.replace("Line 1", "line 1")
    assert "{# kept #}" in answer.text
    assert "Desk-5; 4; 16" in answer.text
    assert session.scalar(select(CustomFamily)) is None


@pytest.mark.parametrize("key", ["", "custom_", "a b", "acme__x", "a" * 40, "../x"])
def test_a_key_that_is_no_slug_is_refused(admin, key):
    answer = admin.post(URL, posted(family_text(), key=key))
    assert answer.status_code == 422
    assert 'id="key-error"' in answer.text


def test_a_preview_saves_nothing(admin, session):
    form = posted(family_text(), key="acme", preview_model="Desk-5", preview_case="full")
    answer = admin.post(f"{URL}/preview", form, partial=True)
    assert answer.status_code == 200
    assert "user.4 = 104" in answer.text
    assert "<form" not in answer.text
    whole = admin.post(f"{URL}/preview", form)
    assert "user.4 = 104" in whole.text
    assert "<form" in whole.text
    assert session.scalar(select(CustomFamily)) is None


def test_a_preview_that_fails_says_why(admin):
    broken = file_text(template="{% for i in range(1000000000) %}x{% endfor %}")
    form = posted(family_text(files=(broken,)), key="acme", preview_case="one")
    answer = admin.post(f"{URL}/preview", form, partial=True)
    assert answer.status_code == 422
    assert "File 1, Template: Line 1: the template takes more than 200,000 steps" in answer.text
    form = posted(family_text(), key="acme", preview_case="one", preview_model="T46U")
    answer = admin.post(f"{URL}/preview", form, partial=True)
    assert "The family has no model “T46U”" in answer.text


def test_files_can_be_added_and_removed_before_saving(admin):
    form = posted(family_text(files=(file_text("{mac}.one"), file_text("{mac}.two"))), key="acme")
    more = admin.post(f"{URL}/fields", {**form, "more": "1"}, partial=True).text
    assert 'name="files-2-name"' in more
    less = admin.post(f"{URL}/fields", {**form, "remove": "0"}, partial=True).text
    assert "{mac}.one" not in less
    assert "{mac}.two" in less


def test_a_family_is_changed(admin, session):
    family = stored(session)
    page = admin.get(f"{URL}/custom_acme/edit").text
    assert "acme-{mac}.cfg" in page
    form = posted(family_text(label="Acme again"), version=str(family.version))
    answer = admin.post(f"{URL}/custom_acme/edit", form)
    assert answer.status_code == 303
    session.expire_all()
    assert queries.find_family(session, "custom_acme").label == "Acme again"


def test_a_change_of_somebody_else_is_not_lost(admin, session):
    family = stored(session)
    seen = str(family.version)
    declaration = service.tried("custom_acme", family_text(vendor="Acme Ltd"))
    service.update_family(session, ACTOR, NOW + timedelta(1), family, declaration)
    session.commit()
    form = posted(family_text(label="Mine"), version=seen)
    answer = admin.post(f"{URL}/custom_acme/edit", form)
    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.text
    assert "Acme Ltd" in answer.text


def test_a_family_with_devices_is_not_deleted(admin, session, app):
    stored(session)
    app.extensions["custom_families"].refresh()
    device = make_device(session, "02aacc000001", "Desk-3")
    session.commit()
    answer = admin.post(f"{URL}/custom_acme/delete", admin.asked(f"{URL}/custom_acme/delete"))
    assert answer.status_code == 422
    assert "1 device is of this family" in answer.text
    session.delete(device)
    session.commit()
    assert (
        admin.post(
            f"{URL}/custom_acme/delete", admin.asked(f"{URL}/custom_acme/delete")
        ).status_code
        == 303
    )
    session.expire_all()
    assert queries.find_family(session, "custom_acme") is None


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_others_may_look_and_not_change(client_as, session, role):
    stored(session)
    browser = Browser(client_as(role))
    assert browser.get(URL).status_code == 200
    assert browser.get("/catalogue/custom_acme").status_code == 200
    for path in ("new", "custom_acme/edit", "custom_acme/delete"):
        assert browser.get(f"{URL}/{path}").status_code == 403
    for path in ("", "/preview", "/fields", "/custom_acme/edit", "/custom_acme/delete"):
        assert browser.post(f"{URL}{path}", {}).status_code == 403
