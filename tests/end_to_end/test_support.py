"""A customer on the line: what support does on a device's page, in a real browser."""

from __future__ import annotations

import sqlite3
import ssl
import urllib.request
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import new_page
from tests.end_to_end.running import wait_for
from tests.end_to_end.test_browser import tab_to

LOBBY, HALL, SHELF = "00:15:65:ed:10:01", "00:15:65:ed:10:02", "00:15:65:ed:10:03"
GATEWAY, DECT = "c0:74:ad:00:48:01", "80:5e:0c:00:70:01"


@pytest.fixture(scope="module")
def portal(portal, tmp_path_factory):
    """Phones of Example Ltd in lobby and hall, as imported, with 202 and 203; 204 is free."""
    rows = [
        ("MAC", "Model", "Description", "Port 1 account", "Port 1 password"),
        (LOBBY, "T46U", "Lobby", "202", "Secret-of-202"),
        (HALL, "T46U", "Hall", "203", "Secret-of-203"),
        (GATEWAY, "GXW4248", "Rack", "", ""),
        (DECT, "W70B", "Ward", "", ""),
    ]
    portal.run("account", "add", "204", "--customer", "Example Ltd")
    file = tmp_path_factory.mktemp("support") / "shipment.csv"
    file.write_text("\n".join(";".join(row) for row in rows))
    portal.run("import", str(file), "--customer", "Example Ltd")
    return portal


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request, chromium, signed_in):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=request.param)
    page.has_script = request.param
    yield page
    context.close()
    assert errors == []


def address(portal, mac):
    return f"{portal.url}/devices/{mac.replace(':', '')}"


def accounts_of(portal, mac):
    """Return what is on the ports of a device; read beside the portal, toasts do not wait long."""
    statement = (
        "select number, user_name from ports join devices on devices.id = device_id"
        " join sip_accounts on sip_accounts.id = account_id where mac = ?"
    )
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
        return dict(database.execute(statement, (mac.replace(":", ""),)))


def undo(page, told="The change is taken back"):
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    page.get_by_text(told).first.wait_for()


def test_an_account_in_use_is_asked_about_before_anything_is_saved(page, portal):
    """Cancel, add, take over; the fourth way, swap, is in test_device_page.py."""
    here, there = {1: "203"}, {1: "202"}
    for way, saved in (
        ("Cancel", (here, there)),
        ("Add", ({1: "202"}, there)),
        ("Take over", ({1: "202"}, {})),
    ):
        page.goto(address(portal, HALL))
        page.get_by_role("link", name="Change the account of port 1").click()
        search = page.get_by_role("searchbox", name="Search an account for port 1")
        search.fill("202")
        if not page.has_script:
            search.press("Enter")
        page.get_by_text("202 is on Lobby 00:15:65:ED:10:01, port 1. What becomes").wait_for()
        page.locator(".conflict").get_by_text(way, exact=True).click()
        if way == "Cancel":
            page.get_by_role("link", name="Change the account of port 1").wait_for()
        else:
            page.get_by_text("Port 1 is 202.").wait_for()
        assert (accounts_of(portal, HALL), accounts_of(portal, LOBBY)) == saved, way
        if way != "Cancel":
            undo(page)
            assert (accounts_of(portal, HALL), accounts_of(portal, LOBBY)) == (here, there), way


# What a person does to the page: each press of Enter or Space, each click. Typing and moving the
# focus are none; Tabs are counted apart.
WATCH = """
addEventListener("pointerdown", (e) => e.isTrusted && done("click"), true);
addEventListener("keydown", (e) => {
  if (e.isTrusted && ["Enter", " ", "Tab"].includes(e.key)) done(e.key);
}, true);
"""


def test_a_port_is_reassigned_with_the_keyboard_in_three_interactions(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in)
    interactions = []
    page.expose_function("done", lambda what: interactions.append(what))
    page.add_init_script(WATCH)
    page.goto(portal.url + "/")
    page.keyboard.press("/")
    page.keyboard.type("ed1001")
    assert interactions == []

    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ports").wait_for()
    tab_to(page, "port-1-assign")
    page.keyboard.press("Enter")
    page.locator("#port-1-q:focus").wait_for()
    tab_to(page, "204")
    page.keyboard.press("Enter")
    page.get_by_text("Port 1 is 204.").wait_for()

    pressed = [one for one in interactions if one != "Tab"]
    assert pressed == ["Enter"] * 3
    assert interactions.count("Tab") <= 8
    assert accounts_of(portal, LOBBY) == {1: "204"}
    undo(page)
    assert accounts_of(portal, LOBBY) == {1: "202"}
    context.close()
    assert errors == []


