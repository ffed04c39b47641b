from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from portal.devices import queries, service
from portal.extensions import db
from portal.models import AuditEntry, CheckIn
from tests.browsing import hidden, send, text_of
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
MAC = "001565aabbcc"
URL = f"/devices/{MAC}"


@pytest.fixture
def operator(client_as):
    return client_as("operator")


@pytest.fixture
def alder(session):
    alder = make_customer(session, "Alder")
    alder.default_profile = make_profile(
        session, "Retail", sip__registrar_host="sip.example.net", net__lldp="no"
    )
    session.commit()
    return alder


@pytest.fixture
def lobby(session, alder):
    """A T31G with 101 on port 1; 102 is free."""
    facts = {"description": "Lobby", "serial": "SN7", "inventory_id": "CPE-7"}
    lobby = make_device(session, MAC, "T31G", alder, **facts)
    assign(session, lobby, 1, make_sip_account(session, "101", customer=alder))
    make_sip_account(session, "102", customer=alder, display_name="Anna")
    session.commit()
    return lobby


def stored(session):
    session.expire_all()
    return queries.find_device(session, MAC)


def account_id(session, name):
    from portal.sip_accounts.queries import accounts_named

    return str(accounts_named(session, name)[0].id)


def toasts(answer):
    told = json.loads(answer.headers["HX-Trigger"])["portal:toast"]["toasts"]
    return [toast["message"] for toast in told]


# The list


def test_empty_inventory_says_what_to_do_first(operator):
    page = text_of(operator.get("/devices"))
    assert "No devices yet" in page
    assert "Import a list" in page


def test_list_shows_what_support_asks_for(operator, lobby):
    page = operator.get("/devices")
    assert f'href="{URL}"' in page.text
    words = text_of(page)
    for word in ("00:15:65:AA:BB:CC", "Lobby", "T31G", "Yealink", "Alder", "101", "waiting"):
        assert word in words
    assert ">Retail<span" in page.text  # greyed: it is the customer's
    assert '<td data-label="Ports" class="num">2</td>' in page.text
    assert '<td data-label="Free ports" class="num">1</td>' in page.text


@pytest.mark.parametrize(
    "q", ["aabbcc", "65:AA", "15-65-aa", "SN7", "CPE-7", "101", "alder", "lob", "t31"]
)
def test_search_finds_by_any_of_its_names(session, operator, lobby, q):
    make_device(session, "0004f2010203", "VVX450", description="Other")
    session.commit()
    words = text_of(operator.get("/devices", query_string={"q": q, "state": ""}))
    assert "00:15:65:AA:BB:CC" in words
    assert "00:04:F2:01:02:03" not in words


@pytest.mark.parametrize("q", ["00-15-65-AA-BB-CC", "001565aabbcc", "cpe-7", "bb:cc"])
def test_the_list_stays_a_list_so_that_back_leads_to_it(operator, lobby, q):
    answer = operator.get("/devices", query_string={"q": q})
    assert answer.status_code == 200
    assert f'href="{URL}"' in answer.text


def test_unknown_mac_is_offered_to_be_added(operator, lobby):
    page = operator.get("/devices?q=00:04:13:00:00:01")
    assert "00:04:13:00:00:01 is not in the inventory" in text_of(page)
    assert 'href="/devices/new?mac=00:04:13:00:00:01"' in page.text


def test_htmx_gets_rows_and_a_clean_address(operator, lobby):
    answer = operator.get("/devices?q=lob&customer=&state=assigned&seen=", headers=HX)
    assert "<html" not in answer.text
    assert 'id="announce" hx-swap-oob="innerHTML">1 device<' in answer.text
    assert answer.headers["HX-Push-Url"] == "/devices?q=lob&state=assigned"


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ("state=stock", 0),
        ("seen=never", 1),
        ("seen=yes", 0),
        ("family=yealink", 1),
        ("family=x", 0),
    ],
)
def test_filters_narrow_the_list(operator, lobby, args, found):
    assert operator.get(f"/devices?{args}").text.count('id="device-') == found


def test_profile_filter_finds_those_that_inherit_it(operator, alder, lobby):
    page = operator.get(f"/devices?profile={alder.default_profile_id}")
    assert "00:15:65:AA:BB:CC" in page.text


