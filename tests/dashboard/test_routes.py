"""The dashboard: numbers that open their lists, and the first steps of a new portal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from portal.extensions import db
from portal.models import AuditEntry, BulkChange, CheckIn, Import, Site, UnknownPhone
from portal.models.base import utc_now
from portal.provision import check_ins
from tests.browsing import send, text_of
from tests.factories import make_customer, make_device, make_profile


def tile(page, label):
    """Return the number of a tile and where it leads."""
    found = re.search(
        rf'<a class="tile[^>]* href="([^"]+)"><strong>([\d,]+)</strong> <span>{label}</span>',
        page.text,
    )
    assert found, label
    return int(found[2].replace(",", "")), found[1].replace("&amp;", "&")


def note(session, *told):
    check_ins.count(session.connection(), list(told))
    for at, status, reason in told:
        session.add(
            CheckIn(
                at=at, mac="805ec0000099", filename="x.cfg", protocol="https", status=status,
                address="192.0.2.7", user_agent="", proof="", reason=reason, tag="",
            )
        )  # fmt: skip
    session.commit()


def test_sign_in_leads_to_the_dashboard(client_as):
    assert "<h1>Dashboard</h1>" in client_as("viewer").get("/").text


def test_devices_are_counted_by_status_and_each_number_opens_its_list(client_as, session):
    make_device(session, model="T31G")
    make_device(session, model="T31G", customer=make_customer(session))
    lost = make_device(session, model="T31G", customer=make_customer(session))
    lost.window_until = utc_now() - timedelta(hours=1)
    gone = make_device(session, model="T31G")
    gone.state = "retired"
    session.commit()
    page = client_as("viewer").get("/")
    assert tile(page, "in stock") == (1, "/devices?status=stock")
    assert tile(page, "waiting") == (1, "/devices?status=waiting")
    assert tile(page, "never seen") == (1, "/devices?status=never")
    assert tile(page, "retired") == (1, "/devices?status=retired")
    assert tile(page, "refused")[0] == 0
    assert 'Devices <a href="/devices">4</a>' in page.text


def test_open_windows_lead_to_the_security_page(client_as, session):
    make_device(session, customer=make_customer(session))
    shut = make_device(session, customer=make_customer(session))
    shut.window_address = "192.0.2.7"
    session.commit()
    assert tile(client_as("operator").get("/"), "set-up window open") == (1, "/security")


def test_requests_are_drawn_per_hour_with_a_table_behind(client_as, session):
    now = utc_now()
    note(session, (now, 200, ""), (now, 304, ""), (now, 404, "wrong site token"))
    note(session, (now - timedelta(hours=30), 200, ""), (now, 401, "no proof"))
    viewer = client_as("viewer")
    page = viewer.get("/")
    assert "2 served, 1 without a file of their own" in text_of(page)
    assert page.text.count('<th scope="row">') >= 24
    assert page.text.count('<rect class="good"') == 1
    assert "3 served" in text_of(viewer.get("/?hours=48"))


def test_each_number_of_the_chart_opens_its_requests(client_as, session):
    now = utc_now()
    for at in (now, now - timedelta(hours=2), now - timedelta(hours=30)):
        note(session, (at, 200, ""), (at, 304, ""), (at, 404, "wrong site token"))
        note(session, (at, 401, "no proof"), (at, 404, "optional file, not offered"))
        note(session, (at, 200, "set-up window is closed"), (at, 500, "fault in the portal"))
    viewer = client_as("viewer")
    for hours, numbers in ((24, [2, 2, 3, 3, 4, 6]), (48, [2, 2, 2, 3, 3, 3, 6, 9])):
        page = viewer.get(f"/?hours={hours}")
        found = re.findall(r'href="(/requests[^"]+)"[^>]*>(\d+)</a>', page.text)
        assert sorted(int(number) for _, number in found) == numbers
        for url, number in found:
            assert f"{number} requests" in text_of(viewer.get(url.replace("&amp;", "&"))), url


def test_an_outcome_that_is_none_is_not_found(client_as):
    viewer = client_as("viewer")
    assert viewer.get("/requests?outcome=nonsense").status_code == 404
    assert "No such request" in viewer.get("/requests?hour=2020-01-01T07").text
    assert viewer.get("/requests?hour=nonsense").status_code == 200


def test_each_reason_is_counted_says_what_to_do_and_opens_its_requests(client_as, session):
    now = utc_now()
    note(session, *[(now, 404, "wrong site token")] * 3, (now, 200, "set-up window is closed"))
    viewer = client_as("viewer")
    page = viewer.get("/")
    assert "Allow set-up on the device&#39;s page, then restart the phone." in page.text
    link = re.search(r'href="(/refusals[^"]+)"[^>]*>3</a>', page.text)[1].replace("&amp;", "&")
    listed = viewer.get(link)
    assert listed.text.count("<code") == 3
    assert "copy it from the customer" in listed.text


def test_reasons_that_begin_alike_are_not_mixed(client_as, session):
    note(session, (utc_now(), 404, "cannot be made: a"), (utc_now(), 404, "cannot be made: b"))
    page = client_as("viewer").get("/refusals?reason=cannot+be+made")
    assert "2 requests" in text_of(page)
    assert client_as("operator").get("/refusals?reason=nonsense").status_code == 404


def test_firmware_is_spread_over_versions_of_a_model(client_as, session):
    for number in range(4):
        device = make_device(session, model="T31G")
        device.last_firmware = "124.86.0.1" if number else "124.85.0.9"
    session.commit()
    page = client_as("viewer").get("/")
    assert "Yealink T31G" in page.text
    assert "3, 75 %" in text_of(page)
    assert "/devices?vendor=Yealink&amp;model=T31G&amp;firmware=124.86.0.1" in page.text


def test_unknown_phones_and_running_imports_are_shown(client_as, session):
    now = utc_now()
    session.add(
        UnknownPhone(
            caller="805ec0aa0107", mac="805ec0aa0107", first_at=now, last_at=now, count=1,
            address="192.0.2.9", user_agent="", filename="x.cfg", family="yealink", model="T46U",
        )
    )  # fmt: skip
    session.add(
        Import(
            filename="big.xlsx",
            sha256="0",
            content=b"",
            uploaded_by="x",
            queued_at=now,
            queued_by="Eve",
        )
    )
    session.add(
        BulkChange(
            action="state", device_ids=b"", count=0, said="all in Berlin", made_by="Eve",
            queued_at=now, queued_by="Eve", started_at=now,
        )
    )  # fmt: skip
    session.commit()
    page = client_as("operator").get("/")
    assert tile(page, "unknown phone") == (1, "/unknown-phones")
    assert "80:5E:C0:AA:01:07" in page.text
    assert "Import of big.xlsx waits Eve" in text_of(page)
    assert "Change of devices: all in Berlin running Eve" in text_of(page)
    assert "Running jobs" not in client_as("viewer").get("/").text


def test_the_first_steps_are_shown_to_administrators_until_they_are_done(client_as, session):
    admin = client_as("admin")
    assert "First steps" in admin.get("/").text
    assert "First steps" not in client_as("operator").get("/").text
    before = text_of(admin.get("/"))
    assert "Make a profile What your phones" in before
    make_profile(session)
    session.commit()
    assert "Done: Make a profile" in text_of(admin.get("/"))


def test_the_first_steps_go_when_all_is_done(app, client_as, session, config):
    admin = client_as("admin")
    make_profile(session)
    device = make_device(session, customer=make_customer(session))
    device.last_seen_at = device.last_fetched_at = utc_now()
    session.commit()
    config.cert_file.parent.mkdir(exist_ok=True)
    write_certificate(config.cert_file, "An authority")
    assert "First steps" not in admin.get("/").text
    app.config["PORTAL"] = replace(config, public_url="")
    assert "Name the portal Phones need" in text_of(admin.get("/"))


def test_the_first_steps_are_dismissed_for_good(client_as, session):
    admin = client_as("admin")
    assert send(admin, "/checklist/dismiss").location == "/"
    assert "First steps" not in admin.get("/").text
    session.expire_all()
    assert session.get(Site, 1).checklist_dismissed_at is not None
    assert session.scalars(select(AuditEntry.action)).all().count("checklist.dismiss") == 1


def test_others_do_not_dismiss_them(client_as, session):
    assert send(client_as("operator"), "/checklist/dismiss").status_code == 403
    assert session.get(Site, 1).checklist_dismissed_at is None


@pytest.mark.parametrize(
    ("days", "told"), [(400, "good for 399 days"), (10, "good for 9 days"), (-1, "expired")]
)
def test_the_certificate_says_until_when_it_is_good(client_as, config, days, told):
    config.cert_file.parent.mkdir(exist_ok=True)
    write_certificate(config.cert_file, "An authority", days)
    assert told in text_of(client_as("viewer").get("/"))


def test_a_certificate_that_is_none_is_said(client_as, config):
    assert "another server may end TLS" in client_as("viewer").get("/").text
    config.cert_file.parent.mkdir(exist_ok=True)
    config.cert_file.write_text("nonsense")
    assert "cannot be read as a certificate" in client_as("operator").get("/").text


def test_the_statements_of_the_dashboard_do_not_grow(client_as, session):
    counted = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    admin = client_as("admin")
    make_device(session, customer=make_customer(session)).last_firmware = "1.0"
    note(session, (utc_now(), 404, "wrong site token"))
    session.commit()

    def statements():
        counted.clear()
        admin.get("/")
        return sum(statement != "BEGIN" for statement in counted)

    statements()
    few = statements()
    now = utc_now()
    for number in range(9):
        make_device(session, customer=make_customer(session)).last_firmware = f"1.{number}"
        note(session, (now - timedelta(hours=number), 404, "wrong site token"))
    session.commit()
    assert statements() <= few


def write_certificate(path, issuer, days=400):
    """Write a certificate for portal.test by `issuer`, good for `days` from now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), utc_now()

    def named(name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    made = (
        x509.CertificateBuilder()
        .subject_name(named("portal.test"))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
