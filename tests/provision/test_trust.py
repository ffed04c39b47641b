"""The states of a device as phones meet them: reset, locked, retired, rotated; trust levels."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.customers import trust_service as levels
from portal.devices import previews, service, setup_service, trust_service
from portal.errors import RuleBroken
from portal.extensions import db
from portal.models import AuditEntry, CheckIn, Release
from tests.factories import ACTOR, make_device
from tests.provision.asking import MAC, SECRET, flush

OFFICE, ELSEWHERE, NEXT_DOOR = "192.0.2.7", "198.51.100.9", "192.0.77.1"


@pytest.fixture
def file(phone, site):
    """Fetch the device's own file at a door, and give back the answer."""

    def fetch(door=site, address=OFFICE, **more):
        return phone(f"{door}{MAC}.cfg", address=address, **more)

    return fetch


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def bound(app, file, session, device):
    """The device after its first release; returns its own address."""
    answer = file()
    assert SECRET in answer.text
    flush(app)
    session.refresh(device)
    device.window_until = datetime.now(UTC) - timedelta(minutes=1)
    session.commit()
    return own_in(answer)


def own_in(answer):
    """Return the own address that a file carries, without host."""
    return re.search(r"server\.url = https://portal\.test(\S+)", answer.text)[1]


def reread(session, device):
    session.rollback()
    session.refresh(device)
    return device


def reasons():
    return list(db.session.scalars(select(CheckIn.reason).order_by(CheckIn.id)))


# Reset


def test_a_reset_phone_in_the_same_office_needs_nobody(file, bound, session, device):
    again = file()
    assert SECRET in again.text
    assert own_in(again) != bound
    assert SECRET in file(own_in(again)).text
    assert session.scalars(select(Release.kind).order_by(Release.id)).all() == ["window", "again"]


def test_a_reset_phone_elsewhere_waits_for_one_click(app, file, bound, session, device, now):
    assert SECRET not in file(address=ELSEWHERE).text
    device = reread(session, device)
    assert device.reset_address == ELSEWHERE
    setup_service.open_window(session, ACTOR, device, now, 60)
    session.commit()
    assert device.reset_at is None
    assert SECRET in file(address=ELSEWHERE).text


def test_a_refused_reset_is_not_asked_again_from_there(file, bound, session, device):
    file(address=ELSEWHERE)
    trust_service.refuse_reset(session, ACTOR, reread(session, device))
    session.commit()
    assert SECRET not in file(address=ELSEWHERE).text
    assert reread(session, device).reset_at is None


def test_an_office_that_was_left_a_month_ago_is_a_new_place(app, file, bound, session, device):
    db.session.execute(CheckIn.__table__.update().values(at=datetime.now(UTC) - timedelta(days=31)))
    session.commit()
    assert SECRET not in file().text
    assert reread(session, device).reset_at is not None


def test_the_old_proof_after_a_reset_locks_the_device_for_everybody(
    app, file, bound, session, device
):
    new = own_in(file())
    stolen = file(bound)
    assert SECRET not in stolen.text
    device = reread(session, device)
    assert "two phones claim to be it" in device.lock_reason
    assert file(new).status_code == 404
    assert SECRET not in file().text
    assert device.port(1).account.password_due_at is not None
    assert "device.lock" in session.scalars(select(AuditEntry.action)).all()


def test_six_resets_a_day_of_one_customer_are_one_too_many(phone, session, sealer, device, app):
    devices = [make_device(session, customer=device.customer) for _ in range(6)]
    session.commit()
    site = previews.addresses(session, device, sealer, "")[0]

    def fetch(one):
        return phone(f"{site}{one.mac}.cfg", agent="").text

    for one in devices:
        assert "/p/t/" in fetch(one)
    flush(app)
    for one in devices:
        one.window_until = datetime.now(UTC) - timedelta(minutes=1)
    session.commit()
    assert ["/p/t/" in fetch(one) for one in devices] == [True] * 5 + [False]


# Locked


