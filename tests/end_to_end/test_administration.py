"""An administrator's first days, on a portal that starts blank: with script, and without."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import accessible, new_page, signed_in_to, whole
from tests.end_to_end.running import Portal, wait_for

PHONES = """MAC\tModel\tDescription
80:5E:C0:AA:00:01\tT46U\tLobby
80:5E:C0:AA:00:02\tT46U\tBar
"""


@pytest.fixture(scope="module", params=[True, False], ids=["with script", "without script"])
def has_script(request):
    return request.param


@pytest.fixture(scope="module")
def portal(tmp_path_factory, has_script):
    """A blank portal for each: what the first test makes, the later ones use."""
    portal = Portal(tmp_path_factory.mktemp("portal") / "instance")
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def signed_in(chromium, portal):
    return signed_in_to(chromium, portal)


@pytest.fixture
def page(chromium, signed_in, has_script):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=has_script)
    page.has_script = has_script
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def stocked(portal):
    """With what the first test makes by hand, also for a test that runs alone."""
    if not portal.run("customer", "list"):
        portal.run("profile", "add", "Office")
        portal.run("customer", "add", "Alder Ltd", "--profile", "Office")
        (portal.folder / "phones.tsv").write_text(PHONES)
        portal.run("import", str(portal.folder / "phones.tsv"), "--customer", "Alder Ltd")
    return portal


def looked_at(page):
    """Fail on what axe finds and on a page wider than a phone; axe needs script to run."""
    if page.has_script:
        accessible(page)
        page.set_viewport_size({"width": 390, "height": 800})
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), page.url
        page.set_viewport_size({"width": 1280, "height": 720})


def is_done(page, portal, step):
    page.goto(portal.url + "/")
    return step in page.locator("#first-steps li.done").all_inner_texts()[-1]


def test_the_first_steps_lead_to_their_pages_and_are_ticked_when_done(page, portal):
    page.goto(portal.url + "/")
    assert page.locator("#first-steps li").count() == 6
    assert page.locator("#first-steps li.done").count() == 0
    for link, heading in [
        ("See the address as it is", "Site address of the portal"),
        ("See the certificate", "Certificates"),
    ]:
        page.get_by_role("link", name=link).click()
        page.get_by_role("heading", name=heading, exact=True).wait_for()
        page.goto(portal.url + "/")

    page.get_by_role("link", name="New profile").click()
    page.get_by_label("Name").fill("Office")
    page.get_by_role("button", name="Make profile").click()
    page.get_by_role("heading", name="Office").wait_for()
    assert is_done(page, portal, "Make a profile")

    page.get_by_role("link", name="New customer").click()
    page.get_by_label("Name").fill("Alder Ltd")
    page.get_by_label("Default profile").select_option("Office")
    page.get_by_role("button", name="Make customer").click()
    page.get_by_role("heading", name="Alder Ltd").wait_for()
    assert is_done(page, portal, "Make a customer")

    page.get_by_role("link", name="Import a list").click()
    page.get_by_label("Or paste the list").fill(PHONES)
    page.get_by_label("Customer").select_option("Alder Ltd")
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("button", name="Import 2 devices").click()
    page.get_by_role("link", name="80:5E:C0:AA:00:01").first.wait_for()
    assert is_done(page, portal, "Import the first phones")

    page.get_by_role("link", name="Find the site address").click()
    page.get_by_role("link", name="Alder Ltd").click()
    site = page.locator(".site-address code").inner_text().removeprefix(portal.url)
    assert portal.fetch(f"{site}805ec0aa0001.cfg")[0] == 200
    wait_for("the fetch is noted", lambda: is_done(page, portal, "Let a phone fetch its file"))

    page.get_by_role("button", name="Do not show these any more").click()
    page.get_by_text("The first steps are off the dashboard").wait_for()
    whole(page)
    assert page.locator("#first-steps").count() == 0


def test_a_user_is_limited_to_customers_that_are_found_by_their_name(page, stocked):
    stocked.run("customer", "add", "Birch East")
    stocked.run("customer", "add", "Birch West")
    page.goto(stocked.url + "/users/new")
    page.get_by_label("Name").fill("Kim")
    assert page.get_by_label("Find a customer").is_hidden()
    page.get_by_label("Only some customers").check()
    looked_at(page)
    page.get_by_label("Find a customer").fill("alder")
    page.get_by_label("Find a customer").press("Enter")
    if not page.has_script:  # Enter sends the form there, and what is typed is taken
        page.get_by_role("heading", name="kim can sign in").wait_for()
        page.get_by_role("link", name="Done").click()
    else:
        page.get_by_role("checkbox", name="Alder Ltd").wait_for()
        expect(page.get_by_role("checkbox", name="Alder Ltd")).to_be_checked()
        page.get_by_role("button", name="Make user").click()
        page.get_by_role("link", name="Done").click()

    page.get_by_label("Find a customer").fill("birch")
    if not page.has_script:
        page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Birch West").check()
    looked_at(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("sees only Alder Ltd, Birch West").wait_for()
    page.goto(stocked.url + "/audit?q=kim")
    page.get_by_text("customers: Alder Ltd → Alder Ltd, Birch West").wait_for()


def test_a_token_is_made_used_and_revoked(page, stocked):
    page.goto(stocked.url + "/tokens")
    page.get_by_label("Name").fill("billing")
    page.get_by_label("Holds for").select_option("30 days")
    page.get_by_label("read", exact=False).first.check()
    page.get_by_role("button", name="Make token").click()
    page.get_by_role("heading", name="The token “billing” is made").wait_for()
    bearer = {"Authorization": f"Bearer {page.locator('code.break').inner_text()}"}
    assert stocked.fetch("/api/v1/devices", **bearer)[0] == 200
    page.get_by_role("link", name="I have copied it").click()

    row = page.get_by_role("row", name="billing")
    expect(row).to_contain_text("in force")
    wait_for("its use is noted", lambda: page.reload() and "127.0.0.1" in row.inner_text())
    looked_at(page)
    row.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("is revoked; programs that use it are refused").wait_for()
    expect(row).to_contain_text("revoked")
    assert stocked.fetch("/api/v1/devices", **bearer)[0] == 401


def test_a_customer_gets_a_range_of_accounts_and_its_dhcp_server_the_address(page, stocked):
    page.goto(stocked.url + "/customers/1")
    page.get_by_role("link", name="Make a range of accounts").click()
    page.get_by_label("User names").fill("101 to 103")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Make 3 accounts").click()
    page.get_by_text("3 accounts are made, with random passwords").wait_for()
    page.goto(stocked.url + "/customers/1")
    page.get_by_role("link", name="3 free").wait_for()

    site = page.locator(".site-address code").inner_text()
    for server, line in [
        ("dnsmasq", f'dhcp-option=160,"{site}"'),
        ("ISC Kea", '"code": 160'),
        ("ISC dhcpd", f'option tftp-server-name "{site}";'),
        ("MikroTik", f"value=\"'{site}'\""),
        ("Windows Server", f"Set-DhcpServerv4OptionValue -OptionId 66 -Value '{site}'"),
    ]:
        page.locator("summary", has_text=re.compile(f"^{server}$")).click()
        page.locator("pre", has_text=line).wait_for()
    looked_at(page)
    page.get_by_role("link", name="Sheet for installers").click()
    expect(page.locator(".site-address code")).to_have_text(site)
    expect(page.locator(".qr-box svg")).to_have_count(1)


def test_a_setting_explains_itself_to_pointer_keyboard_and_finger(
    chromium, signed_in, stocked, page
):
    page.goto(stocked.url + "/customers/1/settings")
    button = page.get_by_role("button", name="About Registration expiry")
    said = page.locator("#set-sip-register_expires_s-tip")
    expect(said).to_be_hidden()
    button.hover()
    expect(said).to_be_visible()
    expect(said).to_contain_text(re.compile(r"In s, \d+ to \d+. Default: \d+ s"))
    page.mouse.move(0, 0)
    expect(said).to_be_hidden()
    button.focus()
    expect(said).to_be_visible()

    narrow = {"has_touch": True, "viewport": {"width": 390, "height": 800}}
    context, finger, errors = new_page(
        chromium, signed_in, java_script_enabled=page.has_script, **narrow
    )
    device = "/devices/805ec0aa0001"
    of_device = [f"{device}/settings", f"{device}/ports/1/settings"]
    for path in ["/profiles/1", "/customers/1/settings", "/settings/edit", *of_device]:
        finger.goto(stocked.url + path)
        finger.get_by_role("button", name="About SIP server", exact=True).tap()
        expect(finger.locator("#set-sip-registrar_host-tip"), path).to_be_visible()
    context.close()
    assert errors == []


def test_a_setting_is_found_and_own_values_stay_alone_in_sight(page, stocked):
    stocked.run("profile", "set", "Office", "time.zone=Europe/Berlin", "--publish")
    for path in ("/customers/1/settings", "/settings/edit", "/profiles/1"):
        page.goto(stocked.url + path)
        vlan, zone = (page.get_by_label(name, exact=True) for name in ("VLAN", "Time zone"))
        page.get_by_placeholder("Find a setting").fill("vlan")
        if not page.has_script:
            page.get_by_role("button", name="Find", exact=True).click()
        zone.wait_for(state="hidden")
        vlan.wait_for()
        page.get_by_placeholder("Find a setting").fill("")
        page.get_by_label("Only own values").check()
        if not page.has_script:
            page.get_by_role("button", name="Find", exact=True).click()
            expect(page.get_by_label("Only own values")).to_be_checked()
        vlan.wait_for(state="hidden")
        shown, hidden = zone, page.get_by_text("No setting fits.")
        if path != "/profiles/1":
            shown, hidden = hidden, shown
        shown.wait_for()
        expect(hidden, path).to_be_hidden()


def test_line_keys_of_a_device_are_taken_into_a_profile(page, stocked):
    page.goto(stocked.url + "/devices/805ec0aa0001/settings")
    page.get_by_label("Row 1: key number").fill("5")
    page.get_by_label("Row 1: number or address").fill("*97")
    page.get_by_label("Row 1: label").fill("Mailbox")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("heading", name="Ports").wait_for()

    page.goto(stocked.url + "/profiles/1")
    page.get_by_text("Take the keys of another profile or device").click()
    page.get_by_label("A device, by the last digits").fill("0001")
    page.get_by_role("button", name="Copy the device’s keys").click()
    page.locator("a.key", has_text="Mailbox").wait_for()
    looked_at(page)
    page.get_by_role("button", name="Save draft").first.click()
    page.get_by_role("heading", name="Draft").wait_for()
    page.get_by_role("link", name="Discard").click()
    page.get_by_role("button", name="Discard draft").click()


def test_two_who_change_one_profile_see_both_values(chromium, signed_in, page, stocked):
    mine, theirs = "mine.example.net", "theirs.example.net"
    page.goto(stocked.url + "/profiles/1")
    page.get_by_label("SIP server", exact=True).fill(mine)
    context, other, errors = new_page(chromium, signed_in)
    other.goto(stocked.url + "/profiles/1")
    other.get_by_label("SIP server", exact=True).fill(theirs)
    other.get_by_role("button", name="Save draft").first.click()
    other.get_by_role("heading", name="Draft").wait_for()
    context.close()
    assert errors == []

    page.get_by_role("button", name="Save draft").first.click()
    page.get_by_text("Somebody else changed this while you were typing").wait_for()
    both = page.get_by_role("alert").get_by_role("row", name="SIP server")
    expect(both.get_by_role("cell")).to_have_text([theirs, mine])
    expect(page.get_by_label("SIP server", exact=True)).to_have_value(mine)
    page.get_by_role("link", name="take theirs").click()
    expect(page.get_by_label("SIP server", exact=True)).to_have_value(theirs)


def test_the_audit_says_what_an_import_did_and_takes_a_change_back(page, stocked):
    page.goto(stocked.url + "/devices/805ec0aa0002/edit")
    page.get_by_label("Description").fill("Kitchen")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Kitchen").wait_for()

    page.goto(stocked.url + "/audit")
    page.get_by_label("In the import").select_option(index=1)
    if not page.has_script:
        page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_text("List imported").wait_for()
    page.wait_for_url("**/audit?**import_id=1**")
    whole(page)
    assert page.get_by_text("Kitchen").count() == 0

    page.goto(stocked.url + "/audit")
    page.get_by_placeholder("MAC, name, value").fill("kitchen")
    page.get_by_placeholder("MAC, name, value").press("Enter")
    row = page.get_by_role("row", name="Kitchen")
    page.get_by_text("1 entry").wait_for()
    expect(row).to_contain_text("127.0.0.1")
    looked_at(page)
    address = page.get_by_role("link", name="Export CSV").get_attribute("href")
    told = page.request.get(stocked.url + address).body().decode("utf-8-sig")
    [entry] = csv.DictReader(io.StringIO(told))
    assert json.loads(entry["Changes as JSON"])["description"] == ["Bar", "Kitchen"]

    row.get_by_role("button", name="Undo this change").click()
    page.get_by_text("The change is taken back").wait_for()
    page.get_by_role("heading", name="Bar").wait_for()
