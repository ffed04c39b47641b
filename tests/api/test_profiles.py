from __future__ import annotations

from tests.factories import make_device, make_profile


def test_profile_is_added_changed_as_a_draft_and_published(program, session):
    call = program()
    given = {"name": "Office", "settings": {"sip.registrar_host": "sip.example"}}
    made = call("POST", "/profiles", json=given)
    assert (made.status_code, made.json["draft"]) == (201, None)
    url = made.headers["Location"]
    draft = call("PATCH", url, json={"set": {"sip.registrar_host": "new.example"}}).json
    assert draft["current"]["settings"] == {"sip.registrar_host": "sip.example"}
    assert draft["draft"]["settings"] == {"sip.registrar_host": "new.example"}
    done = call("POST", f"{url}/publish", json={"note": "moved"}).json
    assert (done["draft"], done["current"]["number"], done["current"]["note"]) == (None, 2, "moved")
    assert done["current"]["settings"] == {"sip.registrar_host": "new.example"}


def test_set_unset_and_publish_come_in_one_request(program, session):
    profile = make_profile(session, "Office", sip__registrar_host="a.example", net__vlan_id=7)
    make_device(session, profile=profile)
    session.commit()
    given = {"set": {"sip.registrar_host": "b.example"}, "unset": ["net.vlan_id"], "publish": True}
    told = program()("PATCH", f"/profiles/{profile.id}", json=given).json
    assert told["current"]["settings"] == {"sip.registrar_host": "b.example"}
    assert told["devices"] == 1


def test_secrets_of_a_profile_never_come_out(program, session):
    given = {"name": "Office", "settings": {"admin.password": "Sesame-open-1"}}
    call = program()
    made = call("POST", "/profiles", json=given)
    assert made.status_code == 201, made.text
    assert made.json["current"]["settings"] == {"admin.password": "changed"}
    assert "Sesame" not in made.text + call("GET", "/profiles").text


def test_raw_secrets_of_a_profile_never_come_out(program, session):
    profile = make_profile(session, "Office", family="yealink")
    session.commit()
    given = {"parameters": {"account.1.password": "Sesame-open-1", "lang.gui": "German"}}
    told = program()("PATCH", f"/profiles/{profile.id}", json=given)
    assert told.status_code == 200, told.text
    assert told.json["draft"]["parameters"] == {
        "account.1.password": "changed",
        "lang.gui": "German",
    }


def test_wrong_setting_is_named(program, session):
    profile = make_profile(session)
    session.commit()
    refused = program()("PATCH", f"/profiles/{profile.id}", json={"set": {"sip.registra": "x"}})
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "sip.registra")
    assert "did you mean" in refused.json["error"]["message"]


def test_change_of_a_draft_that_somebody_changed_is_refused(program, session):
    profile = make_profile(session)
    session.commit()
    call = program()
    tag = {"If-Match": call("GET", f"/profiles/{profile.id}").headers["ETag"]}
    url = f"/profiles/{profile.id}"
    assert call("PATCH", url, json={"set": {"net.vlan_id": 7}}, headers=tag).status_code == 200
    assert call("PATCH", url, json={"set": {"net.vlan_id": 8}}, headers=tag).status_code == 409
    assert call.get(url)["draft"]["settings"] == {"net.vlan_id": 7}
    assert call("DELETE", f"{url}/draft").json["draft"] is None


def test_nothing_to_change_and_nothing_to_publish_are_said(program, session):
    profile = make_profile(session, "Office")
    session.commit()
    call = program()
    assert "Nothing to change" in call("PATCH", f"/profiles/{profile.id}", json={}).text
    refused = call("POST", f"/profiles/{profile.id}/publish", json={})
    assert refused.json["error"]["message"] == "Office has no draft to publish"


def test_listing_takes_as_many_statements_however_many_profiles(program, session, statements):
    make_profile(session, "one")
    session.commit()
    call = program("viewer")
    with statements() as few:
        call.get("/profiles")
    for number in range(5):
        make_profile(session, f"more {number}")
    session.commit()
    with statements() as many:
        call.get("/profiles")
    assert len(few) == len(many)