def test_a_locked_phone_gets_the_harmless_file_and_is_sent_to_the_site_address(
    file, bound, session, device, now, site
):
    trust_service.lock(session, ACTOR, now, device, "lost in a taxi")
    session.commit()
    answer = file(bound)
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert own_in(answer) == site


def test_the_harmless_file_of_a_locked_phone_is_the_same_for_every_phone(
    phone, session, sealer, device, now
):
    other = make_device(session, customer=device.customer)
    for one in (device, other):
        setup_service.ensure_proofs(one, sealer)
        trust_service.lock(session, ACTOR, now, one, "lost")
    session.commit()
    answers = [
        phone(f"{previews.addresses(session, one, sealer, '')[1]}{one.mac}.cfg", agent="")
        for one in (device, other)
    ]
    assert answers[0].data == answers[1].data


def test_unlocked_as_the_same_phone_its_address_is_good_again(file, bound, session, device, now):
    trust_service.lock(session, ACTOR, now, device, "")
    trust_service.unlock(session, ACTOR, now, device, 60, is_same_phone=True)
    session.commit()
    assert SECRET in file(bound).text


def test_unlocked_as_another_phone_it_sets_itself_up_anew(file, bound, session, device, now):
    trust_service.lock(session, ACTOR, now, device, "")
    trust_service.unlock(session, ACTOR, now, device, 60, is_same_phone=False)
    session.commit()
    assert file(bound).status_code == 404
    assert SECRET in file(address=ELSEWHERE).text


@pytest.mark.parametrize(
    "agent",
    [
        "Yealink SIP-T31G 124.85.257.55 80:5e:c0:00:00:01",
        "Grandstream Model HW GRP2614 SW 1.0.5.15",
    ],
)
def test_a_right_token_with_a_wrong_user_agent_locks(file, bound, session, device, agent):
    assert SECRET not in file(bound, agent=agent).text
    assert reread(session, device).locked_at is not None
    assert SECRET not in file(bound).text


def test_two_networks_within_minutes_lock(file, bound, session, device):
    assert SECRET in file(bound).text
    assert SECRET not in file(bound, address=ELSEWHERE).text
    assert "two networks" in reread(session, device).lock_reason


def test_a_new_address_of_the_same_line_does_not_lock(file, bound):
    assert SECRET in file(bound, address=NEXT_DOOR).text


def test_a_phone_that_moved_hours_ago_is_served(file, bound, session, device):
    device.last_seen_at = datetime.now(UTC) - timedelta(minutes=11)
    session.commit()
    assert SECRET in file(bound, address=ELSEWHERE).text


def test_a_customers_own_networks_are_one_place(file, bound, session, device):
    device.customer.networks = ["192.0.2.0/24", "198.51.100.0/24"]
    session.commit()
    assert SECRET in file(bound, address=ELSEWHERE).text


# Retired


def test_a_retired_phone_is_wiped_and_then_nobody(app, file, bound, session, device, now):
    before = device.port(1).account
    service.retire_device(session, ACTOR, now, device)
    session.commit()
    wiping = file(bound)
    assert wiping.status_code == 200
    assert SECRET not in wiping.text
    assert "account.1.enable = 0\n" in wiping.text
    assert "/p/t/" not in wiping.text
    device = reread(session, device)
    device.wiped_at -= timedelta(minutes=31)
    session.commit()
    refused, unknown = file(bound), file(f"/p/t/{'a' * 32}/")
    assert (refused.status_code, refused.data) == (404, unknown.data)
    assert before.password_due_reason == "80:5E:C0:D5:7D:72 was retired"


def test_a_retired_phone_gets_the_harmless_file_over_the_site_address(
    file, bound, session, device, now
):
    service.retire_device(session, ACTOR, now, device)
    session.commit()
    assert SECRET not in file().text


def test_a_phone_that_never_fetched_leaves_no_password_due(session, device, now):
    account = device.port(1).account
    service.retire_device(session, ACTOR, now, device)
    assert account.password_due_at is None


def test_a_device_back_in_service_forgets_its_old_proofs(file, bound, session, device, config, now):
    service.retire_device(session, ACTOR, now, device)
    service.reinstate_device(session, ACTOR, config, now, device)
    session.commit()
    assert file(bound).status_code == 404


