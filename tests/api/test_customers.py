from __future__ import annotations

from tests.factories import make_customer, make_device, make_profile


def test_customer_is_added_found_changed_and_deleted(program, session):
    make_profile(session, "Office")
    session.commit()
    call = program()
    given = {"name": "North", "networks": ["192.0.2.0/24"], "default_profile": "office"}
    made = call("POST", "/customers", json=given)
    assert (made.status_code, made.json["default_profile"]) == (201, "Office")
    url = made.headers["Location"]
    assert call("PATCH", url, json={"name": "North Ltd"}).json["networks"] == ["192.0.2.0/24"]
    assert call("PATCH", url, json={"default_profile": None}).json["default_profile"] is None
    assert call.get("/customers?q=ltd")["items"][0]["name"] == "North Ltd"
    assert call("DELETE", url).status_code == 204
    assert call("GET", url).status_code == 404


def test_site_token_never_comes_out(program, session, sealer):
    customer = make_customer(session)
    session.commit()
    call = program()
    shown = call("GET", f"/customers/{customer.id}").text + call("GET", "/customers").text
    assert sealer.open(customer.site_token_sealed) not in shown
    assert "token" not in shown


def test_customer_with_devices_is_not_deleted(program, session):
    customer = make_customer(session, "North")
    make_device(session, customer=customer)
    session.commit()
    refused = program()("DELETE", f"/customers/{customer.id}")
    assert refused.status_code == 422
    assert refused.json["error"]["message"].startswith("North still has 1 devices")


def test_broken_rules_name_their_field(program, session):
    make_customer(session, "North")
    session.commit()
    call = program()
    taken = call("POST", "/customers", json={"name": "north"})
    assert taken.json["error"]["field"] == "name"
    network = call("POST", "/customers", json={"name": "South", "networks": ["192.0.2.7/24x"]})
    assert (network.status_code, network.json["error"]["field"]) == (422, "networks")


def test_change_from_an_old_version_is_refused(program, session):
    customer = make_customer(session)
    session.commit()
    call = program()
    old = {"If-Match": call("GET", f"/customers/{customer.id}").headers["ETag"]}
    assert call("PATCH", f"/customers/{customer.id}", json={"note": "1"}, headers=old).json
    late = call("PATCH", f"/customers/{customer.id}", json={"note": "2"}, headers=old)
    assert late.status_code == 409
