from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from portal.customers import service as customers
from portal.devices import service as devices
from portal.extensions import db
from portal.models import AuditEntry, Site
from portal.settings.resolve import Layer
from portal.site_settings import queries, service
from tests.browsing import hidden, send, text_of
from tests.factories import ACTOR, make_customer, make_device, make_profile


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def site(session):
    return session.get(Site, 1)


def test_setting_is_stored_for_all_and_audited(session, admin, site):
    mark = hidden(admin.get("/settings/edit"), "version")
    data = {"version": mark, "sip.registrar_host": "SIP.example.net"}
    assert send(admin, "/settings/edit", data).location == "/settings"
    session.refresh(site)
    assert site.settings == {"sip.registrar_host": "sip.example.net"}
    assert "SIP server sip.example.net" in text_of(admin.get("/settings"))
    noted = session.query(AuditEntry).filter_by(action="site.settings").one()
    assert noted.changes == {"sip.registrar_host": [None, "sip.example.net"]}
    assert (noted.object_type, noted.object_name) == ("site", "The whole portal")
    assert '<a href="/settings">The whole portal</a>' in admin.get("/audit").text


def test_phone_gets_what_the_portal_says(session, sealer, site):
    from portal.provision import context, lookup

    device = make_device(session)
    service.set_settings(session, ACTOR, sealer, site, {"time.zone": "Europe/Berlin"})
    session.commit()
    known = lookup.by_id(session.connection(), device.id, datetime.now(UTC))
    resolved = context.resolved_of(known)["time.zone"]
    assert (resolved.value, resolved.origin) == ("Europe/Berlin", "portal")
    assert Layer("portal", site.settings) in known.layers


def test_wrong_value_is_told_at_its_field_and_kept(session, admin, site):
    mark = hidden(admin.get("/settings/edit"), "version")
    page = send(admin, "/settings/edit", {"version": mark, "sip.registrar_host": "not a host"})
    assert page.status_code == 422
    assert "is not a host name or IP address" in page.text
    assert 'value="not a host"' in page.text
    session.refresh(site)
    assert site.settings == {}


def test_stale_form_shows_both_values(session, admin, sealer, site):
    mark = hidden(admin.get("/settings/edit"), "version")
    service.set_settings(session, ACTOR, sealer, site, {"sip.registrar_host": "theirs.example"})
    session.commit()
    data = {"version": mark, "sip.registrar_host": "mine.example"}
    page = send(admin, "/settings/edit", data)
    assert page.status_code == 409
    assert "theirs.example" in page.text
    assert 'value="mine.example"' in page.text
    data["version"] = hidden(page, "version")
    assert send(admin, "/settings/edit", data).status_code == 303
    session.refresh(site)
    assert site.settings["sip.registrar_host"] == "mine.example"


def test_secret_is_sealed_never_shown_and_stays_when_left_blank(session, admin, sealer, site):
    mark = hidden(admin.get("/settings/edit"), "version")
    send(admin, "/settings/edit", {"version": mark, "admin.password": "Mond-und-Sonne"})
    session.refresh(site)
    assert sealer.open(site.settings["admin.password"]["sealed"]) == "Mond-und-Sonne"
    for url in ("/settings", "/settings/edit", "/audit"):
        assert "Mond-und-Sonne" not in admin.get(url).text
    mark = hidden(admin.get("/settings/edit"), "version")
    send(admin, "/settings/edit", {"version": mark, "admin.password": ""})
    session.refresh(site)
    assert sealer.open(site.settings["admin.password"]["sealed"]) == "Mond-und-Sonne"


def test_page_says_whom_a_change_reaches_and_who_says_otherwise(session, admin, sealer):
    alder = make_customer(session, "Alder")
    customers.set_settings(session, ACTOR, sealer, alder, {"time.zone": "Europe/Paris"})
    make_profile(session, "Retail", time__zone="Europe/Berlin")
    make_profile(session, "Plain")
    device, now = make_device(session, customer=alder), datetime.now(UTC)
    devices.override(session, ACTOR, sealer, now, device, {"time.zone": None}, None, None)
    make_device(session)
    retired = make_device(session)
    retired.state = "retired"
    session.commit()
    text = text_of(admin.get("/settings"))
    assert "A change reaches 2 devices" in text
    assert "Time zone Alder Retail 1" in text
    assert "Plain" not in text
    assert "Saving reaches 2 devices at once" in text_of(admin.get("/settings/edit"))


def test_profile_counts_with_the_version_in_force(session, sealer):
    from portal.profiles import service as profiles

    profile = make_profile(session, "Retail")
    profiles.save_draft(session, ACTOR, sealer, profile, {"time.zone": "Europe/Berlin"})
    session.commit()
    assert queries.overrides(session, datetime.now(UTC)) == {}
    profiles.publish(session, ACTOR, profile, datetime.now(UTC))
    session.commit()
    found = queries.overrides(session, datetime.now(UTC))
    assert found["time.zone"].profiles == [(profile.id, "Retail")]


def test_new_site_address_makes_the_old_one_worthless(session, admin, sealer, site):
    before = sealer.open(site.site_token_sealed)
    assert f"/p/s/{before}/" in admin.get("/settings").text
    assert "Make a new site address" in admin.get("/settings/site-address").text
    assert send(admin, "/settings/site-address").status_code == 303
    session.refresh(site)
    after = sealer.open(site.site_token_sealed)
    assert after != before
    assert f"/p/s/{after}/" in admin.get("/settings").text
    noted = session.query(AuditEntry).filter_by(action="site.renew_site_address").one()
    assert noted.changes == {"site address": [None, "changed"]}


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_others_may_not_see_it(client_as, role):
    client = client_as(role)
    assert client.get("/settings").status_code == 403
    assert 'href="/settings"' not in client.get("/devices").text


def test_page_takes_as_many_statements_however_many_override(session, admin, sealer):
    def count():
        session.rollback()  # each count begins outside of a transaction
        session.expunge_all()  # and knows nothing yet
        statements = []
        listen = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        assert admin.get("/settings").status_code == 200
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(statements)

    count()  # the first one of a session does more
    few = count()
    for _ in range(8):
        customer = make_customer(session)
        customers.set_settings(session, ACTOR, sealer, customer, {"time.zone": "Europe/Paris"})
        make_profile(session, time__zone="Europe/Berlin")
    session.commit()
    assert count() == few
    assert "and 3 more" in admin.get("/settings").text
