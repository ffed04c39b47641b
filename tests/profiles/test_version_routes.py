from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from portal.devices import service as devices
from portal.profiles import queries, service
from tests.browsing import hidden, send, text_of
from tests.factories import ACTOR, assign, make_customer, make_device, make_profile
from tests.factories import make_sip_account as make_account


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def office(session, sealer):
    """A profile with a draft that moves it to another SIP server."""
    profile = make_profile(session, "Office", sip__registrar_host="sip.example.net")
    change = {"sip.registrar_host": "sip2.example.net"}
    service.save_draft(session, ACTOR, sealer, profile, change)
    session.commit()
    return profile


def with_account(session, device):
    assign(session, device, 1, make_account(session))
    return device


def publish(client, profile, **typed):
    url = f"/profiles/{profile.id}/publish"
    return send(client, url, {"version": hidden(client.get(url), "version"), **typed})


def test_publish_page_shows_a_real_file_of_each_common_model(session, admin, office):
    for model in ("T31G", "T31G", "T46U", "T54W"):
        with_account(session, make_device(session, model=model, profile=office))
    session.commit()
    page = admin.get(f"/profiles/{office.id}/publish")
    assert page.text.count('class="diff"') == 3
    assert text_of(page).count("Is: account.1.sip_server.1.address = sip2.example.net") == 3


def test_further_devices_are_found_and_stay_on_the_page(session, admin, office):
    for number in range(5):
        make_device(session, f"001565aa000{number}", profile=office)
    session.commit()
    url = f"/profiles/{office.id}/publish"
    page = admin.get(f"{url}?find=0004")
    assert page.text.count('class="file-preview"') == 4
    assert '<input type="hidden" name="device" value="001565aa0004">' in page.text
    page = admin.get(f"{url}?device=001565aa0004&find=aa000")
    assert "No device of this profile is named by “aa000”" in page.text
    assert page.text.count('class="file-preview"') == 4


def test_devices_and_profiles_that_keep_own_values_are_listed(session, sealer, admin, office):
    now, customer = datetime.now(UTC), make_customer(session)
    own = make_device(session, profile=office, description="Own way", customer=customer)
    mine = {"sip.registrar_host": "own.example.net", "sip.transport": "tcp"}
    devices.override(session, ACTOR, sealer, now, own, mine)
    make_device(session, profile=office, description="Like all")
    make_profile(session, "Child", parent=office, sip__registrar_host="child.example.net")
    session.commit()
    text = text_of(admin.get(f"/profiles/{office.id}/publish"))
    assert "1 device has own values in place of what changes:" in text
    assert "Own way SIP server" in text
    assert "Devices of Child keep what that profile says itself: SIP server." in text


def test_setting_of_the_same_beginning_hides_nothing(session, sealer, admin, office):
    device = make_device(session, profile=office)
    other = {"sip.registrar_port": "5071", "ui.idle_text": '"sip.registrar_host":'}
    devices.override(session, ACTOR, sealer, datetime.now(UTC), device, other)
    session.commit()
    assert "own values in place" not in admin.get(f"/profiles/{office.id}/publish").text


def test_version_for_a_time_to_come_waits(session, admin, office):
    at = datetime.now(UTC) + timedelta(days=2)
    typed = at.strftime("%Y-%m-%d %H:%M")
    assert publish(admin, office, when="later", effective_at=typed).status_code == 303
    page = admin.get(f"/profiles/{office.id}")
    assert f"Version 2 comes into force {typed} UTC" in text_of(page)
    session.expire_all()
    assert queries.current_version(office, datetime.now(UTC)).number == 1
    assert queries.current_version(office, at).settings == {
        "sip.registrar_host": "sip2.example.net"
    }
    assert f"Version 2 of Office comes into force at {typed} UTC" in page.text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Say from when"),
        ("tomorrow", "“tomorrow” is not a time; write it as"),
        ("2020-01-01 03:00", "Choose a time in the future"),
        ("2999-01-01 03:00", "a year from now at most"),
    ],
)
def test_time_that_cannot_be_is_told_at_its_field_and_kept(admin, office, typed, message):
    page = publish(admin, office, when="later", effective_at=typed, note="Kept note")
    assert page.status_code == 422
    assert message in page.text
    assert f'value="{typed}"' in page.text
    assert "Kept note" in page.text
    assert 'aria-invalid="true"' in page.text


def test_time_may_say_its_zone(session, admin, office):
    at = (datetime.now(UTC) + timedelta(days=2)).replace(second=0, microsecond=0)
    there = at.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    publish(admin, office, when="later", effective_at=there.isoformat())
    session.expire_all()
    assert office.versions[-1].effective_at == at


def test_waiting_version_is_withdrawn_and_is_the_draft_again(session, admin, office):
    later = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
    publish(admin, office, when="later", effective_at=later)
    answer = send(admin, f"/profiles/{office.id}/withdraw")
    assert answer.location == f"/profiles/{office.id}"
    session.expire_all()
    assert queries.draft_of(office).settings == {"sip.registrar_host": "sip2.example.net"}
    again = send(admin, f"/profiles/{office.id}/withdraw")  # asked on its own page
    assert again.status_code == 303
    assert "No version of Office waits any more" in admin.get(f"/profiles/{office.id}").text


def test_page_says_who_has_the_version_and_who_has_not(session, admin, office):
    now = datetime.now(UTC)
    for fetched in (now + timedelta(hours=1), now - timedelta(days=3), None):
        device = make_device(session, profile=office)
        device.last_seen_at = device.last_fetched_at = fetched
        device.changed_at = now - timedelta(days=9)
    session.commit()
    publish(admin, office)
    page = admin.get(f"/profiles/{office.id}")
    assert "1 of 3 devices" in text_of(page)
    assert f'<a href="/devices?profile={office.id}&amp;behind=1">1 not yet</a>' in page.text
    assert f'<a href="/devices?profile={office.id}&amp;seen=never">1 never seen</a>' in page.text


def test_pages_take_as_many_statements_for_many_devices_and_children(session, admin, office):
    def fill(many):
        for number in range(3 * many):
            model = ("T31G", "T46U", "T54W")[number % 3]
            with_account(session, make_device(session, model=model, profile=office))
        for _ in range(many):
            make_profile(session, parent=office, sip__registrar_host="own.example.net")
        session.commit()

    def count(path):
        session.expire_all()
        statements = []
        listen = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", listen)
        admin.get(path)
        event.remove(session.get_bind(), "before_cursor_execute", listen)
        return len(statements)

    paths = ("/profiles", f"/profiles/{office.id}", f"/profiles/{office.id}/publish")
    fill(1)
    few = [count(path) for path in paths]
    fill(5)
    assert [count(path) for path in paths] == few
