"""The phones' road over HTTP: proofs, refusals, first release, 304, check-ins."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, text

from portal.devices import port_service, setup_service
from portal.extensions import db
from portal.models import CheckIn, Site, UnknownPhone
from tests.factories import (
    ACTOR,
    make_customer,
    make_device,
    make_profile,
)
from tests.provision.asking import MAC, SECRET, flush


def basic(device, sealer):
    pair = f"{device.digest_user}:{sealer.open(device.digest_secret_sealed)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def digest(response, device, sealer, asked, algorithm="MD5", **changes):
    """Answer a challenge as RFC 7616 says, with what `changes` bends."""
    header = next(
        h
        for h in response.headers.getlist("WWW-Authenticate")
        if h.startswith("Digest") and f"algorithm={algorithm}" in h
    )
    made = {MD5: hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]
    told = {
        "realm": "provisioning",
        "nonce": re.search('nonce="([^"]+)"', header)[1],
        "user": device.digest_user,
        "uri": asked,
        **changes,
    }

    def h(text):
        return made(text.encode()).hexdigest()

    ha1 = h(f"{told['user']}:{told['realm']}:{sealer.open(device.digest_secret_sealed)}")
    ha2 = h(f"GET:{told['uri']}")
    answer = h(f"{ha1}:{told['nonce']}:00000001:abc:auth:{ha2}")
    return (
        f'Digest username="{told["user"]}", realm="{told["realm"]}", nonce="{told["nonce"]}", '
        f'uri="{told["uri"]}", algorithm={algorithm}, qop=auth, nc=00000001, cnonce="abc", '
        f'response="{answer}"'
    )


MD5 = "MD5"


def test_the_token_address_serves_the_phones_own_file(phone, urls):
    answer = phone(urls[1] + f"{MAC}.cfg")
    assert answer.status_code == 200
    assert f"account.1.password = {SECRET}\n" in answer.text
    assert "account.1.sip_server.1.address = sip.example.net\n" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_names_work_in_any_case_and_below_any_directory(phone, urls):
    for name in (f"{MAC.upper()}.CFG", f"yealink/{MAC}.cfg", f"/{MAC}.cfg"):
        assert phone(urls[1] + name).status_code == 200, name


def test_a_phone_of_one_token_does_not_get_another_phones_file(phone, urls, session):
    make_device(session, "805ec0000001")
    session.commit()
    assert phone(urls[1] + "805ec0000001.cfg").status_code == 404


def test_a_wrong_token_is_not_found(phone, urls):
    assert phone(f"/p/t/{'a' * 32}/{MAC}.cfg").status_code == 404


def test_the_first_file_over_the_site_address_carries_the_own_address(phone, site, session, device):
    first = phone(site + f"{MAC}.cfg")
    own = re.search(r"server\.url = https://portal\.test(\S+)", first.text)[1]
    assert SECRET in first.text
    assert own.startswith("/p/t/")
    assert phone(own + f"{MAC}.cfg").data == first.data


def test_the_site_address_gives_the_harmless_file_without_a_window(phone, site, session, device):
    device.window_until = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()
    answer = phone(site + f"{MAC}.cfg")
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert "/p/t/" not in answer.text
    assert "account.1.enable = 0\n" in answer.text


def test_the_harmless_file_is_the_same_for_known_and_unknown_macs(phone, site, session, device):
    device.window_until = None
    session.commit()
    unknown = phone(site + "805ec0000099.cfg", agent="Yealink SIP-T31G 124.85.257.55")
    known = phone(site + f"{MAC}.cfg", agent="Yealink SIP-T31G 124.85.257.55")
    assert known.data == unknown.data
    assert known.headers.to_wsgi_list() == unknown.headers.to_wsgi_list()


@pytest.mark.parametrize(
    ("agent", "address", "why"),
    [
        ("Yealink SIP-T31G 124.85.257.55 80:5e:c0:00:00:01", "192.0.2.7", "another MAC"),
        ("Grandstream Model HW GRP2614 SW 1.0.5.15 DevId 805ec0d57d72", "192.0.2.7", "vendor"),
    ],
)
def test_a_contradicting_user_agent_gets_no_secret(app, phone, site, agent, address, why):
    assert SECRET not in phone(site + f"{MAC}.cfg", agent=agent, address=address).text
    flush(app)
    assert why in db.session.scalar(select(CheckIn.reason))


def test_outside_the_customers_networks_there_is_no_release(phone, site, session, device):
    device.customer.networks = ["198.51.100.0/24"]
    session.commit()
    assert SECRET not in phone(site + f"{MAC}.cfg", address="192.0.2.7").text
    assert SECRET in phone(site + f"{MAC}.cfg", address="198.51.100.9").text


def test_after_the_first_release_the_window_is_for_that_address_alone(phone, site):
    assert SECRET in phone(site + f"{MAC}.cfg", address="192.0.2.7").text
    assert SECRET not in phone(site + f"{MAC}.cfg", address="192.0.2.8").text
    assert SECRET in phone(site + f"{MAC}.cfg", address="192.0.2.7").text


def test_the_site_address_of_another_customer_releases_nothing(phone, session, sealer, device):
    other = make_customer(session)
    session.commit()
    token = sealer.open(other.site_token_sealed)
    assert SECRET not in phone(f"/p/s/{token}/{MAC}.cfg").text


def test_the_portals_own_site_address_serves_devices_of_all_customers(
    phone, session, sealer, device
):
    token = sealer.open(session.get_one(Site, 1).site_token_sealed)
    assert SECRET in phone(f"/p/s/{token}/{MAC}.cfg").text


def test_support_opens_a_closed_window(phone, site, session, device):
    device.window_until = None
    setup_service.open_window(session, ACTOR, device, datetime.now(UTC), 60)
    session.commit()
    assert SECRET in phone(site + f"{MAC}.cfg").text


def test_without_proof_every_name_is_challenged_alike(phone, urls):
    known, unknown = phone(f"/p/{MAC}.cfg"), phone("/p/805ec0000099.cfg")
    assert known.status_code == unknown.status_code == 401
    assert known.data == unknown.data
    masked = [re.sub('nonce="[^"]+"', "", str(a.headers)) for a in (known, unknown)]
    assert masked[0] == masked[1]


def test_names_no_family_asks_for_are_not_found(phone, site):
    for path in ("/p/index.html", "/p/.env", site + "wp-login.php", "/p/t/abc/x", "/p/s/abc/x"):
        assert phone(path).status_code == 404, path


def test_basic_over_tls_serves_and_a_wrong_password_does_not(phone, urls, device, sealer):
    good = phone(f"/p/{MAC}.cfg", Authorization=basic(device, sealer))
    assert SECRET in good.text
    wrong = base64.b64encode(f"{device.digest_user}:wrong".encode()).decode()
    assert phone(f"/p/{MAC}.cfg", Authorization=f"Basic {wrong}").status_code == 401


def test_basic_without_tls_is_refused(app, urls, device, sealer):
    answer = app.test_client().get(
        f"/p/{MAC}.cfg",
        base_url="http://portal.test",
        headers={"Authorization": basic(device, sealer)},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_serves(phone, urls, device, sealer, algorithm):
    uri = f"/p/{MAC}.cfg"
    header = digest(phone(uri), device, sealer, uri, algorithm)
    assert SECRET in phone(uri, Authorization=header).text


@pytest.mark.parametrize("bent", [{"uri": "/p/x.cfg"}, {"realm": "other"}, {"user": ""}])
def test_a_bent_digest_is_refused(phone, urls, device, sealer, bent):
    uri = f"/p/{MAC}.cfg"
    header = digest(phone(uri), device, sealer, uri, **bent)
    assert phone(uri, Authorization=header).status_code == 401


def test_a_nonce_that_we_did_not_make_is_refused(phone, urls, device, sealer):
    uri = f"/p/{MAC}.cfg"
    header = digest(phone(uri), device, sealer, uri, nonce="66a.00000000")
    assert phone(uri, Authorization=header).status_code == 401


def test_an_old_nonce_is_answered_as_stale(phone, urls, device, sealer, app):
    uri = f"/p/{MAC}.cfg"
    old = app.extensions["road"].nonces.make(datetime.now(UTC).timestamp() - 300, "192.0.2.7")
    header = digest(phone(uri), device, sealer, uri, nonce=old)
    assert "stale=true" in phone(uri, Authorization=header).headers["WWW-Authenticate"]


def test_honest_habits_of_phones_are_served(phone, urls, device, sealer):
    """One nonce for several files, nc not raised, upper or lower case, qop quoted or not."""
    uri, book = f"/p/{MAC}.cfg", f"/p/{MAC}-contact.xml"
    challenge = phone(uri)
    header = digest(challenge, device, sealer, uri)
    assert SECRET in phone(uri, Authorization=header).text
    assert SECRET in phone(uri, Authorization=header).text, "the same answer again"
    other = digest(challenge, device, sealer, book)
    assert phone(book, Authorization=other).status_code == 404, "proven, but there is no book"
    hashed = re.search('response="([^"]+)"', header)[1]
    for bent in (
        header.replace(hashed, hashed.upper()),
        header.replace("qop=auth", 'qop="auth"'),
        header.replace("algorithm=MD5", 'algorithm="MD5"'),
        header.replace("algorithm=MD5, ", ""),
        header.replace("nc=00000001", 'nc="00000001"'),
        header.replace(f'uri="{uri}"', f'uri="https://portal.test{uri}"'),
    ):
        served = phone(uri, Authorization=bent).status_code == 200
        # The address stands in the hash as it was written, so that one does not fit any more.
        assert served is ("https://portal.test" not in bent), bent


def test_an_answer_that_is_replayed_after_its_time_is_refused(phone, urls, device, sealer, app):
    uri = f"/p/{MAC}.cfg"
    late = app.extensions["road"].nonces.make(datetime.now(UTC).timestamp() - 121, "192.0.2.7")
    header = digest(phone(uri), device, sealer, uri, nonce=late)
    answer = phone(uri, Authorization=header)
    assert (answer.status_code, SECRET in answer.text) == (401, False)


def test_an_answer_that_another_address_overheard_is_refused(phone, urls, device, sealer):
    uri = f"/p/{MAC}.cfg"
    header = digest(phone(uri), device, sealer, uri)
    assert phone(uri, address="198.51.100.9", Authorization=header).status_code == 401


def test_credentials_of_one_phone_do_not_open_another(phone, urls, session, device, sealer):
    make_device(session, "805ec0000001")
    session.commit()
    answer = phone("/p/805ec0000001.cfg", Authorization=basic(device, sealer))
    assert answer.status_code == 401


def test_an_unchanged_file_is_not_sent_again(phone, urls, session, device):
    first = phone(urls[1] + f"{MAC}.cfg")
    again = phone(urls[1] + f"{MAC}.cfg", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    port_service.label_port(session, ACTOR, datetime.now(UTC), device, 1, "Desk")
    session.commit()
    changed = phone(urls[1] + f"{MAC}.cfg", If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert "account.1.label = Desk\n" in changed.text


def test_two_fetches_of_unchanged_state_are_byte_identical(phone, urls):
    one, two = phone(urls[1] + f"{MAC}.cfg"), phone(urls[1] + f"{MAC}.cfg")
    assert (one.data, one.headers["ETag"]) == (two.data, two.headers["ETag"])


def test_head_answers_as_get_without_the_body(phone, urls):
    get, head = phone(urls[1] + f"{MAC}.cfg"), phone(urls[1] + f"{MAC}.cfg", method="HEAD")
    assert head.data == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["ETag"] == get.headers["ETag"]


def test_no_answer_sets_a_cookie_or_redirects(phone, urls, site):
    for path in (urls[1], urls[1] + f"{MAC}.cfg", site, f"/p/{MAC}.cfg", "/p", "/p/", "/p//x"):
        answer = phone(path)
        assert "Set-Cookie" not in answer.headers, path
        assert "Cookie" not in answer.headers.get("Vary", ""), path
        assert not 300 <= answer.status_code < 400, path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_odd_verbs_get_the_plain_refusal(phone, urls, method):
    known, unknown = (phone(f"/p/{m}.cfg", method=method) for m in (MAC, "805ec0000099"))
    assert known.status_code == unknown.status_code
    assert known.status_code in {401, 404}
    assert known.data == unknown.data
    assert phone(urls[1] + f"{MAC}.cfg", method=method).status_code == 404


@pytest.mark.parametrize(
    "path", ["/p/../portal.sqlite3", "/p/%2e%2e/x.cfg", "/p/a%00.cfg", "/p/" + "a" * 5000 + ".cfg"]
)
def test_hostile_paths_get_the_plain_refusal(phone, path):
    assert phone(path).status_code in {401, 404}


def test_optional_probes_are_not_found(phone, urls, site):
    for prefix in ("/p/", urls[1], site):
        assert phone(f"{prefix}{MAC}.boot").status_code == 404


def test_a_common_file_holds_no_secret_and_needs_a_proof_or_site_address(phone, urls, site):
    assert phone("/p/y000000000123.cfg").status_code == 401
    for prefix in (urls[1], site):
        answer = phone(prefix + "y000000000123.cfg")
        assert answer.status_code == 200
        assert SECRET not in answer.text


def test_a_change_of_the_profile_reaches_the_next_fetch(phone, urls, session, sealer, device):
    from portal.profiles import service as profiles

    changes = {"sip.registrar_host": "sip2.example.net"}
    profiles.change_settings(session, ACTOR, sealer, device.profile, changes)
    session.commit()
    assert "sip2.example.net" not in phone(urls[1] + f"{MAC}.cfg").text
    profiles.publish(session, ACTOR, device.profile, datetime.now(UTC))
    session.commit()
    assert "sip2.example.net" in phone(urls[1] + f"{MAC}.cfg").text


def test_a_released_port_is_switched_off_in_the_next_file(phone, urls, session, device, config):
    port_service.assign_port(session, ACTOR, config, datetime.now(UTC), device, 1, None)
    session.commit()
    answer = phone(urls[1] + f"{MAC}.cfg")
    assert SECRET not in answer.text
    assert "account.1.password = %NULL%\n" in answer.text


def test_check_ins_say_who_fetched_what_and_how_it_was_proven(app, phone, urls, session, device):
    phone(urls[1] + f"{MAC}.cfg")
    flush(app)
    entry = session.scalars(select(CheckIn)).one()
    assert (entry.mac, entry.status, entry.proof, entry.filename) == (
        MAC,
        200,
        "token",
        f"{MAC}.cfg",
    )
    session.refresh(device)
    assert device.last_address == "192.0.2.7"
    assert device.last_firmware == "124.85.257.55"
    assert device.last_fetched_at is not None
    assert device.late_at == device.last_fetched_at + timedelta(days=2)


def test_a_phone_is_late_by_the_interval_of_the_file_that_it_got(app, phone, urls, session, device):
    device.settings = {"provisioning.interval_s": 600}
    session.commit()
    phone(urls[1] + f"{MAC}.cfg")
    flush(app)
    session.refresh(device)
    assert device.late_at == device.last_fetched_at + timedelta(minutes=20)


def test_a_phone_that_is_refused_says_so_until_its_window_is_opened(
    app, phone, site, session, device, actor
):
    device.window_until = None
    session.commit()
    phone(site + f"{MAC}.cfg")
    flush(app)
    session.refresh(device)
    assert device.refused_at is not None
    assert "window" in device.refusal
    setup_service.open_window(session, actor, device, datetime.now(UTC), 60)
    assert device.refused_at is None


def test_check_ins_wait_while_the_database_is_busy(app, phone, urls, session):
    check_ins, road = app.extensions["check_ins"], app.extensions["road"]
    phone(urls[1] + f"{MAC}.cfg")
    with road.engine.connect().execution_options(writes=True) as other:
        other.execute(text("update site set version = version"))
        with check_ins._engine.connect() as waiting:
            waiting.exec_driver_sql("PRAGMA busy_timeout = 1")
        check_ins.flush()
        other.rollback()
    flush(app)
    assert session.scalars(select(CheckIn.filename)).all() == [f"{MAC}.cfg"]


def test_a_refusal_does_not_count_as_seen(app, phone, urls, session, device):
    phone(f"/p/{MAC}.cfg")
    flush(app)
    session.refresh(device)
    assert device.last_seen_at is None
    assert session.scalars(select(CheckIn)).one().reason == "no proof"


def test_an_unknown_mac_is_listed_once_and_counted(app, phone, site, session):
    phone(site + "805ec0000099.cfg", agent="Yealink SIP-T31G 124.85.257.55")
    flush(app)
    phone(site + "805ec0000099.cfg", agent="Yealink SIP-T31G 124.85.257.55")
    flush(app)
    unknown = session.scalars(select(UnknownPhone)).one()
    assert (unknown.mac, unknown.count, unknown.model) == ("805ec0000099", 2, "T31G")


def test_no_request_takes_more_than_four_statements(phone, urls, site, session, device):
    parent = make_profile(session, sip__transport="tcp", firmware__version="124.86.0.1")
    device.profile.parent = parent
    session.commit()
    statements = []

    def note(conn, cursor, statement, *rest):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    for path in (urls[1] + f"{MAC}.cfg", f"/p/{MAC}.cfg", urls[1] + "y000000000123.cfg",
                 urls[1] + f"{MAC}-contact.xml", urls[1] + "T31G.rom"):  # fmt: skip
        statements.clear()
        phone(path)
        assert len(statements) <= 4, path
    event.remove(db.engine, "before_cursor_execute", note)
