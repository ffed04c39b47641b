"""Find a phone by what its label says, with the keyboard alone, with script and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import accessible, new_page
from tests.end_to_end.running import wait_for

MAC = "80:5E:C0:D5:7D:72"


@pytest.fixture
def page(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in)
    page.goto(portal.url + "/")
    yield page
    context.close()
    assert errors == []


def chosen(page):
    return page.evaluate("document.getElementById('search').getAttribute('aria-activedescendant')")


def test_the_last_digits_find_a_device_and_an_account_is_moved_in_three_steps(page):
    """`/`, four digits; then Enter, the port, the account: three interactions."""
    page.keyboard.press("/")
    page.keyboard.type("7d72")
    page.get_by_role("option").first.wait_for()
    expect(page.locator("#announce")).to_have_text("1 found; arrow keys choose")

    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ports").wait_for()
    page.get_by_role("link", name="Assign the account of port 1").click()
    page.get_by_role("button", name="201").click()
    page.get_by_role("button", name="Release 201 from port 1").wait_for()

    page.get_by_role("button", name="Release 201 from port 1").click()
    page.get_by_role("link", name="Assign the account of port 1").wait_for()


def test_arrow_keys_choose_and_escape_closes(page, portal):
    page.keyboard.press("/")
    page.keyboard.type("example")
    page.get_by_role("option").first.wait_for()
    assert chosen(page) is None
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "hit-devices-1"
    page.keyboard.press("ArrowUp")
    assert chosen(page) == page.get_by_role("option").last.get_attribute("id")
    accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.get_by_role("combobox").first).to_have_value("example")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices/805ec0d57d72*")


def test_what_is_chosen_stays_so_when_the_list_comes_anew(page):
    """Somebody presses the arrow before the answer to the last letter is there."""
    late = []
    page.route("**/search?q=example", lambda route: late.append(route))
    page.keyboard.press("/")
    page.keyboard.insert_text("exampl")
    page.get_by_role("option").first.wait_for()
    page.get_by_role("option").first.evaluate("one => one.dataset.old = 'yes'")
    with page.expect_request("**/search?q=example"):
        page.keyboard.insert_text("e")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    option = page.locator("[role=option][aria-selected=true]")
    before = option.get_attribute("href")
    assert before != page.get_by_role("option").first.get_attribute("href")
    late[0].continue_()
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(option).to_have_attribute("href", before)
    assert chosen(page) == option.get_attribute("id")
    page.unroute_all()
    page.keyboard.insert_text("x")
    assert chosen(page) is None


def test_what_is_typed_as_soon_as_the_page_is_there_is_searched_for(chromium, signed_in, portal):
    """On a slow machine: what a script leaves for a timer comes long after."""
    context, page, errors = new_page(chromium, signed_in)
    page.add_init_script(
        "const later = setTimeout; setTimeout = (act, ms, ...all) => later(act, ms || 1e5, ...all);"
    )
    page.goto(portal.url + "/")
    page.keyboard.press("/")
    page.keyboard.insert_text("7d72")
    page.get_by_role("option").first.wait_for()
    context.close()
    assert errors == []


def test_a_scanner_opens_the_device_before_anything_is_listed(page, portal):
    page.keyboard.press("/")
    page.keyboard.insert_text("805EC0D57D72")
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices/805ec0d57d72*")


def test_without_script_there_is_a_page(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=False)
    page.goto(portal.url + "/")
    page.get_by_label("Search everywhere").fill("example")
    page.get_by_label("Search everywhere").press("Enter")
    page.get_by_role("heading", name="Customers").wait_for()
    page.get_by_role("link", name=MAC).first.click()
    page.wait_for_url("**/devices/805ec0d57d72*")
    page.get_by_label("Search everywhere").fill("7d72")
    page.get_by_label("Search everywhere").press("Enter")
    page.wait_for_url("**/devices/805ec0d57d72*")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Unknown phones").click()
    page.get_by_role("heading", name="Unknown phones").wait_for()
    context.close()
    assert errors == []


def test_a_phone_with_a_literal_placeholder_is_explained_and_another_one_adopted(page, portal):
    agent = {"User-Agent": "Cisco/SPA504G-7.6.2f"}
    assert portal.fetch("/p/s/wrong/$mac.cfg", **agent)[0] == 404
    assert portal.fetch("/p/805ec0000077.cfg")[0] == 401

    def listed():
        page.goto(portal.url + "/unknown-phones")
        return page.get_by_text("80:5E:C0:00:00:77").count() and page.get_by_text("$MA:").count()

    wait_for("both are noted", listed)
    assert page.get_by_text("Cisco phones replace $MA: write that in its place.").count() == 1
    accessible(page)
    page.get_by_role("link", name="Adopt 80:5E:C0:00:00:77").click()
    page.get_by_label("Model").fill("T31G")
    page.get_by_label("Customer").select_option("Example Ltd")
    page.get_by_role("button", name="Adopt").click()
    page.wait_for_url("**/devices/805ec0000077")
    page.goto(portal.url + "/")
    assert page.get_by_role("link", name="1 unknown phone").count() == 1
