"""Support's lists in a real browser: many devices at once, filters and Back, scanners, unknown
phones, and the numbers of the dashboard."""

from __future__ import annotations

import csv
import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import new_page, whole
from tests.end_to_end.running import wait_for

HALL = [f"80:5E:C0:11:00:0{number}" for number in range(6)]
MANY = 520  # more than are changed while somebody waits


@pytest.fixture(scope="module")
def portal(portal, tmp_path_factory):
    """Six phones in the hall and 520 in the depot, the first of the hall with account 201."""
    rows = [f"{mac};T31G;Hall {n};201" if n == 0 else f"{mac};T31G;Hall {n};"
            for n, mac in enumerate(HALL)]  # fmt: skip
    rows += [f"80:5E:C0:22:{n >> 8:02X}:{n & 255:02X};T46U;Depot {n};" for n in range(MANY)]
    file = tmp_path_factory.mktemp("lists") / "fleet.csv"
    file.write_text("\n".join(["MAC;Model;Description;Port 1", *rows]))
    portal.run("import", str(file), "--customer", "Example Ltd")
    portal.run("customer", "add", "Second Ltd")
    portal.run("profile", "add", "Halls", "--set", "sip.registrar_host=sip2.example.net")
    return portal


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request, chromium, signed_in):
    context, page, errors = new_page(
        chromium, signed_in, java_script_enabled=request.param, accept_downloads=True
    )
    page.has_script = request.param
    yield page
    context.close()
    assert errors == []


def select(page, portal, q, what, scope="that match"):
    """Narrow the inventory to `q` and choose what to do with all that match."""
    page.goto(f"{portal.url}/devices?q={q}")
    scopes = page.get_by_label("With", exact=True)
    scopes.select_option(scopes.locator("option", has_text=scope).inner_text())
    page.get_by_label("do what").select_option(what)
    page.get_by_role("button", name="Continue").click()


def choose(page, question, value):
    page.get_by_label(question).select_option(value)
    if not page.has_script:
        page.get_by_role("button", name="Preview").click()


def undo(page):
    """Press the button of the toast."""
    page.locator("#toasts").get_by_role("button", name="Undo").click()


CHANGES = [
    ("assign a profile", "Which profile?", "Halls", 6),
    ("assign to a customer", "Which customer?", "Second Ltd", 5),  # one has an account
    ("change the state", "Which state?", "retired", 6),
    ("allow set-up", "For how long?", "60 minutes", 6),
]


def test_all_that_match_are_changed_and_undone_from_the_toast(page, portal):
    before = portal.run("device", "show", HALL[0])
    for what, question, value, count in CHANGES:
        select(page, portal, "hall", what)
        choose(page, question, value)
        page.get_by_role("heading", name=f"{count} devices will change").wait_for()
        if count < 6:
            page.get_by_text("1 skipped: Accounts of its present customer are on").wait_for()
        page.get_by_role("button", name=f"Change {count} devices").click()
        page.get_by_text(f"{count} devices changed", exact=True).wait_for()
        undo(page)
        page.get_by_text(f"The change is taken back on {count} devices").wait_for()
        page.get_by_role("heading", name=f"{count} devices have again what they had").wait_for()
    after = portal.run("device", "show", HALL[0])
    for name in ("profile", "customer", "state", "ports"):
        assert after[name] == before[name], name


def test_a_page_is_exported_and_its_labels_are_shown(page, portal):
    with page.expect_download() as download:
        select(page, portal, "hall", "export as CSV", "on this page")
    rows = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert sorted(row[rows[0].index("MAC")] for row in rows[1:]) == HALL
    select(page, portal, "hall", "print labels")
    page.get_by_label("Code", exact=True).select_option("QR code of MAC and device id")
    page.get_by_role("button", name="Show the sheet").click()
    page.get_by_role("heading", name="6 labels, 1 page").wait_for()
    expect(page.locator(".label svg")).to_have_count(6)


def test_a_long_change_shows_its_progress_and_is_undone(page, portal):
    select(page, portal, "depot", "assign a profile")
    choose(page, "Which profile?", "Halls")
    page.get_by_role("button", name=f"Change {MANY} devices").click()
    done = page.get_by_role("heading", name=f"{MANY} devices changed to “Halls”")
    until(page, done, "Changing 520 devices")
    if page.has_script:  # who watched is told, and undoes it there
        undo(page)
    else:
        page.get_by_role("link", name="Take it back").click()
        page.get_by_role("button", name="Take it back").click()
    until(page, page.get_by_role("heading", name=f"{MANY} devices have again"), "Taking it back")


