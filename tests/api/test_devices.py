from __future__ import annotations

from sqlalchemy import select

from portal.models import AuditEntry, Device
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account

MAC = "805ec0aabbcc"


def test_device_is_added_shown_changed_and_deleted(program, session):
    make_customer(session, "North")
    make_profile(session, "Office")
    session.commit()
    call = program()
    made = call("POST", "/devices", json={"mac": "80:5E:C0:AA:BB:CC", "model": "T31G"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/devices/{MAC}"
    assert made.json["state"] == "stock"
    assert made.json["ports"] == [
        {"number": 1, "account": None, "label": ""},
        {"number": 2, "account": None, "label": ""},
    ]
    changed = call(
        "PATCH", f"/devices/{MAC}", json={"customer": "north", "profile": "Office", "serial": "7"}
    )
    assert changed.status_code == 200
    shown = call.get("/devices/80-5e-c0-aa-bb-cc")
    assert (shown["customer"], shown["profile"], shown["serial"]) == ("North", "Office", "7")
    assert (shown["model"], shown["state"]) == ("T31G", "assigned")
    assert call("DELETE", f"/devices/{MAC}").status_code == 204
    assert call("GET", f"/devices/{MAC}").status_code == 404
    via = set(session.scalars(select(AuditEntry.via).where(AuditEntry.object_name == MAC)))
    assert via == {"test"}


def test_time_line_of_a_device_names_the_token(program, client_as):
    program("operator")("POST", "/devices", json={"mac": MAC, "model": "T31G"})
    page = client_as("operator").get(f"/devices/{MAC}?tab=timeline")
    assert "API: test" in page.text


def test_null_takes_the_customer_away_and_what_is_not_given_stays(program, session):
    make_device(session, MAC, customer=make_customer(session), description="Hall")
    session.commit()
    call = program()
    assert call("PATCH", f"/devices/{MAC}", json={"customer": None}).status_code == 200
    shown = call.get(f"/devices/{MAC}")
    assert (shown["customer"], shown["description"], shown["state"]) == (None, "Hall", "stock")


def test_redirect_pin_goes_in_and_never_out(program, session):
    call = program()
    given = {"mac": MAC, "model": "T31G", "redirect_pin": "pin-4711"}
    made = call("POST", "/devices", json=given)
    assert "4711" not in made.text
    assert "4711" not in call("GET", "/devices").text
    assert session.scalar(select(Device.redirect_pin)) == "pin-4711"


def test_list_is_filtered_and_paged_and_names_the_next_page(program, session):
    north = make_customer(session, "North")
    for number in range(5):
        make_device(session, f"805ec00000{number:02x}", customer=north if number else None)
    session.commit()
    call = program("viewer")
    first = call.get("/devices?customer=North&size=3")
    assert (first["total"], len(first["items"])) == (4, 3)
    assert first["next"] == "/api/v1/devices?customer=North&size=3&page=2"
    second = call.get(first["next"])
    assert ([d["mac"] for d in second["items"]], second["next"]) == (["805ec0000001"], None)
    assert call.get("/devices?q=00:00:04")["total"] == 1
    assert call.get("/devices?state=stock")["items"][0]["mac"] == "805ec0000000"


def test_services_sentences_come_with_their_field(program, session):
    make_device(session, MAC)
    session.commit()
    call = program()
    taken = call("POST", "/devices", json={"mac": MAC, "model": "T31G"})
    assert taken.status_code == 422
    assert taken.json["error"]["code"] == "rule_broken"
    assert taken.json["error"]["field"] == "mac"
    assert "80:5E:C0:AA:BB:CC is in the inventory already" in taken.json["error"]["message"]
    unknown = call("PATCH", f"/devices/{MAC}", json={"customer": "Nobody"})
    assert unknown.json["error"] == {
        "code": "rule_broken",
        "message": "There is no customer “Nobody”",
        "field": "customer",
    }


def test_change_from_an_old_version_is_refused(program, session):
    make_device(session, MAC)
    session.commit()
    call = program()
    tag = call("GET", f"/devices/{MAC}").headers["ETag"]
    assert call("PATCH", f"/devices/{MAC}", json={"serial": "1"}, headers={"If-Match": tag}).json
    late = call("PATCH", f"/devices/{MAC}", json={"serial": "2"}, headers={"If-Match": tag})
    assert (late.status_code, late.json["error"]["code"]) == (409, "stale")
    body = call("PATCH", f"/devices/{MAC}", json={"serial": "2", "version": 1})
    assert body.status_code == 409
    assert call.get(f"/devices/{MAC}")["serial"] == "1"


def test_account_is_put_on_a_port_named_and_released(program, session):
    make_device(session, MAC)
    make_sip_account(session, "101", customer=make_customer(session, "North"))
    session.commit()
    call = program("operator")
    port = call("PATCH", f"/devices/{MAC}/ports/2", json={"account": "101", "label": "Hall"})
    assert port.json == {
        "number": 2,
        "account": "101",
        "label": "Hall",
        "notices": ["The device belongs to North now"],
    }
    assert call.get(f"/devices/{MAC}")["ports"][1]["account"] == "101"
    assert call("DELETE", f"/devices/{MAC}/ports/2").json["account"] is None
    beyond = call("PATCH", f"/devices/{MAC}/ports/3", json={"account": "101"})
    assert beyond.json["error"]["message"] == "T31G has 2 ports, there is no port 3"
    missing = call("PATCH", f"/devices/{MAC}/ports/1", json={"account": "999"})
    assert missing.json["error"]["field"] == "account"


def test_device_is_retired_and_put_back(program, session):
    device = make_device(session, MAC)
    assign(session, device, 1, make_sip_account(session, "101"))
    session.commit()
    call = program("operator")
    assert call("POST", f"/devices/{MAC}/retire").json["state"] == "retired"
    assert call.get(f"/devices/{MAC}")["ports"][0]["account"] is None
    assert call("POST", f"/devices/{MAC}/retire").status_code == 422
    assert call("POST", f"/devices/{MAC}/reinstate").json["state"] == "stock"


def test_window_is_opened_for_as_long_as_is_asked(program, session):
    make_device(session, MAC, customer=make_customer(session))
    session.commit()
    call = program("operator")
    assert call("POST", f"/devices/{MAC}/window", json={"minutes": 5}).json["mac"] == MAC
    refused = call("POST", f"/devices/{MAC}/window", json={"minutes": 0})
    assert refused.json["error"]["field"] == "minutes"


def test_addresses_are_secrets_that_are_audited(program, session):
    make_device(session, MAC, customer=make_customer(session))
    session.commit()
    assert program("admin", "devices")("POST", f"/devices/{MAC}/addresses").status_code == 403
    told = program("admin", "secrets")("POST", f"/devices/{MAC}/addresses").json
    assert told["site"].startswith("https://portal.test/p/s/")
    assert told["own"].startswith("https://portal.test/p/t/")
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.object_name == MAC)).all()
    assert actions[-1] == "device.show_address"


def test_listing_takes_as_many_statements_however_many_devices(program, session, statements):
    customer, account = make_customer(session), make_sip_account(session, "101")
    for number in range(12):
        device = make_device(session, f"805ec00000{number:02x}", customer=customer)
        assign(session, device, 1, account)
    session.commit()
    call = program("viewer")
    with statements() as few:
        call.get("/devices?size=2")
    with statements() as many:
        call.get("/devices?size=12")
    assert len(few) == len(many)