def test_a_phone_is_replaced_by_a_smaller_one_and_that_is_undone(page, portal):
    portal.run("port", "assign", LOBBY, "5", "204")
    page.goto(address(portal, LOBBY))
    page.get_by_role("link", name="Replace").click()
    page.get_by_label("MAC of the new device").fill(SHELF)
    page.get_by_label("Model").fill("Snom D785" if page.has_script else "Yealink T31G")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("port 1: 202").wait_for()
    if not page.has_script:
        page.get_by_text("Port 5: T31G has 2 ports; 204 is free then").wait_for()
    page.get_by_role("button", name="Replace 00:15:65:ED:10:01 by 00:15:65:ED:10:03").click()
    page.get_by_text("00:15:65:ED:10:03 stands in for 00:15:65:ED:10:01, which is ret").wait_for()
    assert accounts_of(portal, SHELF)[1] == "202"
    assert accounts_of(portal, LOBBY) == {}
    undo(page)
    assert accounts_of(portal, LOBBY) == {1: "202", 5: "204"}
    assert accounts_of(portal, SHELF) == {}
    portal.run("port", "release", LOBBY, "5")
    page.goto(address(portal, HALL))
    page.get_by_role("link", name="Retire").click()
    page.get_by_role("button", name="Retire").last.click()
    page.get_by_text("00:15:65:ED:10:02 is retired").wait_for()
    undo(page)
    assert accounts_of(portal, HALL) == {1: "203"}


@pytest.mark.parametrize(
    ("mac", "ports", "users", "count"),
    [(GATEWAY, "1-48", "401-448", 48), (DECT, "1-10", "501-510", 10)],
    ids=["gateway", "DECT"],
)
def test_a_gateway_and_a_base_station_are_filled(page, portal, mac, ports, users, count):
    first = int(users[:3])
    page.goto(address(portal, mac))
    page.get_by_role("link", name="Fill ports").click()
    page.get_by_label("Ports", exact=True).fill(ports)
    page.get_by_label("Accounts", exact=True).fill(users)
    page.get_by_label("Make the accounts that are missing").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("row", name=f"{count} free {first + count - 1}").wait_for()
    page.get_by_role("button", name=f"Fill {count} ports").click()
    page.get_by_text(f"{count} ports have their accounts").wait_for()
    wanted = {number: str(first + number - 1) for number in range(1, count + 1)}
    assert accounts_of(portal, mac) == wanted
    undo(page)
    assert accounts_of(portal, mac) == {}


def test_own_settings_say_what_they_override_and_are_undone(page, portal):
    page.goto(address(portal, LOBBY) + "/settings")
    page.get_by_label("Time zone", exact=True).fill("Europe/Paris")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_text("Own settings of this device are saved").wait_for()
    zone = page.locator("#tab tr", has_text="Time zone").first
    expect(zone).to_contain_text("Europe/Paris")
    expect(zone).to_contain_text("this device")
    undo(page)
    expect(page.locator("#tab")).not_to_contain_text("Europe/Paris")


def test_the_time_line_has_refusals_changes_imports_and_notes(page, portal):
    """And the tabs beside it: files as they changed, what the phone sent, its trust."""
    mac, plain = "805ec0d57d72", "80:5e:c0:d5:7d:72"
    own = portal.run("device", "url", plain)["own"].removeprefix(portal.url)
    agent = {"User-Agent": f"Yealink SIP-T31G 124.86.0.1 {plain}"}
    portal.run("device", "lock", plain, "--reason", "stolen, says the customer")
    assert portal.fetch(f"{own}{mac}.cfg", **agent)[0] == 200  # without any account
    page.goto(f"{portal.url}/devices/{mac}?tab=trust")
    page.get_by_text("stolen, says the customer").first.wait_for()
    page.get_by_role("button", name="Unlock: it is the same phone").click()
    page.get_by_role("link", name="Lock", exact=True).wait_for()
    assert portal.fetch(f"{own}{mac}.cfg", **agent)[0] == 200
    put(portal, f"{own}{mac}-contact.xml", b"<contacts/>")
    name = "Reception" if page.has_script else "Front desk"
    page.goto(f"{portal.url}/devices/{mac}/edit")
    page.get_by_label("Description").fill(name)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("is saved").first.wait_for()
    page.goto(f"{portal.url}/devices/{mac}?tab=timeline")
    page.get_by_label("Note", exact=True).fill(f"{name} called")
    page.get_by_role("button", name="Add the note").click()
    page.get_by_text(f"{name} called").first.wait_for()

    def line():
        page.goto(f"{portal.url}/devices/{mac}?tab=timeline")
        return page.locator("ol.timeline").inner_text()

    wait_for("the check-ins are written", lambda: "device is locked" in line())
    for words in (f"{name} called", "description", f"{mac}.cfg", "locked"):
        assert words in line().lower() or words in line(), words
    page.goto(address(portal, DECT) + "?tab=timeline")
    page.locator("ol.timeline").get_by_role("link", name="import").first.wait_for()

    portal.run("port", "assign", plain, "1", "201")
    page.goto(f"{portal.url}/devices/{mac}?tab=files")
    page.get_by_text("Changed since the phone fetched it").first.wait_for()
    assert "account.1.user_name = 201" in page.locator(".fetched").first.inner_text()
    portal.run("port", "release", plain, "1")
    page.goto(f"{portal.url}/devices/{mac}?tab=uploads")
    page.get_by_text(f"{mac}-contact.xml").first.wait_for()
    page.get_by_role("button", name=f"Delete {mac}-contact.xml").click()
    page.get_by_text("contact.xml is deleted").wait_for()


def put(portal, path, content):
    """Send a file as a phone does."""
    trust = ssl.create_default_context(cafile=str(portal.certificate))
    request = urllib.request.Request(portal.url + path, data=content, method="PUT")
    with urllib.request.urlopen(request, context=trust, timeout=10) as answer:
        assert answer.status == 201
