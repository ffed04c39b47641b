"""Lists with one row a port whose MAC stands in the first row of each phone only."""

import io

import pytest
from openpyxl import Workbook, load_workbook

from portal.imports import corrections
from portal.imports.parse import parse
from portal.imports.previews import _like_macs
from portal.imports.sheets import Merged, sheet_of
from tests.imports.making import codes, outcomes, plan_rows, plan_sheets, saved

MAC, MAC2 = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:cd"
HEADER = ["MAC", "Model", "Customer", "Port", "SIP user", "Password"]
ROWS = [
    [MAC, "T46U", "North", 1, "101", "secret-1"],
    ["", "", "", 2, "102", "secret-2"],
    ["", "", "", 3, "103", "secret-3"],
    [MAC2, "T31G", "", 1, "201", "secret-4"],
]


def merged_sheet(*rows):
    """Return a sheet whose rows 2 to 4 have one cell for MAC, model and customer."""
    cells = [Merged(2, 4, 0), Merged(2, 4, 1), Merged(2, 4, 2)]
    return sheet_of("List", False, enumerate(map(list, [HEADER, *rows]), 1), cells)


def test_a_merged_mac_holds_for_all_its_rows():
    plan = plan_sheets(merged_sheet(*ROWS), defaults={"customer": "South"})
    assert outcomes(plan) == [(2, "new"), (3, "duplicate"), (4, "duplicate"), (5, "new")]
    first, second, _, last = plan.rows
    assert first.values["ports"] == {
        1: {"account": "101", "password": "secret-1"},
        2: {"account": "102", "password": "secret-2"},
        3: {"account": "103", "password": "secret-3"},
    }
    assert second.warnings == ("Its port is stored with row 2",)
    assert (first.values["customer"], last.values["customer"]) == ("North", "South")


def test_blank_macs_that_are_not_merged_are_asked_about():
    plan = plan_rows(HEADER, *ROWS)
    assert outcomes(plan) == [(2, "new"), (3, "needs_ok"), (4, "needs_ok"), (5, "new")]
    assert plan.rows[1].problem == "The row has no MAC; is it another port of the phone in row 2?"
    assert plan.rows[1].suggestions == ("001565aabbcc",)
    assert plan.rows[0].values["ports"] == {1: {"account": "101", "password": "secret-1"}}


def test_saying_yes_puts_all_ports_on_the_phone_above():
    plan = plan_rows(HEADER, *ROWS, accept=["mac_above"])
    assert outcomes(plan) == [(2, "new"), (3, "duplicate"), (4, "duplicate"), (5, "new")]
    assert sorted(plan.rows[0].values["ports"]) == [1, 2, 3]


def test_a_port_named_twice_is_a_conflict_and_never_lost():
    plan = plan_sheets(merged_sheet(ROWS[0], ["", "", "", 1, "109", "x"]))
    assert [outcome for _, outcome in outcomes(plan)] == ["conflict", "conflict"]


def test_a_free_port_of_a_merged_phone_is_no_conflict():
    plan = plan_sheets(merged_sheet(ROWS[0], ["", "", "", 2], ROWS[2]))
    assert [outcome for _, outcome in outcomes(plan)] == ["new", "duplicate", "duplicate"]
    assert sorted(plan.rows[0].values["ports"]) == [1, 3]


@pytest.mark.parametrize(
    "between",
    [[], ["Total", "", "", 3], ["Second floor"]],
    ids=["a blank row", "a total", "a heading"],
)
def test_a_blank_mac_belongs_to_nobody_behind_a_gap(between):
    plan = plan_rows(HEADER, ROWS[0], between, ROWS[1])
    assert codes(plan)[-1] == ["mac_missing"]


def test_without_a_port_column_a_merged_mac_is_not_copied():
    header = ["MAC", "Model", "Serial"]
    told = [header, [MAC, "T46U", "1"], ["", "T46U", "2"]]
    plan = plan_sheets(sheet_of("List", False, enumerate(told, 1), [Merged(2, 3, 0)]))
    assert outcomes(plan) == [(2, "new"), (3, "error")]


def test_a_mac_put_right_by_hand_holds_for_the_rows_below():
    broken = ["not an address", *ROWS[0][1:]]
    fixes = {"List": {2: {"mac": MAC}}}
    plan = plan_sheets(merged_sheet(broken, ROWS[1]), fixes=fixes)
    assert [row.mac for row in plan.rows] == ["001565aabbcc", "001565aabbcc"]


def test_every_mac_is_counted_once_and_accounted_for():
    sheet = merged_sheet(*ROWS)
    counted = _like_macs([sheet], plan_sheets(sheet))
    assert (counted.total, counted.in_rows, counted.beside, counted.left_out) == (2, 2, 0, 0)


def merged_workbook():
    workbook = Workbook()
    for row in [HEADER, *ROWS]:
        workbook.active.append([cell or None for cell in row])
    for area in ("A2:A4", "B2:B4", "C2:C4", "E2:F2"):
        workbook.active.merge_cells(area)
    return saved(workbook)


HTML = """<table><tr><th>MAC<th>Port<th>SIP user<th>Password
<tr><td rowspan=2>00:15:65:aa:bb:cc<td>1<td>101<td>one</tr><tr><td>2<td>102<td>two</tr></table>"""
XML = """<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Phones"><Table>
 <Row><Cell><Data>MAC</Data></Cell><Cell><Data>Port</Data></Cell><Cell><Data>SIP user</Data></Cell>
  <Cell><Data>Password</Data></Cell></Row>
 <Row><Cell ss:MergeDown="1"><Data>00:15:65:aa:bb:cc</Data></Cell><Cell><Data>1</Data></Cell>
  <Cell><Data>101</Data></Cell><Cell><Data>one</Data></Cell></Row>
 <Row><Cell ss:Index="2"><Data>2</Data></Cell><Cell><Data>102</Data></Cell>
  <Cell><Data>two</Data></Cell></Row></Table></Worksheet></Workbook>"""


@pytest.mark.parametrize(
    ("data", "ports"),
    [(merged_workbook(), [1, 2, 3]), (HTML.encode(), [1, 2]), (XML.encode(), [1, 2])],
    ids=["xlsx", "html", "xml"],
)
def test_merged_cells_are_seen_in_files(data, ports):
    assert sorted(plan_sheets(*parse("list", data)).rows[0].values["ports"]) == ports


def test_the_error_workbook_writes_the_mac_in_each_row_it_stands_for():
    sheets = parse("list.xlsx", merged_workbook())
    places = {"mac": 0, "model": 1, "customer": 2, "port": 3, "user_name": 4, "password": 5}
    made = corrections.workbook_of(sheets, {"Sheet": corrections.Layout(1, places)}, {})
    column = [row[0].value for row in load_workbook(io.BytesIO(made)).active.iter_rows()]
    assert column == ["MAC", MAC, MAC, MAC, MAC2]
    assert outcomes(plan_sheets(*parse("list.xlsx", made)))[:3] == [
        (2, "new"),
        (3, "duplicate"),
        (4, "duplicate"),
    ]
