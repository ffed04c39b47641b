"""A provider's Monday: lists of accounts and customers come in, are corrected, and taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import accessible, new_page, whole

ACCOUNTS = """Durchwahl;Anzeigename;Kunde;Passwort
201;Anna Arnold;Example Ltd;
{0}02;Bert;Example Ltd;geheim-{0}
{0} 03;Clara;Example Ltd;
"""


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_list_of_accounts_is_imported_exported_and_taken_back(
    chromium, signed_in, portal, tmp_path, has_script
):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=has_script)
    page.goto(portal.url + "/accounts")
    page.get_by_role("link", name="Import a list").click()
    page.get_by_label("Or paste the list").fill(ACCOUNTS.format("5" if has_script else "6"))
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_text("is not a SIP user name").wait_for()
    whole(page)
    assert "geheim" not in page.content()
    if has_script:
        accessible(page)
    page.get_by_role("link", name="Error 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)  # all three stand there until the answer
    page.locator("tbody tr").get_by_text("Clara").wait_for()
    page.get_by_role("button", name="Import 2 accounts (1 new, 1 changed)").click()
    page.get_by_role("heading", name="Imported 2 accounts").wait_for()
    done = page.url

    page.goto(portal.url + "/accounts")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export Excel").click()
    path = tmp_path / "accounts.xlsx"
    download.value.save_as(path)
    page.get_by_role("link", name="Import a list").click()
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_text("Nothing in the list is new or different.").wait_for()
    expect(page.get_by_role("button", name="Nothing to import")).to_be_disabled()

    page.goto(done)
    page.get_by_role("link", name="Take it back").click()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("1 account deleted, 1 account as before.").wait_for()
    context.close()
    assert errors == []


def test_columns_are_chosen_where_no_header_is_understood(chromium, signed_in, portal):
    context, page, errors = new_page(chromium, signed_in)
    page.goto(portal.url + "/customers/import")
    page.get_by_label("Or paste the list").fill("Wer;Woher\nNeu AG;192.0.2.0/24\n")
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_text("No header of the list says “Customer”").wait_for()
    page.get_by_label("A “Wer”").select_option("Customer")
    page.get_by_label("B “Woher”").select_option("Allowed networks")
    page.get_by_role("button", name="Update preview").click()
    page.get_by_role("button", name="Import 1 customer (1 new)").click()
    page.get_by_role("heading", name="Imported 1 customer").wait_for()
    page.goto(portal.url + "/customers?free=1")
    page.get_by_role("link", name="Example Ltd").wait_for()
    assert page.get_by_role("link", name="Neu AG").count() == 0
    context.close()
    assert errors == []
