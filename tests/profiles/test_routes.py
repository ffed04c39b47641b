from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from portal.profiles import queries, service
from tests.browsing import hidden, send, text_of
from tests.factories import make_device, make_profile


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture
def retail(session):
    base = make_profile(session, "Base", sip__transport="tls")
    retail = make_profile(session, "Retail", parent=base, sip__registrar_host="sip.example.net")
    session.commit()
    return retail


def with_draft(session, actor, sealer, profile, **settings):
    layer = {key.replace("__", "."): value for key, value in settings.items()}
    service.save_draft(session, actor, sealer, profile, layer)
    session.commit()


def test_list_shows_version_draft_and_devices(session, actor, sealer, admin, retail):
    make_device(session, profile=retail)
    with_draft(session, actor, sealer, retail, sip__registrar_host="sip2.example.net")
    page = admin.get("/profiles?q=retail")
    assert "Retail any family Base 1 Draft" in text_of(page)
    assert "Draft" in text_of(page)
    assert f'<a href="/devices?profile={retail.id}">1</a>' in page.text


def test_htmx_gets_the_rows_alone(admin, retail):
    page = admin.get("/profiles?q=base", headers={"HX-Request": "true"})
    assert page.text.startswith('\n\n<div id="rows">') or "<html" not in page.text
    assert "HX-Request" in page.headers["Vary"]


def test_profile_is_made(session, admin, retail):
    data = {"name": "Shops", "family": "snom", "parent": str(retail.id), "description": "All"}
    answer = send(admin, "/profiles", data)
    made = queries.find_profile_named(session, "Shops")
    assert (answer.status_code, answer.location) == (303, f"/profiles/{made.id}")
    assert (made.family, made.parent.name) == ("snom", "Retail")


def test_refused_profile_keeps_what_was_typed(admin, retail):
    data = {"name": "retail", "description": "Kept text"}
    page = send(admin, "/profiles", data)
    assert page.status_code == 422
    assert "There is a profile “retail” already" in page.text
    assert "Kept text" in page.text


@pytest.mark.parametrize(
    ("family", "message"), [("nokia", "There is no family “nokia”"), ("snom", "Phones is for Yeal")]
)
def test_wrong_family_and_parent_are_told_at_their_fields(session, admin, family, message):
    parent = make_profile(session, "Phones", family="yealink")
    session.commit()
    page = send(admin, "/profiles", {"name": "X", "family": family, "parent": str(parent.id)})
    assert page.status_code == 422
    assert message in page.text


def test_circle_of_parents_is_told_at_the_field(admin, retail):
    base = retail.parent
    data = {"name": "Base", "parent": str(retail.id), "version": str(base.version)}
    page = send(admin, f"/profiles/{base.id}/edit", data)
    assert page.status_code == 422
    assert "Retail builds on Base already" in page.text


@pytest.mark.parametrize(
    ("take", "host", "keys"),
    [("force", "sip.example.net", 0), ("draft", "sip2.example.net", 1), ("keys", None, 0)],
)
def test_copy_takes_what_was_chosen(session, actor, sealer, admin, retail, take, host, keys):
    settings = {"sip.registrar_host": "sip2.example.net"}
    own = [{"number": 1, "type": "line"}]
    service.save_draft(session, actor, sealer, retail, settings, line_keys=own)
    session.commit()
    url = f"/profiles/{retail.id}/copy"
    assert "The draft, version 2" in admin.get(url).text
    send(admin, url, {"name": "Second", "parent": "", "take": take}, page=url)
    made = queries.find_profile_named(session, "Second").versions[-1]
    assert made.settings.get("sip.registrar_host") == host
    assert len(made.line_keys) == keys


def test_draft_is_not_offered_to_a_copy_where_there_is_none(admin, retail):
    page = admin.get(f"/profiles/{retail.id}/copy")
    assert "What is in force, version 1" in page.text
    assert "The draft" not in page.text


def test_another_parent_is_taken_once_its_changes_were_seen(session, admin, retail):
    make_device(session, profile=retail)
    other = make_profile(session, "Other", sip__transport="udp")
    session.commit()
    url = f"/profiles/{retail.id}/edit"
    data = {"name": "Retail", "parent": str(other.id), "version": hidden(admin.get(url), "version")}
    page = send(admin, url, data)
    assert page.status_code == 422
    assert "With this parent 1 device gets other values" in text_of(page)
    assert "Transport TLS UDP" in text_of(page)
    assert "Save and change 1 value" in page.text
    agreed = {**data, "agreed": hidden(page, "agreed"), "version": hidden(page, "version")}
    assert send(admin, url, agreed).status_code == 303
    session.expire_all()
    assert retail.parent.name == "Other"