def test_page_beyond_the_last_leads_to_the_last(operator, lobby):
    assert operator.get("/devices?page=9&q=lob").location == "/devices?page=1&q=lob"


def test_list_takes_as_many_statements_for_one_device_as_for_many(session, operator, alder, lobby):
    def count():
        statements = []
        db.session.remove()
        listen = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        operator.get("/devices")
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(statements)

    one = count()
    for number in range(20):
        device = make_device(session, customer=make_customer(session))
        assign(session, device, 1, make_sip_account(session, f"9{number}"))
    session.commit()
    assert count() == one


# Adding, editing, retiring, deleting


def test_device_is_added(session, operator, alder):
    data = {"mac": "00:15:65:AA:BB:CC", "model": "Yealink T46U", "customer": str(alder.id)}
    answer = send(operator, "/devices", data)
    assert (answer.status_code, answer.location) == (303, URL)
    assert (stored(session).model, stored(session).customer.name) == ("T46U", "Alder")


def test_refused_device_keeps_what_was_typed(operator, lobby):
    data = {"mac": "00.15.65.aa.bb.cc", "model": "T47U", "description": "Kept"}
    page = send(operator, "/devices", data)
    assert page.status_code == 422
    assert "in the inventory already: Yealink T31G, of Alder, “Lobby”" in page.text
    assert 'value="00.15.65.aa.bb.cc"' in page.text
    assert 'value="Kept"' in page.text


def test_malformed_mac_is_told_at_its_field(operator):
    page = send(operator, "/devices", {"mac": "00:15:65", "model": "T46U"})
    assert page.status_code == 422
    assert "“00:15:65” is not a MAC address" in text_of(page)


def test_device_is_edited(session, operator, lobby):
    form = operator.get(f"{URL}/edit")
    data = {"version": hidden(form, "version"), "model": "T46U", "description": "Hall"}
    data |= {"customer": str(lobby.customer_id), "inventory_id": "CPE-8"}
    assert send(operator, f"{URL}/edit", data).location == URL
    changed = stored(session)
    assert (changed.model, changed.description, changed.serial) == ("T46U", "Hall", "")


def test_stale_edit_shows_both_values_and_stores_nothing(session, operator, lobby):
    mark = hidden(operator.get(f"{URL}/edit"), "version")
    same = {"model": "T31G", "customer": str(lobby.customer_id), "serial": "SN7"}
    same |= {"inventory_id": "CPE-7"}
    send(operator, f"{URL}/edit", {**same, "version": mark, "description": "Theirs"})
    page = send(operator, f"{URL}/edit", {**same, "version": mark, "description": "Mine"})
    assert page.status_code == 409
    assert "Description Theirs Mine" in text_of(page)
    assert stored(session).description == "Theirs"
    again = {**same, "version": hidden(page, "version"), "description": "Mine"}
    assert send(operator, f"{URL}/edit", again).status_code == 303
    assert stored(session).description == "Mine"


def test_assigning_a_port_does_not_make_an_edit_stale(session, operator, lobby):
    mark = hidden(operator.get(f"{URL}/edit"), "version")
    assign(session, stored(session), 1, None)
    session.commit()
    same = {"version": mark, "model": "T31G", "customer": str(lobby.customer_id)}
    assert send(operator, f"{URL}/edit", same).status_code == 303


def test_device_is_retired_and_comes_back(session, operator, lobby):
    assert "Retire 00:15:65:AA:BB:CC?" in operator.get(f"{URL}/retire").text
    assert send(operator, f"{URL}/retire").location == URL
    assert stored(session).state == "retired"
    assert "Put back into service" in operator.get(URL).text
    send(operator, f"{URL}/reinstate", page=URL)
    assert stored(session).state == "assigned"


def test_device_is_deleted(session, client_as, lobby):
    admin = client_as("admin")
    assert "Delete 00:15:65:AA:BB:CC?" in admin.get(f"{URL}/delete").text
    assert send(admin, f"{URL}/delete").location == "/devices"
    assert stored(session) is None


