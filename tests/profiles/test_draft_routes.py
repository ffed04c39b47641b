from __future__ import annotations

import pytest

from portal.profiles import queries, service
from tests.browsing import hidden, send, text_of
from tests.factories import assign, make_device, make_profile, make_sip_account

KEYS = {
    "line_key_number": ["2"],
    "line_key_module": ["0"],
    "line_key_type": ["blf"],
    "line_key_value": ["101"],
    "line_key_label": ["Anna"],
    "line_key_port": [""],
}


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def office(session):
    profile = make_profile(
        session, "Office", family="yealink", sip__registrar_host="sip.example.net"
    )
    session.commit()
    return profile


@pytest.fixture
def lobby(session, office):
    device = make_device(session, "805ec0d57d72", model="T46U", profile=office, description="Lobby")
    assign(session, device, 1, make_sip_account(session, "101", "Never-to-be-seen"))
    session.commit()
    return device


def preview(client, profile, headers=None, **typed):
    fields = {key.replace("__", "."): value for key, value in typed.items()}
    return send(client, f"/profiles/{profile.id}/preview", fields, headers)


def test_preview_shows_the_real_file_with_what_is_typed_and_keeps_nothing(admin, office, lobby):
    page = preview(admin, office, sip__registrar_host="sip2.example.net")
    text = text_of(page)
    assert "Was: account.1.sip_server.1.address = sip.example.net" in text
    assert "Is: account.1.sip_server.1.address = sip2.example.net" in text
    assert "Never-to-be-seen" not in page.text
    assert 'value="sip2.example.net"' in page.text
    assert queries.draft_of(office) is None


def test_preview_is_swapped_in_place_by_htmx(admin, office, lobby):
    page = preview(admin, office, {"HX-Request": "true"}, sip__registrar_host="sip2.example.net")
    assert "<html" not in page.text
    assert '<section class="panel" id="preview"' in page.text
    assert "1 new lines, 1 gone. Not saved yet." in text_of(page)


def test_preview_takes_raw_parameters_and_line_keys_as_typed(admin, office, lobby):
    page = preview(admin, office, parameters="features.new = 7", **KEYS)
    text = text_of(page)
    assert "Is: features.new = 7" in text
    assert "Is: linekey.2.value = 101" in text


def test_preview_of_a_typed_password_says_only_that_it_is_another_one(admin, office, lobby):
    page = preview(admin, office, {"HX-Request": "true"}, admin__password="Mond-und-Sterne")
    assert "Mond" not in page.text
    assert "••••••" in page.text
    assert "Is:" in page.text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_preview_of_wrong_values_tells_them_at_their_fields(admin, office, lobby, headers):
    page = preview(admin, office, headers, net__vlan_id="many", parameters="nonsense")
    assert page.status_code == 422
    assert "“many” is not a whole number" in page.text
    assert "Line 1: write it as name = value" in page.text
    assert "<html" in page.text  # HTMX puts it in place of the page: the fields are above
    assert page.headers.get("HX-Retarget") == "body"


def test_preview_of_what_the_family_cannot_carry_is_told_at_the_field(admin, office, lobby):
    page = preview(admin, office, parameters="two words = 1")
    assert page.status_code == 422
    assert "is not a parameter name of this family" in page.text


def test_preview_finds_the_device_by_last_digits_those_of_the_profile_first(
    session, admin, office, lobby
):
    other = make_device(session, "001565007d72", model="T31G")
    session.commit()
    page = preview(admin, office, preview_device="7d72")
    text = text_of(page)
    assert "2 devices fit. Which one?" in text
    assert page.text.index('value="805ec0d57d72"') < page.text.index('value="001565007d72"')
    page = preview(admin, office, preview_device="7d72", preview_mac=other.mac)
    assert "This device does not have the profile: it is shown as if it had it." in page.text


def test_preview_as_if_shows_what_the_device_would_get(session, admin, office):
    device = make_device(session, "001565007d72", model="T31G")
    assign(session, device, 1, make_sip_account(session, "102"))
    session.commit()
    page = preview(admin, office, preview_device="00:15:65:00:7D:72")
    assert "Is: account.1.sip_server.1.address =" in text_of(page)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ffff", "No device that can have this profile is named by “ffff”"),
        ("", "No device has this profile yet"),
    ],
)
def test_preview_without_a_device_says_what_to_type(admin, office, text, message):
    page = preview(admin, office, preview_device=text)
    assert page.status_code == 200
    assert message in page.text


def test_device_of_another_family_is_not_offered(session, admin, office):
    make_device(session, "000413007d72", model="D785")
    session.commit()
    page = preview(admin, office, preview_device="7d72")
    assert "No device that can have this profile is named by “7d72”" in page.text


