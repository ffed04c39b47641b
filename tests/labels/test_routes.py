from __future__ import annotations

import pytest

from tests.browsing import send, text_of
from tests.factories import make_customer, make_device

MAC = "001565aabbcc"


@pytest.fixture
def viewer(client_as):
    return client_as("viewer")


@pytest.fixture
def devices(session):
    alder = make_customer(session, "Alder")
    made = [make_device(session, MAC, "T31G", alder, inventory_id="CPE-7")]
    made += [make_device(session, customer=alder) for _ in range(2)]
    session.commit()
    return made


def test_labels_of_one_device_say_what_was_chosen(viewer, devices):
    page = viewer.get(f"/labels/sheet?mac={MAC}&field=inventory_id&field=customer&code=barcode")
    words = text_of(page)
    assert "00:15:65:AA:BB:CC" in words
    assert "CPE-7" in words
    assert "Alder" in words
    assert "T31G" not in words
    assert "Barcode of 001565AABBCC" in page.text
    assert "style=" not in page.text


def test_labels_of_a_selection_start_where_the_sheet_is_free(viewer, devices):
    macs = [device.mac for device in devices]
    answer = send(viewer, "/devices/selection", {"scope": "ticked", "mac": macs, "do": "labels"})
    assert answer.location == "/labels?selection=1"
    page = viewer.get(answer.location + "&start=23")
    assert "For 3 devices" in text_of(page)
    assert "2 pages" in text_of(page)
    sheet = viewer.get("/labels/sheet?selection=1&start=23").text
    assert sheet.count('class="sheet"') == 2
    assert sheet.count('class="label label-qr"') == 25


def test_a_format_that_nobody_sells_is_the_usual_one(viewer, devices):
    page = viewer.get(f"/labels?mac={MAC}&format=x&code=y&start=-4")
    assert page.status_code == 200
    assert "/labels/70x37.css" in page.text


def test_sizes_come_as_a_stylesheet(viewer):
    answer = viewer.get("/labels/63x38.css")
    assert answer.mimetype == "text/css"
    assert "size: 210.0mm 297.0mm" in answer.text
    assert viewer.get("/labels/x.css").status_code == 404


@pytest.mark.parametrize("source", ["", "?selection=9", "?import=9", "?mac=001565000000"])
def test_labels_of_nothing_are_not_found(viewer, source):
    assert viewer.get(f"/labels{source}").status_code == 404