@pytest.mark.parametrize("path", ["/edit", "/settings", "/retire", "/delete", "/ports/1/accounts"])
def test_viewer_may_look_but_not_touch(client_as, lobby, path):
    viewer = client_as("viewer")
    page = viewer.get(URL).text
    assert "Lobby" in page
    assert "Release" not in page
    assert "/p/s/" not in viewer.get(f"{URL}?tab=trust").text
    assert viewer.get(URL + path).status_code == 403


# Ports


def test_device_page_shows_ports_and_when_the_phone_has_it(operator, lobby):
    words = text_of(operator.get(URL))
    assert "1 of 2 free" in words
    assert "Waiting for the phone to set itself up" in words
    assert "sip.example.net from profile Retail" in words


def test_choices_offer_free_accounts_first_and_say_where_others_are(operator, lobby):
    page = text_of(operator.get(f"{URL}/ports/2/accounts?q=10", headers=HX))
    assert page.index("102 Anna free") < page.index("101 on Lobby 00:15:65:AA:BB:CC")


def test_port_gets_an_account_in_place(session, operator, lobby):
    url = f"{URL}/ports/2"
    row = operator.get(url, headers=HX)
    assert row.text.lstrip().startswith('<tr id="port-2" class="picking">')
    data = {"version": hidden(row, "version"), "account": account_id(session, "102")}
    current = f"https://localhost{URL}?tab=files"
    answer = send(operator, url, data, {**HX, "HX-Current-URL": current})
    assert answer.status_code == 200
    assert toasts(answer)[0].startswith("Port 2 is 102. Waiting for the phone to set itself up")
    assert '<tr id="port-2">' in answer.text
    assert 'id="delivery" hx-swap-oob="true"' in answer.text
    assert "account.2.user_name = 102" in text_of(answer)
    assert stored(session).port(2).account.user_name == "102"


def test_port_is_assigned_and_released_without_script(session, operator, lobby):
    page = operator.get(f"{URL}/ports/2?q=102")
    assert "<html" in page.text
    data = {"version": ":", "account": account_id(session, "102")}
    assert send(operator, f"{URL}/ports/2", data).location == f"{URL}#port-2"
    version = hidden(operator.get(f"{URL}/ports/2"), "version")
    send(operator, f"{URL}/ports/2", {"version": version, "account": ""})
    assert stored(session).port(2).account is None


def test_account_of_another_customer_is_refused_in_the_picker(session, operator, lobby):
    foreign = make_sip_account(session, "301", customer=make_customer(session, "Birch"))
    session.commit()
    data = {"version": ":", "account": str(foreign.id)}
    answer = send(operator, f"{URL}/ports/2", data, HX)
    assert answer.status_code == 422
    assert "Account 301 belongs to Birch, the device to Alder" in text_of(answer)
    assert stored(session).port(2).account is None


def test_port_that_somebody_else_took_is_not_overwritten(session, operator, lobby):
    assign(session, stored(session), 2, make_sip_account(session, "104"))
    session.commit()
    data = {"version": ":", "account": account_id(session, "102")}
    answer = send(operator, f"{URL}/ports/2", data, HX)
    assert answer.status_code == 409
    assert "it has 104 now" in text_of(answer)
    assert stored(session).port(2).account.user_name == "104"


def test_port_beyond_the_model_is_not_there(operator, lobby):
    assert operator.get(f"{URL}/ports/3").status_code == 404
    answer = send(operator, f"{URL}/ports/3", {"version": ":", "account": ""})
    assert (answer.status_code, answer.location) == (303, URL)
    assert "T31G has 2 ports, there is no port 3" in operator.get(URL).text


def test_label_is_saved_in_place(session, operator, lobby):
    version = hidden(operator.get(URL), "version")
    data = {"version": version, "label": 'Sales "<&;#'}
    answer = send(operator, f"{URL}/ports/1/label", data, HX)
    assert answer.status_code == 200
    assert stored(session).port(1).label == 'Sales "<&;#'


def test_refused_label_stays_as_typed(session, operator, lobby):
    version = hidden(operator.get(URL), "version")
    data = {"version": version, "label": "Sales\u2028x = 1"}
    answer = send(operator, f"{URL}/ports/1/label", data, HX)
    assert answer.status_code == 422
    assert "single line" in answer.text
    assert "Sales\u2028x = 1" in answer.text
    assert stored(session).port(1).label == ""


