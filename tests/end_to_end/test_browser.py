"""The administrator's and support's first day, in a real browser over TLS under the real CSP."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import LISTS, new_page, whole

FIRST = "00:15:65:ED:12:4D"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request, chromium, signed_in):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=request.param)
    page.has_script = request.param
    yield page
    context.close()
    assert errors == []


def test_from_an_uploaded_list_to_a_changed_file(page, portal):
    """Upload, preview, confirm, open a device, put an account on port 2, see its file change."""
    again = not page.has_script  # the module's portal knows the phones after the first run

    page.goto(portal.url + "/imports")
    page.get_by_label("File", exact=True).set_input_files(LISTS / "01_plain_list.xlsx")
    page.get_by_label("Customer").select_option("Example Ltd")
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("heading", name="01_plain_list.xlsx").wait_for()
    expect(page.locator("#list .import-rows").get_by_text("SIP-T42S")).to_have_count(12)
    if not again:
        page.get_by_role("button", name="Import 12").click()
        page.get_by_text("imported", exact=False).first.wait_for()
    else:
        expect(page.get_by_role("button", name="Nothing to import")).to_be_disabled()

    page.goto(portal.url + "/devices")
    page.get_by_role("searchbox").first.fill("ed124d")
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    whole(page)  # what was typed and Enter may bring the list twice; between them a click is lost
    page.get_by_role("link", name=FIRST).first.click()
    page.get_by_role("heading", name="Ports").wait_for()

    before = file_of(page)
    assert "account.2.enable = 0" in before
    page.get_by_role("link", name="account of port 2").click()
    page.get_by_role("button", name="201").click()
    page.get_by_role("button", name="Release 201 from port 2").wait_for()
    after = file_of(page)
    assert "account.2.enable = 1" in after or "account.2.user_name = 201" in after
    assert "account.2.user_name = 201" in after
    assert "account.2.password = ••••••" in after

    page.get_by_role("button", name="Release 201 from port 2").click()
    page.get_by_role("link", name="Assign the account of port 2").wait_for()
    assert "account.2.user_name = 201" not in file_of(page)


def file_of(page):
    """Return the text of the phone's file as the device page shows it, and go back."""
    address = page.url.split("?")[0].split("#")[0]
    page.goto(address + "?tab=files")
    text = page.locator("pre").first.inner_text()
    page.goto(address)
    return text


def test_a_profile_is_changed_and_published(page, portal):
    host = "sip2.example.net" if page.has_script else "sip3.example.net"
    page.goto(portal.url + "/profiles")
    page.get_by_role("link", name="Office").first.click()
    page.get_by_label("SIP server", exact=True).fill(host)
    page.get_by_role("button", name="Save draft").first.click()
    page.get_by_text("Draft", exact=True).first.wait_for()
    page.get_by_role("link", name="Publish").first.click()
    page.get_by_text(host).first.wait_for()
    page.get_by_role("button", name="Publish").last.click()
    page.get_by_text("In force").first.wait_for()
    expect(page.get_by_label("SIP server", exact=True)).to_have_value(host)


def test_what_was_typed_survives_an_error(page, portal):
    page.goto(portal.url + "/devices/new")
    page.get_by_label("MAC").fill("00:15:65")
    page.get_by_label("Model").fill("T46U")
    page.get_by_label("Description").fill("Corner office")
    page.get_by_role("button", name="Add the device").click()
    page.get_by_text("is not a MAC address").first.wait_for()
    expect(page.get_by_label("Description")).to_have_value("Corner office")
    expect(page.get_by_label("MAC")).to_have_value("00:15:65")


def test_a_list_is_imported_with_the_keyboard_alone(chromium, signed_in, portal):
    """Pasted text, preview, import: Tab, typing and Enter, and nothing else."""
    context, page, errors = new_page(chromium, signed_in)
    page.goto(portal.url + "/imports")
    tab_to(page, "text")
    page.keyboard.insert_text("MAC\tModel\n80:5e:c0:aa:00:01\tT31G\n80:5e:c0:aa:00:02\tT46U\n")
    tab_to(page, "Upload and preview")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Import 2 devices").wait_for()
    tab_to(page, "Import 2 devices")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="80:5E:C0:AA:00:01").first.wait_for()
    tab_to(page, "80:5E:C0:AA:00:01")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ports").wait_for()
    context.close()
    assert errors == []


def tab_to(page, name, key="Tab"):
    """Press Tab until what has the focus has `name` as its id, or begins with it as its text."""
    whole(page)
    for _ in range(80):
        page.keyboard.press(key)
        focused = page.evaluate(
            "[document.activeElement.id, document.activeElement.innerText.trim()]"
        )
        if focused[0] == name or focused[1].startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with Tab")


def test_an_expired_sign_in_in_the_middle_of_a_form_loses_nothing(chromium, signed_in, portal):
    """Stands last: it ends the sign-in that the other tests of this module share."""
    from tests.end_to_end.conftest import PASSWORD

    context, page, _ = new_page(chromium, signed_in)
    page.goto(portal.url + "/customers/new")
    page.get_by_label("Name").fill("Typed before the end Ltd")
    # The sign-in ends elsewhere: another administrator resets the password.
    reset = portal.run("user", "reset-password", "admin")["password"]
    page.get_by_role("button", name="Make customer").click()
    page.get_by_label("Password").fill(reset)
    page.get_by_label("Name").first.fill("admin")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Present password").fill(reset)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("button", name="Send it now").click()
    page.get_by_role("heading", name="Typed before the end Ltd").wait_for()
    context.close()
