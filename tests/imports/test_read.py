import json
import re

from portal.imports.macs import MAC_IN_TEXT, looks_like_mac
from portal.imports.plan import DeviceFacts, as_json
from portal.imports.read import Options, plan_of, read
from portal.imports.sheets import cell_text
from tests.imports.making import FAMILIES, LISTS, outcomes, plan_sheets, sheet, xlsx

MACS = [f"00:15:65:aa:bb:{n:02x}" for n in range(30)]


def test_a_file_that_cannot_be_read_makes_a_plan_that_says_so():
    plan = plan_of("list.pdf", b"%PDF-1.7", {}, families=FAMILIES)
    assert "This is a PDF" in plan.file_error
    assert as_json(plan)["rows"] == []


def test_a_file_without_addresses_makes_a_plan_that_says_what_to_do():
    plan = plan_of("list.csv", b"Name,Room\nAnn,1\n", {}, families=FAMILIES)
    assert plan.file_error.startswith("No column with MACs was found; write “MAC” above")


def test_options_survive_json():
    options = Options(
        columns={"List": {"mac": "D"}},
        header_rows={"List": 3},
        sheets=("List",),
        defaults={"customer": "North"},
        fixes={"List": {7: {"mac": "001565aabbcc"}}},
        skipped={"List": [8]},
        accept=("all",),
        move_customers=True,
    )
    again = Options.from_json(json.loads(json.dumps(options.as_json())))
    assert again.as_json() == options.as_json()
    assert again.fixes == {"List": {7: {"mac": "001565aabbcc"}}}
    assert Options.from_json({}) == Options()


def test_options_are_followed():
    data = xlsx(["x", "MAC 1", "MAC 2"], ["a", MACS[0], MACS[1]], ["b", MACS[2], MACS[3]])
    options = Options(columns={"": {"mac": "MAC 2", "description": "A"}}, skipped={"List": [3]})
    plan = plan_of("list.xlsx", data, {}, options, families=FAMILIES)
    assert [(row.mac, row.values["description"]) for row in plan.rows] == [("001565aabb01", "a")]
    assert [(left.row, left.kind) for left in plan.left_out] == [(2, "column"), (3, "skipped")]


def test_a_reading_names_every_address_whose_facts_are_needed():
    reading = read("list", b"MAC\n001565aabbcc\n1565660218\ntbd\n", families=FAMILIES)
    assert reading.macs() == {"001565aabbcc", "001565660218"}


def test_all_sheets_with_addresses_are_read_and_the_chosen_ones_only_on_request():
    sheets = [
        sheet(["Fill in, for example 00:15:65:00:00:01 for a phone"], name="Read me"),
        sheet(["MAC"], [MACS[0]], name="A"),
        sheet(["MAC"], [MACS[1]], name="B"),
    ]
    plan = plan_sheets(*sheets)
    assert [(row.sheet, row.mac) for row in plan.rows] == [
        ("A", "001565aabb00"),
        ("B", "001565aabb01"),
    ]
    assert [(left.sheet, left.kind) for left in plan.left_out] == [("Read me", "no_table")]
    plan = plan_sheets(*sheets, sheets=["B"])
    assert [(left.sheet, left.kind) for left in plan.left_out] == [
        ("Read me", "not_chosen"),
        ("A", "not_chosen"),
    ]


def test_importing_again_changes_nothing():
    data = (LISTS / "01_plain_list.xlsx").read_bytes()
    first = plan_of("list", data, {}, families=FAMILIES)
    stored = {
        row.mac: DeviceFacts(**{k: v for k, v in row.values.items() if k != "name"})
        for row in first.rows
    }
    again = plan_of("list", data, stored, families=FAMILIES)
    assert {outcome for _, outcome in outcomes(again)} == {"unchanged"}


def test_nothing_that_looks_like_an_address_gets_lost():
    sheets = [
        sheet(
            ["Order 7", f"replaces {MACS[0]}"],
            ["MAC", "Model", "WLAN MAC", "Note"],
            [MACS[1], "T46U", MACS[2], f"was {MACS[3]}"],
            [f"{MACS[4]} / {MACS[5]}", "T46U", "", "", MACS[6]],
            ["tbd", "T46U", MACS[7]],
            ["", "", "", f"spare: {MACS[8]}"],
            ["Total", MACS[9]],
            ["Carton 2", MACS[10]],
            ["Model", "MAC", "a second table"],
            ["T46U", MACS[11].replace(":", "").upper()],
            [f"{MACS[12]} (hall)", "T46U"],
            [MACS[1], "T46U", MACS[2], f"was {MACS[3]}"],
            [f"please keep {MACS[13]} for Ann"],
        ),
        sheet(["Nothing but text", f"see {MACS[14]}"], name="Read me"),
        sheet([MACS[15], MACS[16]], [MACS[17], MACS[18]], name="Two columns"),
        sheet(["Serial", "Model"], [MACS[19], "T46U"], name="Serials"),
        sheet(["MAC"], [f"{MACS[20]} - {MACS[22]}"], [f"SEP{MACS[23].replace(':', '')}"], name="R"),
    ]
    plan = plan_sheets(*sheets)
    told = [text for row in plan.rows for text in (*row.raw.values(), *row.suggestions)]
    told += [left.text for left in plan.left_out]
    digits = re.sub(r"[^0-9a-f]", "", " ".join(told).lower())
    count = 0
    for cell in (cell for one in sheets for line in one.rows for cell in line.cells):
        if looks_like_mac(cell):
            for found in MAC_IN_TEXT.finditer(cell_text(cell)):
                assert re.sub(r"[^0-9a-f]", "", found[1].lower()) in digits, cell
                count += 1
    assert count == 26