def test_label_of_a_port_that_changed_meanwhile_is_asked_again(session, operator, lobby):
    data = {"version": "7:Old", "label": "Mine"}
    answer = send(operator, f"{URL}/ports/1/label", data, HX)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    data["version"] = hidden(answer, "version")
    assert send(operator, f"{URL}/ports/1/label", data, HX).status_code == 200


# Tabs


def test_settings_say_what_they_hide_and_what_is_ignored(session, actor, sealer, operator, lobby):
    own = {"sip.registrar_host": "own.example.net", "ui.idle_text": "Hello"}
    service.override(session, actor, sealer, datetime.now(UTC), stored(session), own)
    session.commit()
    words = text_of(operator.get(f"{URL}?tab=settings"))
    assert (
        "own.example.net set on this device , overrides sip.example.net from profile Retail"
        in words
    )
    assert "Hello Yealink ignores this" in words


def test_files_are_masked(operator, lobby):
    page = operator.get(f"{URL}?tab=files", headers=HX)
    assert f"{MAC}.cfg" in page.text
    assert "account.1.user_name = 101" in page.text
    assert "<mark>••••••</mark>" in page.text
    assert "Secret-of-the-account" not in page.text


def test_file_that_cannot_be_made_says_why(session, operator, alder):
    device = make_device(session, MAC, "D785", alder)
    device.parameters = {"no such name!": "1"}
    session.commit()
    page = text_of(operator.get(f"{URL}?tab=files"))
    assert "This file cannot be made" in page
    assert "no such name!" in page


def test_device_of_unknown_model_says_what_to_do(session, operator, config, alder):
    facts = service.DeviceFacts(model="SuperFon 3", customer=alder)
    now = datetime.now(UTC)
    service.create_device(session, ACTOR, config, now, MAC, facts, allow_unknown_model=True)
    session.commit()
    for tab in ("settings", "files", "timeline", "trust"):
        assert "choose its model" in text_of(operator.get(f"{URL}?tab={tab}"))


def test_time_line_merges_check_ins_and_changes(session, operator, client_as, lobby):
    session.add(
        CheckIn(
            at=datetime.now(UTC) - timedelta(hours=1),
            device_id=lobby.id,
            mac=MAC,
            filename=f"{MAC}.cfg",
            protocol="https",
            address="203.0.113.9",
            user_agent="Yealink",
            proof="",
            status=200,
            reason="set-up window is closed",
            tag="",
        )
    )
    session.commit()
    words = text_of(operator.get(f"{URL}?tab=timeline"))
    assert words.index("port 1: 101") < words.index("Got the harmless file")
    assert "Allow set-up under" in words
    assert "port 1: 101" not in text_of(client_as("viewer").get(f"{URL}?tab=timeline"))


# Own settings


def test_own_settings_are_saved(session, operator, lobby):
    form = operator.get(f"{URL}/settings")
    data = {
        "version": hidden(form, "version"),
        "sip.transport": "tls",
        "net.vlan_id": "",
        "parameters": "phone_setting.ring_type = Ring2.wav",
        "line_key_number": ["7"],
        "line_key_module": ["0"],
        "line_key_type": ["blf"],
        "line_key_value": ["102"],
        "line_key_label": ["Anna"],
        "line_key_port": ["1"],
    }
    assert send(operator, f"{URL}/settings", data).location == URL
    device = stored(session)
    assert device.settings == {"sip.transport": "tls"}
    assert device.parameters == {"phone_setting.ring_type": "Ring2.wav"}
    assert [key["number"] for key in device.line_keys] == [7]
    assert "Key 7" in operator.get(URL).text


def test_wrong_own_settings_are_told_at_their_fields(session, operator, lobby):
    form = operator.get(f"{URL}/settings")
    data = {"version": hidden(form, "version"), "net.vlan_id": "99999", "parameters": "nonsense"}
    page = send(operator, f"{URL}/settings", data)
    assert page.status_code == 422
    words = text_of(page)
    assert "99999 is not between 1 and 4094" in words
    assert "Line 1: write it as name = value" in words
    assert 'value="99999"' in page.text
    assert stored(session).settings == {}