# Rotation


def test_after_a_rotation_both_addresses_serve_until_the_new_one_is_used(
    app, file, bound, session, sealer, device
):
    trust_service.rotate_proofs(session, ACTOR, sealer, device)
    session.commit()
    new = own_in(file(bound))
    assert new != bound
    assert own_in(file(bound)) == new
    assert SECRET in file(new).text
    assert file(bound).status_code == 404
    assert SECRET in file(new).text


def test_a_second_rotation_waits_for_the_first(session, sealer, device, bound):
    trust_service.rotate_proofs(session, ACTOR, sealer, device)
    with pytest.raises(RuleBroken, match="not used the new proofs"):
        trust_service.rotate_proofs(session, ACTOR, sealer, device)


def test_a_phone_retired_before_it_used_its_new_proofs_is_wiped_with_the_old(
    file, bound, session, sealer, device, now
):
    trust_service.rotate_proofs(session, ACTOR, sealer, device)
    service.retire_device(session, ACTOR, now, device)
    session.commit()
    assert "account.1.enable = 0\n" in file(bound).text


# Trust levels


def test_strict_takes_no_token_no_password_and_no_window(file, bound, session, device, now):
    levels.set_trust_level(session, ACTOR, now, device.customer, "strict")
    session.commit()
    assert file(bound).status_code == 404
    assert SECRET not in file().text


def test_lan_takes_the_mac_alone_but_only_in_the_customers_networks(
    app, phone, session, device, now
):
    device.customer.networks = ["192.0.2.0/24"]
    levels.set_trust_level(session, ACTOR, now, device.customer, "lan")
    session.commit()
    assert SECRET in phone(f"/p/{MAC}.cfg").text
    assert phone(f"/p/{MAC}.cfg", address=ELSEWHERE).status_code == 401
    assert phone("/p/805ec0000099.cfg").status_code == 401


def test_a_release_says_by_which_right_it_came(file, session, device, now):
    device.customer.networks = ["192.0.2.0/24"]
    levels.set_trust_level(session, ACTOR, now, device.customer, "lan")
    device.window_until = None
    session.commit()
    assert SECRET in file().text
    assert session.scalars(select(Release.kind)).all() == ["network"]


def test_retiring_twice_does_not_end_the_proof_that_wipes(file, bound, session, device, now):
    service.retire_device(session, ACTOR, now, device)
    with pytest.raises(RuleBroken, match="retired already"):
        service.retire_device(session, ACTOR, now, device)
    session.commit()
    assert "account.1.enable = 0\n" in file(bound).text


def test_lan_without_networks_is_refused_and_they_cannot_be_taken_away(session, device, now):
    customer = device.customer
    with pytest.raises(RuleBroken, match="every file to everybody"):
        levels.set_trust_level(session, ACTOR, now, customer, "lan")
    customer.networks = ["192.0.2.0/24"]
    levels.set_trust_level(session, ACTOR, now, customer, "lan")
    from portal.customers import service as customers

    with pytest.raises(RuleBroken, match="raise its trust level first"):
        customers.update_customer(session, ACTOR, customer, customer.name, [], None)


def test_a_lowered_level_ends_by_itself(phone, session, device, now):
    device.customer.networks = ["192.0.2.0/24"]
    until = now + timedelta(hours=1)
    levels.set_trust_level(session, ACTOR, now, device.customer, "lan", until)
    session.commit()
    assert SECRET in phone(f"/p/{MAC}.cfg").text
    device.customer.trust_level_until = now - timedelta(seconds=1)
    session.commit()
    assert phone(f"/p/{MAC}.cfg").status_code == 401
    assert levels.level_of(device.customer, datetime.now(UTC)) == "standard"


def test_only_a_lowered_level_can_end_by_itself(session, device, now):
    with pytest.raises(RuleBroken, match="Only a lowered level"):
        levels.set_trust_level(
            session, ACTOR, now, device.customer, "strict", now + timedelta(days=1)
        )