def test_preview_of_a_device_without_model_says_why_there_is_no_file(session, admin):
    profile = make_profile(session)
    make_device(session, "001565007d72", model="", profile=profile)
    session.commit()
    page = preview(admin, profile, preview_device="7d72")
    assert "Its model is not known, so it has no file" in page.text


def test_child_profile_hides_what_its_parent_would_change(session, admin, office):
    child = make_profile(
        session, "Child", "yealink", parent=office, sip__registrar_host="own.example.net"
    )
    device = make_device(session, "001565007d72", model="T31G", profile=child)
    assign(session, device, 1, make_sip_account(session, "102"))
    session.commit()
    page = preview(admin, office, sip__registrar_host="sip2.example.net")
    assert "Its file stays as it is." in page.text


def test_viewer_cannot_ask_for_a_preview(client_as, office):
    assert preview(client_as("viewer"), office).status_code == 403


def test_parameters_are_offered_and_what_they_replace_is_said(admin, office, lobby):
    page = admin.get(f"/profiles/{office.id}")
    assert '<option value="account.1.sip_server.1.address">sip.example.net</option>' in page.text
    typed = {
        "parameters": "a.new.one = 1\naccount.1.sip_server.1.address = raw.example.net",
        "parameter_name": "a.new.one",
        "parameter_value": "2",
    }
    page = send(admin, f"/profiles/{office.id}/parameters", typed, {"HX-Request": "true"})
    text = text_of(page)
    assert "a.new.one = 1 account.1.sip_server.1.address = raw.example.net a.new.one = 2" in text
    assert "a.new.one stands twice; the last line counts" in text
    assert "a.new.one is not in the portal’s file for the T46U; it is added as it stands" in text
    assert "account.1.sip_server.1.address replaces “sip.example.net”" in text
    assert "<html" not in page.text


def test_parameter_says_which_value_of_its_parent_it_replaces(session, actor, sealer, admin):
    base = make_profile(session, "Base", family="yealink")
    service.save_draft(session, actor, sealer, base, {}, {"features.x": "1"})
    service.publish(session, actor, base, queries.latest_of(base).created_at)
    child = make_profile(session, "Child", family="yealink", parent=base)
    session.commit()
    typed = {"parameters": "features.x = 2"}
    page = send(admin, f"/profiles/{child.id}/parameters", typed)
    assert "features.x replaces “1” of Base" in text_of(page)


def test_parameter_that_cannot_be_read_is_told_and_kept(admin, office):
    for part in ("parameters", "line-keys"):
        page = send(admin, f"/profiles/{office.id}/{part}", {"parameters": "no sign"})
        assert page.status_code == 200
        assert "Line 1: write it as name = value" in page.text
        assert "no sign" in page.text


def test_parameter_typed_twice_is_saved_once(session, admin, office):
    url = f"/profiles/{office.id}"
    data = {"version": hidden(admin.get(url), "version"), "parameters": "a.b = 1\na.b = 2"}
    assert send(admin, f"{url}/draft", data).status_code == 303
    assert queries.draft_of(office).parameters == {"a.b": "2"}
    assert "Typed twice, the last line counts: a.b" in admin.get(url).text


def test_secret_parameter_is_masked_and_a_mask_left_standing_keeps_it(
    session, actor, sealer, admin, office
):
    secret = {"account.1.password": "Mond", "a.b": "1"}
    service.save_draft(session, actor, sealer, office, {}, secret)
    session.commit()
    url = f"/profiles/{office.id}"
    page = admin.get(url)
    assert "Mond" not in page.text
    data = {
        "version": hidden(page, "version"),
        "parameters": "account.1.password = ••••••\na.b = 2",
    }
    send(admin, f"{url}/draft", data)
    session.expire_all()
    assert queries.draft_of(office).parameters == {"account.1.password": "Mond", "a.b": "2"}


def test_keys_of_another_profile_are_copied_into_the_form_and_not_saved(
    session, actor, sealer, admin, office, lobby
):
    keys = [{"number": 3, "type": "blf", "value": "103", "label": "Carl"}]
    layout = make_profile(session, "Reception keys")
    service.save_draft(session, actor, sealer, layout, {}, line_keys=keys)
    service.publish(session, actor, layout, queries.latest_of(layout).created_at)
    session.commit()
    page = admin.get(f"/profiles/{office.id}")
    assert f'<option value="{layout.id}">Reception keys</option>' in page.text
    data = {"line_key_copy": "1", "line_key_source": str(layout.id), **KEYS}
    page = send(admin, f"/profiles/{office.id}/line-keys", data, {"HX-Request": "true"})
    assert 'value="103"' in page.text
    assert 'value="101"' not in page.text
    assert '<span class="key-number">3</span><span class="key-text">Carl</span>' in page.text
    assert queries.draft_of(office) is None


def test_only_own_values_are_shown_by_an_address(admin, office):
    page = admin.get(f"/profiles/{office.id}?only=own")
    assert 'name="only" value="own" form="find-setting" checked' in page.text