def until(page, heading, meanwhile):
    """Wait for the end of a job; without script by its link “Reload”."""
    progress = page.get_by_role("progressbar", name=meanwhile)
    expect(progress.or_(heading).first).to_be_visible()

    def is_done():
        whole(page)
        if heading.count():
            return True
        if page.has_script:
            return heading.or_(page.locator("#bulk-job")).first.is_visible() and heading.count()
        page.get_by_role("link", name="Reload").click()
        return heading.count()

    wait_for(f"the job is done: {meanwhile}", is_done, every=0.3)


def test_columns_density_and_views_are_kept(page, portal):
    name = "Hall by name" if page.has_script else "Hall by name, plain"
    page.goto(portal.url + "/devices?q=hall&sort=description&dir=asc")
    page.locator("summary", has_text="Columns").click()
    page.locator("#column-firmware").check()
    page.get_by_label("Compact rows").check()
    page.get_by_role("button", name="Show these").click()
    page.get_by_role("columnheader", name="Firmware").wait_for()
    expect(page.locator("table.compact")).to_have_count(1)
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Save what is shown now as").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text(f"The view {name} is saved").wait_for()
    page.goto(portal.url + "/devices")
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url("**/devices?*q=hall*")
    expect(page.locator("#rows tbody .mac")).to_have_text(HALL)
    page.locator("summary", has_text="Views").click()
    page.get_by_role("button", name=f"Delete the view {name}", exact=True).click()
    page.get_by_text(f"The view {name} is deleted").wait_for()
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("button", name="As usual").click()
    page.get_by_role("columnheader", name="Firmware").wait_for(state="detached")
    expect(page.locator("table.compact")).to_have_count(0)


def test_a_chosen_filter_survives_back(page, portal):
    page.goto(portal.url + "/devices")
    form = page.get_by_role("form", name="Filter")
    model, search = form.get_by_label("Model"), form.get_by_label("Search")
    model.select_option("Yealink T31G")
    filtered(page)
    page.get_by_role("link", name="Take the filter away: Model Yealink T31G").wait_for()
    search.fill("hall 3")
    filtered(page)
    page.get_by_role("link", name="Take the filter away: Search").wait_for()
    page.get_by_role("link", name=HALL[3]).click()
    page.get_by_role("heading", name="Ports").wait_for()
    page.go_back()
    page.get_by_role("link", name=HALL[3]).wait_for()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    whole(page)
    assert (model.input_value(), search.input_value()) == ("T31G", "hall 3")
    page.go_back()
    page.get_by_role("link", name="Take the filter away: Search").wait_for(state="detached")
    expect(page.locator("#rows tbody tr")).to_have_count(7)
    whole(page)
    assert (model.input_value(), search.input_value()) == ("T31G", "")


def filtered(page):
    if not page.has_script:
        page.get_by_role("button", name="Filter", exact=True).click()


# Where, the label of its search field, where it shows what it found, what it shows for the first
# phone of the hall, what it showed before, and what the scanner sends.
SEARCHES = [
    ("/devices", "Search", "#rows", HALL[0], "Depot", "805EC0110000"),
    ("/accounts", "Find an account", "#rows", "201", "No account", "MAC:805EC0110000 SN:3128A"),
    ("/customers", "Find a customer", "#rows", "Example Ltd", "Second Ltd", HALL[0]),
    ("/profiles", "Find a profile", "#main", "No profile", "Halls", "80-5E-C0-11-00-00"),
    ("/unknown-phones", "Find an unknown phone", "#rows", "No unknown", "Calls", HALL[0]),
    ("/audit", "Search", "#rows", HALL[0], "Second Ltd", "805EC0110000 1"),
    ("/catalogue", "Find a phone", "#main", "Yealink", "Snom", "805e.c011.0000"),
    ("/devices/805ec0220000/ports/1", "Search an account for port 1", "#port-1-choices", "201",
     "202", "MAC: 80:5E:C0:11:00:00"),
]  # fmt: skip


def test_a_scanner_works_in_every_search_field(page, portal):
    """It types at once and presses Enter; what is shown is of the phone whose label it was."""
    for path, label, place, meant, other, scanned in SEARCHES:
        page.goto(portal.url + path)
        page.locator("#main").get_by_label(label, exact=True).focus()
        page.keyboard.type(scanned)
        page.keyboard.press("Enter")
        found = page.locator(place)
        found.get_by_text(other, exact=False).first.wait_for(state="detached")
        found.get_by_text(meant, exact=False).first.wait_for()
    page.get_by_label("Search everywhere").focus()
    page.keyboard.type("MAC:805EC0110000 SN:3128A")
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices/805ec0110000*")


