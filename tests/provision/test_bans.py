"""What is counted, who is banned, what follows from it, and what strangers can find out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.customers import trust_service as levels
from portal.devices import previews, setup_service
from portal.models import Ban, Refusal
from portal.provision import counting
from portal.provision.bans import Bans
from tests.factories import ACTOR, assign, make_device, make_sip_account
from tests.provision.asking import MAC, SECRET, flush
from tests.provision.test_road import basic, digest

STRANGER = "203.0.113.5"
WRONG = "a" * 32


def mac_of(number):
    return f"805ec0{number:06x}"


def bans(session):
    session.rollback()
    return list(session.scalars(select(Ban).order_by(Ban.id)))


def guess(phone, count, door=f"/p/t/{WRONG}/", address=STRANGER, **more):
    for number in range(count):
        phone(f"{door}{mac_of(number)}.cfg", address=address, agent="", **more)


@pytest.mark.parametrize("door", [f"/p/t/{WRONG}/", f"/p/s/{WRONG}/"])
def test_ten_distinct_macs_behind_a_wrong_token_are_a_ban(phone, session, door):
    guess(phone, 9, door)
    assert bans(session) == []
    guess(phone, 10, door)
    (ban,) = bans(session)
    assert (ban.scope, ban.key) == ("address", STRANGER)
    assert ban.reason == "10 MACs or names refused within 10 minutes"
    assert ban.until_at - ban.since_at == timedelta(hours=1)


def test_the_same_mac_again_and_again_is_counted_once(phone, session):
    for _ in range(30):
        phone(f"/p/t/{WRONG}/{MAC}.cfg", address=STRANGER)
    assert bans(session) == []


def test_malformed_names_count(phone, session):
    for number in range(10):
        phone(f"/p/wp-login-{number}.php", address=STRANGER)
    assert len(bans(session)) == 1


def test_addresses_of_one_ipv6_network_count_together(phone, session):
    for number in range(10):
        phone(f"/p/t/{WRONG}/{mac_of(number)}.cfg", address=f"2001:db8:1:2::{number:x}")
    assert bans(session)[0].key == "2001:db8:1:2::/64"


def test_three_wrong_answers_for_one_mac_count_and_two_do_not(phone, session, urls, sealer, device):
    wrong = {"Authorization": "Basic YWFhOmJiYg=="}
    for _ in range(2):
        guess(phone, 10, "/p/", **wrong)
    assert bans(session) == []
    guess(phone, 10, "/p/", **wrong)
    assert len(bans(session)) == 1


def test_a_digest_exchange_counts_nothing(app, phone, session, urls, sealer, device):
    uri = f"/p/{MAC}.cfg"
    header = digest(phone(uri), device, sealer, uri)
    assert SECRET in phone(uri, Authorization=header).text
    flush(app)
    assert session.scalars(select(Refusal)).all() == []


def test_who_is_challenged_and_never_answers_is_counted_after_a_while(app, phone, session):
    guess(phone, 10, "/p/")
    flush(app)
    assert bans(session) == []
    for refusal in session.scalars(select(Refusal)):
        refusal.counts_at -= timedelta(seconds=31)
    session.commit()
    phone("/p/805ec0ffffff.cfg", address=STRANGER)
    flush(app)
    assert len(bans(session)) == 1


def test_two_hundred_new_phones_behind_one_address_with_a_site_token_ban_nobody(
    app, phone, session, sealer, device
):
    macs = [mac_of(number) for number in range(200)]
    for mac in macs:
        make_device(session, mac, "T31G", device.customer)
    session.commit()
    site = previews.addresses(session, device, sealer, "")[0]
    answers = [phone(f"{site}{mac}.cfg", address="198.51.100.1", agent="").text for mac in macs]
    flush(app)
    assert all("/p/t/" in answer for answer in answers)
    assert bans(session) == []


def test_ten_proven_phones_behind_a_banned_address_are_served(phone, session, sealer, device):
    addresses = []
    for number in range(1, 11):
        one = make_device(session, mac_of(number), "T31G", device.customer)
        assign(session, one, 1, make_sip_account(session, password=SECRET))
        setup_service.ensure_proofs(one, sealer)
        addresses.append(f"{previews.addresses(session, one, sealer, '')[1]}{one.mac}.cfg")
    session.commit()
    guess(phone, 50)
    assert len(bans(session)) == 1
    answers = [phone(url, address=STRANGER, agent="") for url in addresses]
    assert [SECRET in answer.text for answer in answers] == [True] * 10


def test_a_banned_address_still_is_challenged_and_proves_itself(
    phone, session, urls, sealer, device
):
    guess(phone, 10)
    uri = f"/p/{MAC}.cfg"
    challenge = phone(uri, address=STRANGER)
    assert challenge.status_code == 401
    header = digest(challenge, device, sealer, uri)
    assert SECRET in phone(uri, address=STRANGER, Authorization=header).text


def test_guessing_macs_where_a_mac_suffices_ends_after_ten(phone, session, device):
    device.customer.networks = ["203.0.113.0/24"]
    levels.set_trust_level(session, ACTOR, datetime.now(UTC), device.customer, "lan")
    session.commit()
    assert SECRET in phone(f"/p/{MAC}.cfg", address=STRANGER).text
    guess(phone, 10, "/p/")
    assert phone(f"/p/{MAC}.cfg", address=STRANGER).status_code == 401
    assert SECRET in phone(f"/p/{MAC}.cfg", address="203.0.113.6").text


def test_fifty_unknown_macs_over_a_site_address_leave_its_windows_to_people(
    phone, session, site, device
):
    guess(phone, 50, site)
    (ban,) = bans(session)
    assert (ban.scope, ban.key) == ("site", str(device.customer_id))
    assert SECRET not in phone(f"{site}{MAC}.cfg").text
    session.rollback()
    setup_service.open_window(session, ACTOR, device, datetime.now(UTC), 60)
    session.commit()
    assert SECRET in phone(f"{site}{MAC}.cfg").text


def test_two_hundred_macs_refused_in_all_leave_every_window_to_people(phone, session, site, device):
    for number in range(200):
        phone(f"/p/t/{WRONG}/{mac_of(number)}.cfg", address=f"203.0.{number}.1", agent="")
    assert [(b.scope, b.reason) for b in bans(session)] == [
        ("all", "200 MACs refused within 10 minutes in all")
    ]
    assert SECRET not in phone(f"{site}{MAC}.cfg").text


def test_all_workers_count_together_and_a_restart_forgets_nothing(app, phone, session):
    engine = app.extensions["road"].engine
    workers = [Bans(engine) for _ in range(5)]
    now = datetime.now(UTC)
    for number in range(10):
        workers[number % 5].note("address", STRANGER, mac_of(number), counting.COUNTS, now)
    assert Bans(engine).is_banned(STRANGER, now)


def test_bans_double_up_to_a_day(app, session):
    now, lengths = datetime.now(UTC), []
    for _ in range(7):
        worker = Bans(app.extensions["road"].engine)
        for number in range(10):
            worker.note("address", STRANGER, mac_of(number), counting.COUNTS, now)
        ban = bans(session)[-1]
        lengths.append((ban.until_at - ban.since_at) // timedelta(hours=1))
        now = ban.until_at + timedelta(seconds=1)
    assert lengths == [1, 2, 4, 8, 16, 24, 24]


def test_a_lifted_ban_is_over_at_once_for_new_workers_and_soon_for_all(app, phone, session):
    guess(phone, 10)
    (ban,) = bans(session)
    ban.lifted_at = datetime.now(UTC)
    session.commit()
    road, now = app.extensions["road"], datetime.now(UTC)
    assert not Bans(road.engine).is_banned(STRANGER, now)
    assert not road.bans.is_banned(STRANGER, now + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        (timedelta(hours=-1), timedelta(hours=1), True),
        (timedelta(hours=2), timedelta(hours=3), False),  # the clock was ahead when it was made
        (timedelta(hours=-25), timedelta(days=900), False),  # and when it was to end
        (timedelta(hours=-1), timedelta(seconds=-1), False),
    ],
)
def test_a_jumping_clock_cannot_ban_for_ever(since, until, holds):
    now = datetime.now(UTC)
    assert counting.is_in_force(now + since, now + until, now) is holds


def test_a_database_that_is_busy_does_not_make_a_refusal_fail(phone, monkeypatch, app):
    app.extensions["road"].bans._engine = app.extensions["road"].engine.execution_options()
    from sqlalchemy import text

    with app.extensions["road"].engine.connect().execution_options(writes=True) as other:
        other.execute(text("update site set version = version"))
        other.exec_driver_sql("PRAGMA busy_timeout = 1")
        answer = phone(f"/p/t/{WRONG}/{MAC}.cfg", address=STRANGER)
        other.rollback()
    assert answer.status_code == 404


def test_a_thousand_requests_without_proof_find_out_nothing(phone, session, sealer, device, site):
    """Known and unknown MACs, all paths and verbs, header tricks: one refusal per path."""
    unknown = "805ec0000099"
    tricks = [
        {},
        {"X_Forwarded_For": "192.0.2.7"},
        {"X_Real_IP": "127.0.0.1"},
        {"X_Original_URL": f"/p/{MAC}.cfg"},
        {"X_Client_Certificate": "-----BEGIN CERTIFICATE-----"},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Digest username=x"},
        {"Authorization": "Bearer x"},
        {"If_None_Match": "*"},
        {"Range": "bytes=0-10"},
    ]
    doors = ["/p/", "/p//", f"/p/t/{WRONG}/", f"/p/s/{WRONG}/", f"/p/t/{WRONG}/e/"]
    names = ["{}.cfg", "{}.boot", "SEP{}.cnf.xml", "cfg{}.xml", "{}-contact.xml"]
    verbs = ["GET", "HEAD", "PUT", "POST", "DELETE"]
    asked = 0
    for door in doors:
        for name in names:
            for verb in verbs:
                for trick in tricks[asked // 2 % 2 :: 2]:
                    known, other = (
                        phone(door + name.format(mac), "", STRANGER, verb, **trick)
                        for mac in (MAC, unknown)
                    )
                    asked += 2
                    assert shape(known) == shape(other), (door, name, verb, trick)
                    assert SECRET not in known.text
                    assert known.status_code in {401, 404}
    assert asked >= 1000


def shape(answer):
    """What a stranger sees, without the nonce, which is another one each second."""
    headers = re.sub(r'nonce="[^"]+"', "", str(answer.headers))
    return answer.status_code, answer.data, headers


def test_a_retired_device_a_wrong_password_and_nobody_are_answered_alike(
    phone, session, urls, sealer, device
):
    from portal.devices import service

    right = basic(device, sealer)
    service.retire_device(session, ACTOR, datetime.now(UTC), device)
    device.wiped_at = datetime.now(UTC) - timedelta(hours=1)
    session.commit()
    retired = phone(f"/p/{MAC}.cfg", Authorization=right)
    wrong = phone(f"/p/{MAC}.cfg", Authorization="Basic YWFhOmJiYg==")
    nobody = phone("/p/805ec0000099.cfg", Authorization="Basic YWFhOmJiYg==")
    assert shape(retired) == shape(wrong) == shape(nobody)
