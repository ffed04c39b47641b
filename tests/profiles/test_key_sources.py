"""Line keys taken from a profile or a device, into the form of another profile or device."""

from __future__ import annotations

import re

import pytest

from portal.profiles import queries, service
from portal.settings.line_keys import parse
from tests.browsing import hidden, send, text_of
from tests.factories import make_device, make_profile

HX = {"HX-Request": "true"}
ANNA = {"number": 2, "type": "blf", "value": "101", "label": "Anna"}
BEN = {"number": 3, "type": "speed_dial", "value": "102", "label": "Ben", "module": 1}
PARK = {"number": 4, "type": "park", "value": "700", "label": "Park"}


@pytest.fixture
def admin(client_as):
    return client_as("admin")


def with_keys(session, actor, sealer, name, *keys):
    profile = make_profile(session, name, family="yealink")
    service.save_draft(session, actor, sealer, profile, {}, line_keys=list(keys))
    service.publish(session, actor, profile, queries.latest_of(profile).created_at)
    session.commit()
    return profile


@pytest.fixture
def lobby(session, actor, sealer):
    """A device with a key of its profile, and one of its own."""
    layout = with_keys(session, actor, sealer, "Reception", PARK)
    device = make_device(session, "805ec0d57d72", model="T46U", profile=layout, description="Lobby")
    device.line_keys = [parse(BEN).as_json()]
    session.commit()
    return device


def rows_of(page):
    """Return number, module and value of the rows that a form holds."""
    cells = r'name="line_key_number" value="(\d+)".*?<option value="(\d)" selected.*?' \
            r'name="line_key_value" value="([^"]*)"'  # fmt: skip
    return re.findall(cells, page.text, re.DOTALL)


def test_a_profile_takes_all_keys_that_a_device_shows(session, admin, lobby):
    office = make_profile(session, "Office", family="yealink")
    session.commit()
    url = f"/profiles/{office.id}/line-keys"
    page = send(admin, url, {"line_key_copy_device": "1", "line_key_device": "7d72"}, HX)
    assert rows_of(page) == [("4", "0", "700"), ("3", "1", "102")]
    assert queries.draft_of(office) is None


def test_what_is_inherited_anyhow_is_not_taken_along(session, actor, sealer, admin, lobby):
    bar = make_device(session, "805ec0000001", model="T46U", profile=lobby.profile)
    session.commit()
    data = {"line_key_copy_device": "1", "line_key_device": "80:5e:c0:d5:7d:72"}
    page = send(admin, f"/devices/{bar.mac}/line-keys", data, HX)
    assert rows_of(page) == [("3", "1", "102")]
    again = send(admin, f"/devices/{lobby.mac}/line-keys", {**data, "line_key_device": bar.mac}, HX)
    assert "No layout names a key of this device, or it has the same" in text_of(again)


def test_a_device_takes_the_keys_of_a_profile(session, actor, sealer, admin, lobby):
    other = with_keys(session, actor, sealer, "Bar", ANNA)
    url = f"/devices/{lobby.mac}"
    form = admin.get(f"{url}/settings")
    assert f'<option value="{other.id}">Bar</option>' in form.text
    data = {"line_key_copy": "1", "line_key_source": str(other.id), "net.vlan_id": "7"}
    page = send(admin, f"{url}/line-keys", {**data, "version": hidden(form, "version")})
    assert rows_of(page) == [("2", "0", "101")]
    assert 'name="net.vlan_id" value="7"' in page.text


def test_of_several_devices_one_is_chosen_and_rows_stay_till_then(session, admin, lobby):
    make_device(session, "805ec0000001", model="T46U", description="Lobby, back")
    session.commit()
    url = f"/profiles/{lobby.profile_id}/line-keys"
    typed = {f"line_key_{name}": [str(value)] for name, value in ANNA.items()}
    typed |= {"line_key_module": ["0"], "line_key_port": [""]}
    page = send(admin, url, {"line_key_copy_device": "1", "line_key_device": "lobby", **typed}, HX)
    assert "2 devices fit. Which one?" in text_of(page)
    assert rows_of(page) == [("2", "0", "101")]
    page = send(admin, url, {"line_key_mac": lobby.mac, **typed}, HX)
    assert ("3", "1", "102") in rows_of(page)


def test_a_profile_that_was_deleted_meanwhile_leaves_the_rows_alone(admin, lobby):
    typed = {f"line_key_{name}": [str(value)] for name, value in ANNA.items()}
    typed |= {"line_key_module": ["0"], "line_key_port": [""]}
    data = {"line_key_copy": "1", "line_key_source": "999", **typed}
    page = send(admin, f"/profiles/{lobby.profile_id}/line-keys", data)
    assert "This profile is not there any more; choose another one" in text_of(page)
    assert rows_of(page) == [("2", "0", "101")]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("nowhere", "No device is named by “nowhere”"), ("", "Type the last digits of its MAC")],
)
def test_what_names_no_device_is_said(admin, lobby, typed, said):
    data = {"line_key_copy_device": "1", "line_key_device": typed}
    page = send(admin, f"/profiles/{lobby.profile_id}/line-keys", data)
    assert said in text_of(page)


def test_a_limited_operator_takes_keys_of_own_customers_alone(session, client_as, lobby):
    """The session is limited; a device of another customer is not there."""
    from portal.audit import Actor
    from portal.users import limit_service
    from portal.users import queries as users
    from tests.factories import make_customer

    client = client_as("operator")
    acme = make_customer(session, "Acme")
    mine = make_device(session, "805ec0000001", model="T46U", customer=acme)
    user = users.find_user_named(session, "operator-user")
    limit_service.limit_to_customers(session, Actor("t"), user, [acme])
    session.commit()
    data = {"line_key_copy_device": "1", "line_key_device": "7d72"}
    page = send(client, f"/devices/{mine.mac}/line-keys", data)
    assert "No device is named by “7d72”" in text_of(page)