def test_another_parent_of_a_profile_without_devices_needs_no_look(session, admin, retail):
    url = f"/profiles/{retail.id}/edit"
    data = {"name": "Retail", "parent": "", "version": hidden(admin.get(url), "version")}
    assert send(admin, url, data).status_code == 303
    assert "Builds on nothing" in text_of(admin.get(f"/profiles/{retail.id}"))


def test_form_shows_inherited_values_and_ignored_settings(session, admin, retail):
    profile = make_profile(session, family="snom", parent=retail)
    session.commit()
    page = admin.get(f"/profiles/{profile.id}")
    assert 'placeholder="sip.example.net"' in page.text
    assert "Inherit: TLS" in page.text
    assert "from profile Base" in text_of(page)
    assert "Snom ignores this" in page.text


def test_filter_works_without_script(admin, retail):
    page = admin.get(f"/profiles/{retail.id}?show=dtmf")
    shown = re.findall(r'<div class="setting setting-[^>]*"(?: hidden)?>', page.text)
    assert sum(not tag.endswith(" hidden>") for tag in shown) == 1


def test_saved_draft_is_shown_against_what_is_in_force(session, admin, retail):
    url = f"/profiles/{retail.id}"
    mark = hidden(admin.get(url), "version")
    data = {
        "version": mark,
        "sip.registrar_host": "sip2.example.net",
        "media.codecs": ["pcma", "", "g722"],
        "calls.call_waiting": "(empty)",
        "line_key_number": ["2", ""],
        "line_key_module": ["0", "0"],
        "line_key_type": ["blf", "blf"],
        "line_key_value": ["101", ""],
        "line_key_label": ["Anna", ""],
        "line_key_port": ["", ""],
    }
    assert send(admin, f"{url}/draft", data).status_code == 303
    draft = queries.draft_of(retail)
    assert draft.settings == {
        "sip.registrar_host": "sip2.example.net",
        "media.codecs": ["pcma", "g722"],
        "calls.call_waiting": None,
    }
    assert draft.line_keys[0]["value"] == "101"
    text = text_of(admin.get(url))
    assert "SIP server sip.example.net sip2.example.net" in text
    assert "Key 2 inherited busy lamp field (BLF) 101 “Anna”" in text


def test_wrong_values_are_all_told_and_nothing_typed_is_lost(session, admin, retail):
    profile = make_profile(session, "Snoms", family="snom")
    session.commit()
    url = f"/profiles/{profile.id}"
    data = {
        "version": hidden(admin.get(url), "version"),
        "net.vlan_id": "many",
        "time.zone": "Mars",
        "sip.domain": "example.net",
        "parameters": "a = 1\nnonsense",
    }
    page = send(admin, f"{url}/draft", data)
    assert page.status_code == 422
    for kept in ("many", "Mars", "example.net", "a = 1\nnonsense"):
        assert kept in page.text
    assert "“many” is not a whole number" in page.text
    assert "“Mars” is not a time zone" in page.text
    assert "Line 2: write it as name = value" in page.text
    assert queries.draft_of(profile) is None


def test_secret_is_never_shown_and_blank_leaves_it(session, admin, sealer):
    profile = make_profile(session, admin__password="Mond-und-Sterne")
    session.commit()
    url = f"/profiles/{profile.id}"
    page = admin.get(url)
    assert "Mond" not in page.text
    assert "sealed" not in page.text
    data = {"version": hidden(page, "version"), "admin.password": "", "sip.transport": "tcp"}
    send(admin, f"{url}/draft", data)
    stored = queries.draft_of(profile).settings["admin.password"]
    assert sealer.open(stored["sealed"]) == "Mond-und-Sterne"


def test_draft_that_says_nothing_new_is_not_kept(session, admin, retail):
    url = f"/profiles/{retail.id}"
    data = {
        "version": hidden(admin.get(url), "version"),
        "sip.registrar_host": "sip.example.net",
    }
    send(admin, f"{url}/draft", data)
    assert queries.draft_of(retail) is None
    assert "Nothing is changed" in admin.get(url).text


