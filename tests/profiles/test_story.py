from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.errors import RuleBroken
from portal.models import AuditEntry
from portal.profiles import queries, service
from portal.profiles.story import parent_changes, story_of
from tests.factories import ACTOR, make_profile

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def office(session, sealer):
    profile = make_profile(session, "Office", sip__transport="udp")
    service.save_draft(session, ACTOR, sealer, profile, {"sip.transport": "tls"})
    return profile


def test_waiting_version_is_what_the_next_draft_follows(session, sealer, office):
    service.publish(session, ACTOR, office, NOW, "", LATER)
    service.save_draft(session, ACTOR, sealer, office, {"sip.transport": "tcp"})
    story = story_of(session, office, NOW)
    assert (story.current.number, story.waiting.number, story.base.number) == (1, 2, 2)
    assert [(c.before, c.after) for c in story.changes] == [("TLS", "TCP")]
    story = story_of(session, office, LATER)
    assert (story.current.number, story.waiting) == (2, None)


def test_nothing_is_published_while_a_version_waits(session, sealer, office):
    service.publish(session, ACTOR, office, NOW, "", LATER)
    service.save_draft(session, ACTOR, sealer, office, {"sip.transport": "tcp"})
    with pytest.raises(RuleBroken, match="Version 2 waits for its time; withdraw it"):
        service.publish(session, ACTOR, office, NOW)
    assert service.publish(session, ACTOR, office, LATER).number == 3


def test_version_in_force_is_not_withdrawn(session, office):
    service.publish(session, ACTOR, office, NOW, "", LATER)
    with pytest.raises(RuleBroken, match="No version of Office waits any more"):
        service.withdraw(session, ACTOR, office, LATER)


def test_withdrawn_version_gives_way_to_a_newer_draft(session, sealer, office):
    service.publish(session, ACTOR, office, NOW, "", LATER)
    draft = service.save_draft(session, ACTOR, sealer, office, {"sip.transport": "tcp"})
    service.withdraw(session, ACTOR, office, NOW)
    assert [version.number for version in office.versions] == [1, 3]
    assert queries.draft_of(office) is draft


def test_audit_says_from_when_and_that_it_was_withdrawn(session, office):
    service.publish(session, ACTOR, office, NOW, "", LATER)
    service.withdraw(session, ACTOR, office, NOW)
    session.flush()
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-2:]
    assert [entry.action for entry in entries] == ["profile.publish", "profile.withdraw"]
    assert entries[0].changes["in force from"] == [None, "2030-01-02 00:00 UTC"]
    assert entries[1].changes["version"] == [2, None]


def changes(session, profile, parent):
    found = parent_changes(session, profile, parent, datetime.now(UTC))
    return [(change.label, change.before, change.after) for change in found]


def test_another_parent_changes_what_it_says_and_the_profile_does_not(session):
    one = make_profile(session, "One", sip__transport="tcp", sip__registrar_host="a.example.net")
    two = make_profile(session, "Two", sip__transport="tls", sip__registrar_host="b.example.net")
    child = make_profile(session, "Child", parent=one, sip__registrar_host="c.example.net")
    assert changes(session, child, two) == [("Transport", "TCP", "TLS")]
    assert changes(session, child, None)[0][:2] == ("Transport", "TCP")
    assert changes(session, child, one) == []