def test_unknown_phones_are_ignored_listed_again_and_adopted_in_bulk(page, portal):
    site = portal.run("device", "url", HALL[0])["site"]
    block = "33" if page.has_script else "44"
    macs = [f"80:5E:C0:{block}:00:0{number}" for number in range(4)]
    for mac in macs:
        file = mac.replace(":", "").lower()
        agent = {"User-Agent": f"Yealink SIP-T31G 124.86.0.1 {mac.lower()}"}
        assert portal.fetch(site.removeprefix(portal.url) + f"{file}.cfg", **agent)[0] == 200
    listed = f"{portal.url}/unknown-phones?q=805ec0{block}"
    # Each worker of the server notes those that it answered, in its own time.
    wait_for("all are noted", lambda: page.goto(listed) and all(row(page, m).count() for m in macs))
    assert page.get_by_text("Yealink").count() >= 4

    for mac in macs[:2]:
        page.get_by_label(f"Choose {mac}").check()
    page.get_by_role("button", name="Ignore", exact=True).first.click()
    page.get_by_text("2 phones are ignored").wait_for()
    page.goto(listed)
    assert [row(page, mac).count() for mac in macs] == [0, 0, 1, 1]
    page.goto(f"{listed}&show=ignored")
    page.get_by_role("button", name=f"List {macs[0]} again").click()
    page.get_by_text("1 phone is listed again").wait_for()
    undo(page)
    page.get_by_text("1 phone is ignored").wait_for()
    page.goto(f"{listed}&show=ignored")
    page.get_by_label("Which phones").select_option("all")
    page.get_by_role("button", name="List again").first.click()
    page.get_by_text("2 phones are listed again").wait_for()

    page.goto(listed)
    if page.has_script:
        page.get_by_label("Tick all on this page").check()
        page.get_by_text("4 ticked").wait_for()
    else:
        page.get_by_label("Which phones").select_option("all")
    page.get_by_role("button", name="Adopt…").click()
    page.get_by_role("heading", name="Adopt 4 phones").wait_for()
    page.get_by_label("Customer", exact=True).select_option("Second Ltd")
    page.get_by_role("button", name="Adopt 4 phones").click()
    page.get_by_text("4 phones are in the inventory").wait_for()
    for mac in macs:
        told = portal.run("device", "show", mac)
        assert (told["model"], told["customer"]) == ("T31G", "Second Ltd")


def row(page, mac):
    return page.locator("tr", has_text=mac)


def test_each_number_of_the_dashboard_is_that_of_its_list(page, portal):
    before = check_ins(portal)
    site = portal.run("device", "url", HALL[0])["site"].removeprefix(portal.url)
    agent = {"User-Agent": "Yealink SIP-T31G 124.86.0.1 80:5e:c0:11:00:05"}
    assert portal.fetch(f"{site}805ec0110005.cfg", **agent)[0] == 200
    assert portal.fetch(f"{site}805ec0990001.cfg", **agent)[0] == 200
    assert portal.fetch("/p/s/wrong/805ec0110004.cfg")[0] == 404

    wait_for("the check-ins are written", lambda: check_ins(portal) >= before + 3)
    page.goto(portal.url + "/")
    page.locator("#fetches summary").click()
    found = page.eval_on_selector_all(
        "#main a[href]", "all => all.map(a => [a.getAttribute('href'), a.innerText])"
    )
    opened = 0
    for address, text in found:
        number = re.search(r"(?:^|\s)([\d,]+)(?=\s*(?:$|\n|,))", text.strip())
        if number is None or (
            "hours=" in address and "outcome" not in address and "reason" not in address
        ):
            continue
        page.goto(portal.url + address)
        assert listed_on(page) == int(number[1].replace(",", "")), f"{address}: {text}"
        opened += 1
    assert opened >= 18


def check_ins(portal):
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
        return database.execute("select count(*) from check_ins").fetchone()[0]


def listed_on(page):
    """Return how many things a list says that it has."""
    if page.url.endswith("/security"):
        return int(page.locator("#windows .count").inner_text())
    told = page.locator(".pager p").inner_text()
    return (
        0 if told.startswith("No ") else int(re.search(r"([\d,]+) \w+$", told)[1].replace(",", ""))
    )