def test_stale_draft_shows_both_values(session, actor, sealer, admin, retail):
    url = f"/profiles/{retail.id}"
    mark = hidden(admin.get(url), "version")
    with_draft(session, actor, sealer, retail, sip__registrar_host="theirs.example.net")
    page = send(admin, f"{url}/draft", {"version": mark, "sip.registrar_host": "mine.example.net"})
    assert page.status_code == 409
    assert "SIP server theirs.example.net mine.example.net" in text_of(page)
    assert 'value="mine.example.net"' in page.text
    again = {"version": hidden(page, "version"), "sip.registrar_host": "mine.example.net"}
    assert send(admin, f"{url}/draft", again).status_code == 303
    session.expire_all()
    assert queries.draft_of(retail).settings == {"sip.registrar_host": "mine.example.net"}


def test_rows_of_line_keys_are_added_without_losing_what_was_typed(admin, retail):
    data = {
        "sip.domain": "typed.example.net",
        "line_key_number": ["7"],
        "line_key_module": ["0"],
        "line_key_type": ["blf"],
        "line_key_value": ["107"],
        "line_key_label": [""],
        "line_key_port": [""],
        "line_key_more": "4",
    }
    page = send(admin, f"/profiles/{retail.id}/line-keys", data)
    assert page.status_code == 200
    assert "typed.example.net" in page.text
    assert page.text.count('name="line_key_number"') == 5
    part = send(admin, f"/profiles/{retail.id}/line-keys", data, {"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'value="107"' in part.text


def test_publishing_says_whom_and_what_it_touches(session, actor, sealer, admin, retail):
    make_device(session, model="T31G", profile=retail)
    make_device(session, model="T46U", profile=retail)
    with_draft(session, actor, sealer, retail, sip__registrar_host="sip2.example.net")
    url = f"/profiles/{retail.id}/publish"
    page = admin.get(url)
    text = text_of(page)
    assert "2 devices get this at the next fetch" in text
    assert "Yealink T31G 1" in text
    assert "SIP server sip.example.net sip2.example.net" in text
    send(admin, url, {"version": hidden(page, "version"), "note": "Moved"})
    current = queries.current_version(retail, datetime.now(UTC))
    assert (current.number, current.note, current.author) == (2, "Moved", "admin-user")


def test_draft_that_changed_meanwhile_is_not_published(session, actor, sealer, admin, retail):
    with_draft(session, actor, sealer, retail, sip__registrar_host="sip2.example.net")
    url = f"/profiles/{retail.id}/publish"
    mark = hidden(admin.get(url), "version")
    with_draft(session, actor, sealer, retail, sip__registrar_host="sip3.example.net")
    page = send(admin, url, {"version": mark})
    assert page.status_code == 409
    assert "sip3.example.net" in page.text
    assert queries.current_version(retail, datetime.now(UTC)).number == 1


def test_old_version_comes_back_as_a_draft(session, actor, sealer, admin, retail):
    with_draft(session, actor, sealer, retail, sip__registrar_host="sip2.example.net")
    service.publish(session, actor, retail, datetime.now(UTC))
    session.commit()
    answer = send(admin, f"/profiles/{retail.id}/versions/1/again")
    assert answer.location == f"/profiles/{retail.id}/publish"
    draft = queries.draft_of(retail)
    assert (draft.number, draft.note) == (3, "Version 1 again")
    assert draft.settings == {"sip.registrar_host": "sip.example.net"}


def test_draft_is_discarded(session, actor, sealer, admin, retail):
    with_draft(session, actor, sealer, retail, sip__registrar_host="sip2.example.net")
    assert send(admin, f"/profiles/{retail.id}/discard").status_code == 303
    assert queries.draft_of(retail) is None


def test_used_profile_is_not_deleted_and_says_why(session, admin, retail):
    page = send(admin, f"/profiles/{retail.parent_id}/delete")
    assert page.status_code == 422
    assert "Base is used by 1 profiles below it" in page.text
    assert send(admin, f"/profiles/{retail.id}/delete").location == "/profiles"


def test_viewer_reads_without_secrets_and_cannot_write(session, client_as, actor, sealer):
    profile = make_profile(session, family="snom")
    service.save_draft(
        session, actor, sealer, profile, {}, parameters={"user_pass1": "Mond", "volume": "7"}
    )
    session.commit()
    viewer = client_as("viewer")
    page = viewer.get(f"/profiles/{profile.id}")
    assert "volume = 7" in page.text
    assert "Mond" not in page.text
    assert "Save draft" not in page.text
    assert send(viewer, f"/profiles/{profile.id}/draft").status_code == 403
    assert send(viewer, f"/profiles/{profile.id}/publish").status_code == 403
