from __future__ import annotations

import pytest

from portal.imports.macs import macs_in
from portal.labels.formats import FORMATS
from portal.labels.sheets import LabelFacts, labels_of, pages_of

SHEET = FORMATS["70x37"]


def places(count, start):
    devices = [LabelFacts(f"{number:012x}") for number in range(count)]
    pages = pages_of(labels_of(devices, "qr", ()), SHEET, start)
    return [[bool(label) for label in page] for page in pages]


@pytest.mark.parametrize("sheet", FORMATS.values(), ids=lambda sheet: sheet.key)
def test_labels_fit_the_page(sheet):
    assert sheet.left >= 0
    assert sheet.top >= 0
    assert 2 * sheet.left + sheet.columns * sheet.width + (sheet.columns - 1) * sheet.gap == (
        pytest.approx(sheet.page_width, abs=0.01)
    )


def test_a_full_sheet_is_one_page():
    assert places(24, 1) == [[True] * 24]
    assert [len(page) for page in places(25, 1)] == [24, 1]


def test_a_half_used_sheet_begins_at_its_first_free_label():
    assert places(2, 4) == [[False] * 3 + [True] * 2]
    assert [len(page) for page in places(22, 4)] == [24, 1]


def test_nothing_gives_no_page():
    assert places(0, 5) == []


def test_a_label_says_what_was_chosen_and_leaves_out_what_is_empty():
    facts = LabelFacts("001565aabbcc", "T46U", "", "Alder", "Lobby", "17")
    (label,) = labels_of([facts], "barcode", ("model", "inventory_id", "customer", "device_id"))
    assert label.mac == "00:15:65:AA:BB:CC"
    assert label.lines == [("Model", "T46U"), ("Customer", "Alder"), ("Device id", "17")]
    assert 'aria-label="Barcode of 001565AABBCC"' in label.code


def test_a_qr_code_of_a_mac_has_the_smallest_size():
    """12 letters of the alphanumeric mode fit version 1 (21 modules) at level M: ISO/IEC 18004."""
    (label,) = labels_of([LabelFacts("001565aabbcc")], "qr", ())
    assert 'viewBox="0 0 25 25"' in label.code


@pytest.mark.parametrize("code", ["qr-id", "barcode-id"])
def test_a_code_may_hold_the_device_id_too_and_is_still_scanned_as_the_mac(code):
    (label,) = labels_of([LabelFacts("001565aabbcc", device_id="17")], code, ())
    (alone,) = labels_of([LabelFacts("001565aabbcc", device_id="17")], code.partition("-")[0], ())
    assert label.code != alone.code
    if code == "barcode-id":
        assert 'aria-label="Barcode of 001565AABBCC 17"' in label.code
    assert macs_in("001565AABBCC 17") == ["001565aabbcc"]
