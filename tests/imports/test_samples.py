"""The ten sample lists come out exactly as expectations.json says."""

import json
import re

import pytest

from portal.imports.macs import MAC_IN_TEXT, looks_like_mac
from portal.imports.parse import parse
from portal.imports.read import plan_of
from portal.imports.sheets import cell_text
from tests.imports.making import FAMILIES, LISTS

EXPECTED = json.loads((LISTS / "expectations.json").read_text(encoding="utf-8"))["files"]


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def sample(request):
    data = (LISTS / request.param).read_bytes()
    return data, plan_of(request.param, data, {}, families=FAMILIES), EXPECTED[request.param]


def test_every_data_row_has_an_outcome(sample):
    _, plan, expected = sample
    assert len(plan.rows) == expected["data_rows"]
    assert plan.file_error is None
    assert plan.questions == []


def test_valid_addresses_are_new_in_the_order_of_the_file(sample):
    _, plan, expected = sample
    assert [row.mac for row in plan.rows if row.outcome == "new"] == expected["valid_macs"]


def test_devices_have_the_texts_of_their_row(sample):
    _, plan, expected = sample
    found = {(row.sheet, row.number): row for row in plan.rows if row.outcome == "new"}
    assert len(found) == len(expected["devices"])
    for device in expected["devices"]:
        row = found[device.pop("sheet", plan.rows[0].sheet), device.pop("row")]
        assert row.mac == device.pop("mac")
        assert {name: row.raw[name] for name in device} == device


def test_rejected_rows_have_their_reason(sample):
    _, plan, expected = sample
    rejected = [row for row in plan.rows if row.outcome in ("error", "conflict")]
    assert [(row.number, row.problems[0].code) for row in rejected] == [
        (told["row"], told["reason"]) for told in expected["rejected"]
    ]
    assert all(row.problem for row in rejected)


def test_rows_to_confirm_carry_their_suggestion_and_no_address(sample):
    _, plan, expected = sample
    asked = [row for row in plan.rows if row.outcome == "needs_ok"]
    assert [(row.number, row.problems[0].code, [*row.suggestions], row.mac) for row in asked] == [
        (told["row"], told["reason"], told["suggest"], None) for told in expected["confirm"]
    ]


def test_duplicates_are_found(sample):
    _, plan, expected = sample
    found = []
    for row in plan.rows:
        if row.outcome == "duplicate":
            first = next(other for other in plan.rows if other.mac == row.mac)
            found.append({"mac": row.mac, "rows": [first.number, row.number]})
    assert found == expected["duplicates"]


def test_rows_that_are_no_phones_are_left_out_by_kind(sample):
    _, plan, expected = sample
    assert [{"row": left.row, "kind": left.kind} for left in plan.left_out] == expected[
        "ignored_rows"
    ]


def test_header_and_columns_are_found(sample):
    _, plan, expected = sample
    for table in plan.tables:
        assert table.header == expected.get("header_row", 1)
        for name, letter in expected.get("columns", {}).items():
            assert table.columns[name] == letter
    if "sheets" in expected:
        assert [table.sheet.name for table in plan.tables] == expected["sheets"]


def test_every_text_that_looks_like_an_address_is_in_the_plan(sample):
    data, plan, _ = sample
    told = [text for row in plan.rows for text in row.raw.values()]
    told += [left.text for left in plan.left_out]
    digits = re.sub(r"[^0-9a-f]", "", " ".join(told).lower())
    for sheet in parse("list", data):
        for line in sheet.rows:
            for cell in line.cells:
                if looks_like_mac(cell):
                    found = MAC_IN_TEXT.search(cell_text(cell))
                    assert re.sub(r"[^0-9a-f]", "", found[1].lower()) in digits
