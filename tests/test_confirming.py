"""Questions that were overtaken: asked anew, with who did what meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal.audit import Actor
from portal.devices import service, trust_service
from portal.devices.service import DeviceFacts
from portal.models import Device
from tests.browsing import hidden, send, text_of
from tests.factories import ACTOR, make_customer, make_device

URL = "/devices/805ec0d57d72"
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def device(session):
    made = make_device(session, "805ec0d57d72", "T46U", make_customer(session, "Alder"))
    session.commit()
    return made


def move(session, config, device, name, who="anna"):
    facts = DeviceFacts(model="T46U", customer=make_customer(session, name))
    service.update_device(session, Actor(who), config, datetime.now(UTC), device, facts)
    session.commit()


def test_who_did_what_meanwhile_is_told_and_the_answer_asked_for_again(
    session, config, client_as, device
):
    admin = client_as("admin")
    seen = hidden(admin.get(f"{URL}/delete"), "version")
    move(session, config, device, "Example Ltd")
    page = send(admin, f"{URL}/delete", {"version": seen})
    assert page.status_code == 409
    words = text_of(page)
    assert "Delete 80:5E:C0:D5:7D:72?" in words
    assert "This changed after you opened the page. Nothing is done yet" in words
    assert "anna, just now: Changed (customer: Alder → Example Ltd" in words
    assert session.scalars(select(Device.mac)).all() == [device.mac]
    again = send(admin, f"{URL}/delete", {"version": hidden(page, "version")})
    assert again.location == "/devices"
    assert session.scalars(select(Device.mac)).all() == []


def test_what_one_did_in_another_tab_is_told_as_ones_own(session, config, client_as, device):
    admin = client_as("admin")
    seen = hidden(admin.get(f"{URL}/retire"), "version")
    move(session, config, device, "Birch", who="admin-user")
    assert "You, just now: Changed" in text_of(send(admin, f"{URL}/retire", {"version": seen}))


def test_a_form_without_version_is_asked_about_and_tells_nothing(client_as, device):
    page = send(client_as("admin"), f"{URL}/delete", {"version": "nonsense"})
    assert page.status_code == 409
    assert "just now" not in text_of(page)


def test_what_the_button_said_goes_along_with_the_question(session, client_as, device):
    trust_service.lock(session, ACTOR, datetime.now(UTC), device, "lost")
    session.commit()
    operator = client_as("operator")
    page = send(operator, f"{URL}/unlock", {"version": "old", "same": "yes"}, HX)
    assert page.status_code == 409
    assert page.headers["HX-Retarget"] == "body"
    assert hidden(page, "same") == "yes"
    assert "The proofs that it has stay good." in text_of(page)
    sent = {"version": hidden(page, "version"), "same": hidden(page, "same")}
    assert send(operator, f"{URL}/unlock", sent).status_code == 303
    session.refresh(device)
    assert device.locked_at is None


def test_a_reason_typed_for_a_lock_is_kept(session, config, client_as, device):
    operator = client_as("operator")
    seen = hidden(operator.get(f"{URL}/lock"), "version")
    move(session, config, device, "Birch")
    page = send(operator, f"{URL}/lock", {"version": seen, "reason": "left in a taxi"})
    assert page.status_code == 409
    assert 'value="left in a taxi"' in page.text
    assert "anna, just now: Changed" in text_of(page)
