"""The inventory at work: ticks, columns, labels; many devices at once: test_support_lists.py."""

from __future__ import annotations

import re

import pytest

from tests.end_to_end.conftest import accessible, new_page, whole


@pytest.fixture(scope="module")
def fleet(portal):
    """Six phones of Example Ltd in the hall, beside the one that is there."""
    for number in range(6):
        portal.run(
            "device", "add", f"80:5e:c0:11:00:0{number}", "--model", "T31G",
            "--customer", "Example Ltd", "--description", f"Hall {number}",
        )  # fmt: skip


def test_ticking_the_page_and_choosing_columns(chromium, signed_in, portal, fleet):
    context, page, errors = new_page(chromium, signed_in)
    page.goto(portal.url + "/devices")
    page.get_by_label("Tick all on this page").check()
    page.get_by_text("7 ticked").wait_for()
    page.locator("tbody input[name=mac]").first.uncheck()
    page.get_by_text("6 ticked").wait_for()
    page.get_by_role("link", name="Description", exact=True).click()
    page.wait_for_url("**sort=description**")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Last seen", exact=True).check()
    page.get_by_role("button", name="Show these").click()
    page.get_by_role("columnheader", name="Last seen").wait_for()
    assert "sort=description" in page.url
    context.close()
    assert errors == []


def test_labels_print_on_as_many_pages_as_are_said(chromium, signed_in, portal, fleet):
    context, page, errors = new_page(chromium, signed_in, java_script_enabled=False)
    page.goto(portal.url + "/devices?q=hall")
    page.get_by_label("With", exact=True).select_option("all 6 that match")
    page.get_by_label("do what").select_option("print labels")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("First free label").fill("21")  # 4 places are left of 24
    page.get_by_role("button", name="Show the sheet").click()
    page.get_by_role("heading", name="6 labels, 2 pages").wait_for()
    whole(page)
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    for size in sizes_of(printed):
        assert size == pytest.approx((595.3, 841.9), abs=1.5)
    context.close()
    assert errors == []


def sizes_of(printed):
    """Return width and height of each page in points; A4 is 595.3 × 841.9."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert boxes
    return [(float(width), float(height)) for width, height in boxes]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium, signed_in, portal, fleet, scheme):
    context, page, errors = new_page(chromium, signed_in, color_scheme=scheme)
    page.goto(portal.url + "/devices?q=hall&ports=not-used&sort=mac&dir=asc")
    looks = ["", "Views", "Columns"]
    for name in looks:
        if name:
            page.locator("summary", has_text=name).click()
        accessible(page)
    page.get_by_label("With", exact=True).select_option("page")
    page.get_by_label("do what").select_option("change the state")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Which state?").select_option("retired")
    page.get_by_role("heading", name="will change to").wait_for()
    accessible(page)
    page.goto(portal.url + "/labels?mac=805ec0110001")
    accessible(page)
    page.get_by_role("button", name="Show the sheet").click()
    page.get_by_role("heading", name="1 label, 1 page").wait_for()
    accessible(page)
    context.close()
    assert errors == []
