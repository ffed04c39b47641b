from __future__ import annotations

from portal.models import SipAccount
from tests.factories import assign, make_customer, make_device, make_sip_account


def test_account_is_added_found_changed_and_deleted(program, session):
    make_customer(session, "North")
    session.commit()
    call = program()
    given = {"user_name": "101", "customer": "North", "password": "Sesame-open-101"}
    made = call("POST", "/accounts", json=given)
    assert (made.status_code, made.json["customer"]) == (201, "North")
    url = made.headers["Location"]
    changed = call("PATCH", url, json={"display_name": "Ann", "is_enabled": False})
    assert changed.json["display_name"] == "Ann"
    assert call.get("/accounts?q=ann&customer=North&use=free")["items"][0]["is_enabled"] is False
    assert call.get(url)["user_name"] == "101"
    assert call("DELETE", url).status_code == 204
    assert call("GET", url).status_code == 404


def test_passwords_go_in_and_never_out(program, session, sealer):
    call = program()
    made = call("POST", "/accounts", json={"user_name": "101", "password": "Sesame-open-101"})
    url = made.headers["Location"]
    changed = call("PATCH", url, json={"password": "Sesame-open-102"})
    texts = made.text + changed.text + call("GET", url).text + call("GET", "/accounts").text
    assert "Sesame" not in texts
    assert "sealed" not in texts
    stored = session.get(SipAccount, made.json["id"], populate_existing=True)
    assert sealer.open(stored.password_sealed) == "Sesame-open-102"


def test_without_password_a_random_one_is_made(program, session, sealer):
    made = program()("POST", "/accounts", json={"user_name": "101"}).json
    assert len(sealer.open(session.get(SipAccount, made["id"]).password_sealed)) == 20


def test_account_on_a_port_says_where_and_is_not_deleted(program, session):
    account = make_sip_account(session, "101")
    assign(session, make_device(session, "805ec0aabbcc"), 2, account)
    session.commit()
    call = program()
    assert call.get(f"/accounts/{account.id}")["ports"] == ["805ec0aabbcc/2"]
    refused = call("DELETE", f"/accounts/{account.id}")
    assert refused.status_code == 422
    assert "release it there first" in refused.json["error"]["message"]


def test_change_from_an_old_version_is_refused(program, session):
    account = make_sip_account(session, "101")
    session.commit()
    call = program()
    old = {"display_name": "x", "version": account.version}
    assert call("PATCH", f"/accounts/{account.id}", json=old).status_code == 200
    assert call("PATCH", f"/accounts/{account.id}", json=old).status_code == 409


def test_listing_takes_as_many_statements_however_many_accounts(program, session, statements):
    customer = make_customer(session)
    for number in range(8):
        account = make_sip_account(session, f"10{number}", customer=customer)
        assign(session, make_device(session, customer=customer), 1, account)
    session.commit()
    call = program("viewer")
    with statements() as few:
        call.get("/accounts?size=1")
    with statements() as many:
        call.get("/accounts?size=8")
    assert len(few) == len(many)