def test_masked_parameter_keeps_its_secret(session, actor, sealer, operator, lobby):
    raw = {"account.1.password": "hunter2", "phone_setting.ring_type": "Ring1.wav"}
    service.override(session, actor, sealer, datetime.now(UTC), stored(session), {}, raw)
    session.commit()
    form = operator.get(f"{URL}/settings")
    assert "account.1.password = ••••••" in form.text
    assert "hunter2" not in form.text + operator.get(URL).text
    typed = "account.1.password = ••••••\nphone_setting.ring_type = Ring2.wav"
    send(operator, f"{URL}/settings", {"version": hidden(form, "version"), "parameters": typed})
    assert stored(session).parameters == {**raw, "phone_setting.ring_type": "Ring2.wav"}


def test_stale_own_settings_show_both_values(session, actor, sealer, operator, lobby):
    version = hidden(operator.get(f"{URL}/settings"), "version")
    now, theirs = datetime.now(UTC), {"sip.registrar_host": "theirs.example.net"}
    service.override(session, actor, sealer, now, stored(session), theirs)
    session.commit()
    data = {"version": version, "sip.registrar_host": "mine.example.net"}
    page = send(operator, f"{URL}/settings", data)
    assert page.status_code == 409
    assert "SIP server theirs.example.net mine.example.net" in text_of(page)
    data["version"] = hidden(page, "version")
    assert send(operator, f"{URL}/settings", data).status_code == 303
    assert stored(session).settings == {"sip.registrar_host": "mine.example.net"}


def test_more_rows_of_line_keys_keep_what_was_typed(operator, lobby):
    data = {"line_key_more": "4", "net.vlan_id": "7"}
    page = send(operator, f"{URL}/line-keys", data)
    assert page.text.count('name="line_key_number"') == 4
    assert 'name="net.vlan_id" value="7"' in page.text


def test_port_has_settings_of_its_own(session, operator, lobby):
    url = f"{URL}/ports/1/settings"
    form = operator.get(url)
    assert 'name="sip.registrar_host"' in form.text
    assert 'name="net.vlan_id"' not in form.text
    data = {"version": hidden(form, "version"), "sip.registrar_host": "one.example.net"}
    assert send(operator, url, data).location == URL
    assert stored(session).port(1).settings == {"sip.registrar_host": "one.example.net"}
    assert "1 own setting" in operator.get(URL).text


def test_device_wide_setting_is_refused_for_a_port(session, operator, lobby):
    url = f"{URL}/ports/1/settings"
    data = {"version": hidden(operator.get(url), "version"), "net.vlan_id": "7"}
    assert send(operator, url, data).status_code == 422
    assert stored(session).port(1).settings == {}


# Set-up


def test_window_is_opened_for_an_hour(session, operator, lobby):
    answer = send(operator, f"{URL}/window", {}, HX, page=f"{URL}?tab=trust")
    assert "The phone may set itself up until" in toasts(answer)[0]
    left = stored(session).window_until - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(minutes=60)
    assert (
        send(operator, f"{URL}/window", page=f"{URL}?tab=trust").location == f"{URL}?tab=trust#tab"
    )


def test_site_address_can_be_copied(operator, sealer, alder, lobby):
    address = f"https://portal.test/p/s/{sealer.open(alder.site_token_sealed)}/"
    assert f'data-copy="{address}"' in operator.get(f"{URL}?tab=trust").text


def test_own_address_is_shown_to_administrators_and_noted(session, client_as, lobby):
    admin = client_as("admin")
    assert "/p/t/" not in admin.get(f"{URL}?tab=trust").text
    page = send(admin, f"{URL}/own-address", {}, HX, page=f"{URL}?tab=trust")
    assert "https://portal.test/p/t/" in page.text
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "device.show_address"))
    assert [entry.actor for entry in noted] == ["admin-user"]


def test_own_address_is_not_for_support(operator, lobby):
    assert "Show it" not in operator.get(f"{URL}?tab=trust").text
    assert send(operator, f"{URL}/own-address").status_code == 403
