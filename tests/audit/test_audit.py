from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.extensions import Base
from portal.models import AuditEntry, Customer, Device, Profile, SipAccount


@pytest.fixture
def memory_session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


ALEX = Actor("alex", "192.0.2.7")


def test_entry_says_who_did_what_to_what(memory_session: Session) -> None:
    device = Device(mac="001565aabbcc")
    memory_session.add(device)
    memory_session.flush()
    audit.record(memory_session, ALEX, "device.update", device, {"model": ("T31G", "T46U")})
    memory_session.commit()
    entry = memory_session.query(AuditEntry).one()
    assert (entry.actor, entry.address, entry.action) == ("alex", "192.0.2.7", "device.update")
    assert (entry.object_type, entry.object_id) == ("device", device.id)
    assert entry.object_name == "001565aabbcc"
    assert entry.changes == {"model": ["T31G", "T46U"]}


def test_secret_appears_as_changed_even_when_the_caller_forgets(memory_session: Session) -> None:
    account = SipAccount(user_name="101", password_sealed="x")
    memory_session.add(account)
    memory_session.flush()
    changes = {
        "password": ("old", "new"),
        "settings": ({}, {"admin.password": "1234", "sip.transport": "tls"}),
    }
    entry = audit.record(memory_session, ALEX, "account.update", account, changes)
    assert entry.object_type == "sip_account"
    assert entry.changes == {
        "password": [None, "changed"],
        "settings": [{}, {"admin.password": "changed", "sip.transport": "tls"}],
    }


def test_changes_become_what_json_can_hold(memory_session: Session) -> None:
    profile = Profile(name="Office")
    noon = datetime(2026, 2, 14, 12, tzinfo=UTC)
    assert audit.json_safe(noon) == "2026-02-14T12:00:00+00:00"
    assert audit.json_safe(profile) == "Office"
    assert audit.json_safe((1, None, "a")) == [1, None, "a"]
    assert audit.json_safe({"b", "a"}) == ["a", "b"]
    assert audit.json_safe(b"1234") == "4 bytes"
    assert audit.json_safe({1: True}) == {"1": True}


def test_object_without_a_name_is_called_by_its_kind() -> None:
    assert audit.name_of(Customer(id=7)) == "customer 7"


def test_diff_holds_only_what_differs() -> None:
    before = {"label": "Door", "vlan": 5, "gone": 1}
    after = {"label": "Door", "vlan": 6, "new": 2}
    assert audit.diff(before, after) == {"vlan": (5, 6), "gone": (1, None), "new": (None, 2)}


def test_diff_hides_secrets_by_name_and_by_choice() -> None:
    changes = audit.diff({}, {"admin.password": "x", "pin": "1", "label": "a"}, {"pin"})
    assert changes == {
        "admin.password": (None, "changed"),
        "pin": (None, "changed"),
        "label": (None, "a"),
    }
