"""A profile is changed, looked at and published, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import accessible, new_page
from tests.end_to_end.test_browser import tab_to

LOBBY = "00:15:65:ed:20:01"


@pytest.fixture(scope="module")
def portal(portal):
    portal.run("profile", "add", "Shops", "--family", "yealink", "--parent", "Office")
    facts = ("--model", "T46U", "--customer", "Example Ltd", "--description", "Lobby")
    portal.run("device", "add", LOBBY, "--profile", "Shops", *facts)
    portal.run("port", "assign", LOBBY, "1", "201")
    return portal


@pytest.fixture
def shops(portal):
    return f"{portal.url}/profiles/2"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request, chromium, signed_in):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=request.param)
    page.has_script = request.param
    yield page
    context.close()
    assert errors == []


def test_the_real_file_is_seen_before_anything_is_saved(page, shops):
    page.goto(shops)
    page.get_by_label("SIP server", exact=True).fill("seen.example.net")
    page.get_by_label("Add a parameter").fill("features.demo")
    page.get_by_label("Value", exact=True).fill("7")
    page.get_by_role("button", name="Add and look").click()
    page.get_by_text("is not in the portal’s file for the T46U").wait_for()
    page.get_by_label("Device", exact=True).fill("2001")
    if page.has_script:
        page.get_by_label("Device", exact=True).press("Enter")
    else:
        page.get_by_role("button", name="Preview its file").click()
    page.get_by_text("account.1.sip_server.1.address = seen.example.net").first.wait_for()
    page.get_by_text("features.demo = 7", exact=True).first.wait_for()
    expect(page.get_by_label("SIP server", exact=True)).to_have_value("seen.example.net")
    page.goto(shops)
    assert page.get_by_role("heading", name="Draft").count() == 0


def test_a_wrong_value_is_told_at_its_field_by_the_preview(page, shops):
    page.goto(shops)
    page.get_by_label("VLAN", exact=True).fill("many")
    page.get_by_label("SIP domain", exact=True).fill("kept.example.net")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("“many” is not a whole number").wait_for()
    expect(page.get_by_label("SIP domain", exact=True)).to_have_value("kept.example.net")


def test_a_version_waits_for_its_time_and_is_withdrawn(page, shops):
    host = "later.example.net" if page.has_script else "much-later.example.net"
    later = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    page.goto(shops)
    page.get_by_label("SIP server", exact=True).fill(host)
    page.get_by_role("button", name="Save draft").first.click()
    page.get_by_role("link", name="Publish").first.click()
    page.get_by_text(f"account.1.sip_server.1.address = {host}").first.wait_for()
    page.get_by_label("At a time").check()
    page.get_by_label("Date and time in UTC").fill(later)
    page.get_by_role("button", name="Publish to 1 device").click()
    page.get_by_role("heading", name=f"comes into force {later} UTC").wait_for()
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_text("Withdrawn: what is in force stays as it is").wait_for()
    page.get_by_role("heading", name="Draft").wait_for()
    page.get_by_role("link", name="Discard").click()
    page.get_by_role("button", name="Discard draft").click()
    page.get_by_text("The draft is discarded").wait_for()


def test_a_change_is_looked_at_and_published_with_the_keyboard_alone(
    chromium, signed_in, portal, shops
):
    """From the dashboard on: the profile is found as anything else, by its name."""
    context, page, errors = new_page(chromium, signed_in)
    page.goto(portal.url + "/")
    page.keyboard.press("/")
    page.keyboard.insert_text("shops")
    page.get_by_role("option", name="Shops").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Shops", exact=True).wait_for()
    assert page.url == shops
    tab_to(page, "find-setting-q")
    page.keyboard.insert_text("server sip")
    expect(page.locator("#set-media-srtp")).to_be_hidden()
    tab_to(page, "set-sip-registrar_host")
    page.keyboard.insert_text("keys.example.net")
    tab_to(page, "Preview", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_text("account.1.sip_server.1.address = keys.example.net").first.wait_for()
    tab_to(page, "Save draft", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Draft").wait_for()
    tab_to(page, "Publish …")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Publish Shops").wait_for()
    tab_to(page, "note")
    page.keyboard.insert_text("Moved")
    tab_to(page, "Publish to 1 device")
    page.keyboard.press("Enter")
    page.get_by_text("of Shops is in force").wait_for()
    page.get_by_role("link", name="1 never seen").wait_for()
    context.close()
    assert errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_a_profile(chromium, signed_in, portal, shops, scheme):
    portal.run("profile", "set", "Shops", f"sip.domain={scheme}.example.net", "--raw", "a.b=1")
    narrow = {"viewport": {"width": 390, "height": 800}} if scheme == "dark" else {}
    context, page, errors = new_page(chromium, signed_in, color_scheme=scheme, **narrow)

    def check(what):
        assert errors == [], what
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), what
        accessible(page)
        errors.clear()  # axe itself measures with inline styles

    for path in ("", "/publish", "/publish?find=2001", "/copy", "/edit"):
        page.goto(shops + path)
        check(path)
    page.goto(shops)
    page.get_by_role("button", name="Preview its file").click()
    page.locator("#preview .diff").wait_for()
    check("with a preview")
    context.close()
