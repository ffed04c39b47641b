from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from portal.marks import drawn_at, mark_of, version_of
from portal.models import Device, User
from tests.factories import make_contact, make_customer, make_device

NOW = datetime(2026, 2, 14, 13, 5, tzinfo=UTC)


def written(session, model, thing, **values):
    """Write as phones' road does, past the version."""
    session.execute(update(model).where(model.id == thing.id).values(**values))
    session.expire_all()


def test_what_a_person_changes_changes_the_mark(session):
    device = make_device(session)
    session.commit()
    before = mark_of(device)
    assert mark_of(device) == before
    device.description = "Lobby"
    session.commit()
    assert mark_of(device) != before


def test_a_phone_that_calls_in_leaves_the_mark_alone(session):
    device = make_device(session)
    session.commit()
    before = mark_of(device)
    written(session, Device, device, last_seen_at=NOW, last_firmware="1.2", late_at=NOW)
    assert mark_of(device) == before


def test_a_phone_that_was_reset_changes_the_mark(session):
    device = make_device(session)
    session.commit()
    before = mark_of(device)
    written(session, Device, device, reset_at=NOW, reset_address="192.0.2.7")
    asked = mark_of(device)
    assert asked != before
    written(session, Device, device, reset_address="192.0.2.8")
    assert mark_of(device) != asked


def test_of_a_row_without_version_counts_all_that_it_says(session):
    contact = make_contact(session, make_customer(session), "Anna", "100")
    before = mark_of(contact)
    contact.mobile = "+43 1"
    assert mark_of(contact) != before


def test_signing_in_leaves_the_mark_of_a_user_alone(session):
    user = User(name="anna", role="admin")
    session.add(user)
    session.commit()
    before = mark_of(user)
    written(session, User, user, last_sign_in_at=NOW, totp_step=7)
    assert mark_of(user) == before
    written(session, User, user, role="viewer")
    assert mark_of(user) != before


def test_a_version_is_a_mark_and_when_the_form_was_drawn():
    mark, _, seconds = version_of("seen", 3).partition(" ")
    assert mark == mark_of("seen", 3)
    assert abs(datetime.now(UTC).timestamp() - int(seconds)) < 60
    assert drawn_at(f"{mark} 1771074300") == NOW
    assert drawn_at(mark) is None
    assert drawn_at(f"{mark} {'9' * 20}") is None


def test_a_form_acts_on_something():
    with pytest.raises(ValueError, match="say on what"):
        version_of()
