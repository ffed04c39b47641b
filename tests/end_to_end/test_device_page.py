"""Support's daily work on a device, in a real browser: ports, undo, keys, filling, replacing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import accessible, new_page, whole
from tests.end_to_end.test_browser import tab_to

LOBBY, HALL = "00:15:65:ed:10:01", "00:15:65:ed:10:02"


@pytest.fixture(scope="module")
def portal(portal):
    for number, name in (("202", "Ben"), ("203", "Cora"), ("204", "Dora")):
        portal.run("account", "add", number, "--display-name", name, "--customer", "Example Ltd")
    for mac, name in ((LOBBY, "Lobby"), (HALL, "Hall")):
        facts = ("--model", "T46U", "--customer", "Example Ltd", "--description", name)
        portal.run("device", "add", mac, *facts)
    portal.run("port", "assign", LOBBY, "1", "202")
    portal.run("port", "assign", HALL, "1", "203")
    return portal


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request, chromium, signed_in):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=request.param)
    page.has_script = request.param
    yield page
    context.close()
    assert [error for error in errors if "409" not in error] == []


def address(portal, mac):
    return f"{portal.url}/devices/{mac.replace(':', '')}"


def accounts_of(portal, mac):
    told = portal.run("device", "show", mac)["ports"]
    return {port["number"]: port["account"] for port in told if port["account"]}


def test_a_port_is_reassigned_in_three_interactions_after_typing_the_search(page, portal):
    interactions = []
    page.goto(portal.url + "/devices")
    page.locator("#search").fill("ed1001")

    interactions.append("Enter")
    page.locator("#search").press("Enter")
    interactions.append("Change")
    page.get_by_role("link", name="Change the account of port 1").click()
    interactions.append("the account")
    page.get_by_role("button", name="204 Dora").click()

    page.get_by_text("Port 1 is 204.").wait_for()
    page.get_by_text("Waiting for the phone to set itself up").first.wait_for()
    assert accounts_of(portal, LOBBY) == {1: "204"}
    assert len(interactions) <= 3
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("The change is taken back").wait_for()
    assert accounts_of(portal, LOBBY) == {1: "202"}


def test_an_account_in_use_is_swapped_and_swapped_back(page, portal):
    page.goto(address(portal, HALL))
    page.get_by_role("link", name="Change the account of port 1").click()
    search = page.get_by_role("searchbox", name="Search an account for port 1")
    search.fill("202")
    if not page.has_script:
        search.press("Enter")
    page.get_by_text("202 is on Lobby").first.wait_for()
    page.get_by_role("button", name="Swap").click()
    page.get_by_text("Port 1 is 202.").wait_for()
    page.get_by_text("Lobby: Waiting for the phone").wait_for()
    # All that stands beside the row is as it should be, the table of settings too.
    whole(page)
    assert page.locator("#tab table.effective tr").count() > 5
    assert page.locator("#ports table table, #ports table.effective").count() == 0
    assert (accounts_of(portal, HALL), accounts_of(portal, LOBBY)) == ({1: "202"}, {1: "203"})
    page.get_by_role("button", name="Undo the last change").click()
    page.get_by_text("The change is taken back").wait_for()
    assert (accounts_of(portal, HALL), accounts_of(portal, LOBBY)) == ({1: "203"}, {1: "202"})


def test_an_account_is_moved_to_another_device_by_its_last_digits(page, portal):
    page.goto(address(portal, LOBBY))
    page.get_by_role("link", name="Move 202 to another device").click()
    page.get_by_role("searchbox", name="Move 202 to").fill("1002")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Move here: Hall").click()
    page.get_by_text("202 is on port 2 of Hall").wait_for()
    assert accounts_of(portal, HALL) == {1: "203", 2: "202"}
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("The change is taken back").wait_for()
    assert accounts_of(portal, HALL) == {1: "203"}


def test_ports_are_filled_after_a_look_at_each(page, portal):
    page.goto(address(portal, HALL))
    page.get_by_role("link", name="Fill ports").click()
    page.get_by_label("Ports", exact=True).fill("2-5")
    page.get_by_label("Accounts", exact=True).fill("301-304")
    page.get_by_label("Make the accounts that are missing").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Fill 4 ports").click()
    page.get_by_text("4 ports have their accounts").wait_for()
    assert accounts_of(portal, HALL) == {1: "203", 2: "301", 3: "302", 4: "303", 5: "304"}
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("The change is taken back").wait_for()
    assert accounts_of(portal, HALL) == {1: "203"}


def test_a_phone_is_replaced_and_replaced_back(page, portal):
    new = "00:15:65:ed:10:03"
    for old, mac in ((HALL, new), (new, HALL)):
        page.goto(address(portal, old))
        page.get_by_role("link", name="Replace").click()
        page.get_by_label("MAC of the new device").fill(mac)
        page.get_by_role("button", name="Preview").click()
        page.get_by_text("Everything goes along.").wait_for()
        page.get_by_role("button", name="Replace 00:").click()
        page.get_by_text("which is retired").wait_for()
        assert accounts_of(portal, mac) == {1: "203"}
        assert portal.run("device", "show", old)["state"] == "retired"


def test_a_note_is_written_and_deleted(page, portal):
    text = "Behind the plant" if page.has_script else "Under the desk"
    page.goto(address(portal, LOBBY) + "?tab=timeline")
    page.get_by_label("Note").fill(text)
    page.get_by_role("button", name="Add the note").click()
    page.get_by_text(text).wait_for()
    page.get_by_role("link", name="Delete", exact=True).last.click()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    page.get_by_text("The note is deleted").wait_for()
    expect(page.get_by_text(text)).to_have_count(1)  # where it stood is in the changes


def test_line_keys_are_moved_by_buttons(page, portal):
    page.goto(address(portal, LOBBY) + "/settings")
    page.locator("#place-0-7").click()
    page.locator("#place-0-7.own").wait_for()
    page.get_by_label("Row 1: number or address").fill("201")
    page.get_by_role("button", name="Move row 1 to the key before").click()
    page.locator("#place-0-6.own").wait_for()
    expect(page.get_by_label("Row 1: key number")).to_have_value("6")
    expect(page.get_by_label("Row 1: number or address")).to_have_value("201")


def test_line_keys_are_dragged_and_moved_with_the_keyboard(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in)
    page.goto(address(portal, LOBBY) + "/settings")
    page.locator("#place-0-7").click()
    page.locator("#place-0-7.own").wait_for()
    page.get_by_label("Row 1: number or address").fill("201")
    page.get_by_label("Row 1: label").fill("Anna")
    page.locator("#place-0-7").drag_to(page.locator("#place-0-3"))
    page.locator("#place-0-3.own").wait_for()
    page.locator("#place-0-3").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.locator("#place-0-4.own").wait_for()
    page.get_by_text("Key 3 is key 4 now. Not saved yet.").wait_for(state="attached")
    expect(page.locator("#place-0-4")).to_be_focused()
    page.get_by_role("button", name="Save").last.click()
    page.get_by_text("Own settings of this device are saved").wait_for()
    page.get_by_text("Key 4").first.wait_for()
    context.close()
    assert errors == []


def test_a_swap_and_its_undo_with_the_keyboard_alone(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in)
    page.goto(portal.url + "/devices")
    page.keyboard.press("/")
    page.keyboard.insert_text("ed1001")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ports").wait_for()
    tab_to(page, "port-1-assign")
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Search an account for port 1").wait_for()
    page.locator("#port-1-q:focus").wait_for()
    page.keyboard.insert_text("203")
    page.get_by_text("203 is on Hall").wait_for()
    tab_to(page, "Swap")
    page.keyboard.press("Enter")
    page.get_by_text("Port 1 is 203.").wait_for()
    page.locator("#port-1-assign:focus").wait_for()
    assert accounts_of(portal, HALL) == {1: "202"}
    tab_to(page, "Undo the last change")
    page.keyboard.press("Enter")
    page.get_by_text("The change is taken back").wait_for()
    assert accounts_of(portal, HALL) == {1: "203"}
    context.close()
    assert errors == []


def test_help_comes_with_hover_and_focus_and_goes_with_escape(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in)
    page.goto(address(portal, LOBBY) + "/settings")
    tip = page.locator("#set-sip-register_expires_s-tip")
    expect(tip).to_be_hidden()
    page.get_by_role("button", name="About Registration expiry").hover()
    tip.wait_for()
    expect(tip).to_contain_text("Default: 3600 s")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(0, 0)
    page.get_by_role("button", name="About Registration expiry").focus()
    tip.wait_for()
    context.close()
    assert errors == []


PATHS = ["", "?tab=timeline", "/settings", "/ports/1", "/ports/1?q=203", "/ports/1/move",
         "/fill?ports=1-4&accounts=201-204", "/replace?new=000413000001&model=D785"]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_a_device(chromium, signed_in, portal, scheme):
    narrow = {"viewport": {"width": 390, "height": 800}} if scheme == "dark" else {}
    context, page, errors = new_page(chromium, signed_in, color_scheme=scheme, **narrow)
    for path in PATHS:
        page.goto(address(portal, LOBBY) + path)
        assert errors == [], path
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
        accessible(page)
        errors.clear()  # axe itself measures with inline styles
    context.close()
