"""Headers of two lines, and that nothing of a list is lost by them."""

import pytest
from openpyxl import Workbook

from portal.imports.headers import find_header
from portal.imports.parse import parse
from portal.imports.read import Options
from tests.imports.making import KNOWN, outcomes, plan_rows, plan_sheets, saved, sheet

MAC, MAC2 = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:cd"
GROUPS = ["MAC", "Model", "Port 1", "", "Port 2", ""]
UNDER = ["", "", "User", "Password", "User", "Password"]
PHONE = [MAC, "T46U", "101", "secret-of-101", "102", "secret-of-102"]


def header(*rows, row=None):
    return find_header(sheet(*rows), KNOWN, row)


def test_ports_merged_over_their_columns_are_one_header():
    number, texts = header(GROUPS, UNDER, PHONE)
    assert number == 2
    assert texts == (
        "MAC", "Model", "Port 1 User", "Port 1 Password", "Port 2 User", "Port 2 Password",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (["Device", "", "Port 1", "", "Port 2", ""],
         ["MAC", "Model", "User", "Password", "User", "Password"]),
        (["", "", "Leitung 1", "", "Anschluss 2", ""],
         ["MAC-Adresse", "Modell", "SIP-Konto", "Passwort", "Benutzername", "Kennwort"]),
        (["MAC", "Model", "FXS 1", "", "FXS 2", ""],
         ["MAC", "Model", "SIP user", "SIP password", "Extension", "Secret"]),
    ],
)  # fmt: skip
def test_each_port_gets_its_account_and_password(upper, lower):
    (row,) = plan_rows(["Order 7"], upper, lower, PHONE).rows
    assert (row.outcome, row.mac, row.values["model"]) == ("new", "001565aabbcc", "T46U")
    assert row.values["ports"] == {
        1: {"account": "101", "password": "secret-of-101"},
        2: {"account": "102", "password": "secret-of-102"},
    }


def test_both_lines_are_accounted_for():
    plan = plan_rows(GROUPS, UNDER, PHONE, [MAC2, "T31G"])
    assert outcomes(plan) == [(3, "new"), (4, "new")]
    assert [(left.row, left.why) for left in plan.left_out] == [(1, "Above the header of the list")]


def test_either_line_may_be_named_as_the_header():
    assert header(GROUPS, UNDER, PHONE, row=1) == header(GROUPS, UNDER, PHONE, row=2)


def test_a_header_that_says_the_same_in_two_languages_is_one():
    plan = plan_rows(
        ["MAC-Adresse", "Modell", "Seriennummer", "Raum"],
        ["MAC", "Model", "Serial number", "Piętro"],
        [MAC, "T46U", "77", "Hall"],
    )
    (row,) = plan.rows
    assert (row.number, row.outcome, row.values["serial"]) == (3, "new", "77")
    assert row.values["description"] == "Hall"


def test_a_first_phone_without_mac_is_no_second_header():
    plan = plan_rows(["MAC", "Model", "Port 1"], ["tbd", "T46U", "101"], [MAC, "T46U", "102"])
    assert outcomes(plan)[0] == (2, "error")


def test_a_note_column_beside_the_ports_is_not_a_label():
    texts = header([*GROUPS, ""], [*UNDER, "Remarks"], [*PHONE, "x"]).texts
    assert texts[-1] == "Remarks"


def test_user_of_a_port_with_password_is_its_account_in_one_line_too():
    (row,) = plan_rows(["MAC", "Port 1 User", "Port 1 Password"], [MAC, "101", "secret"]).rows
    assert row.values["ports"] == {1: {"account": "101", "password": "secret"}}


def test_user_of_a_port_without_password_stays_its_label():
    (row,) = plan_rows(["MAC", "Port 1", "Port 1 User"], [MAC, "101", "Ann"]).rows
    assert row.values["ports"] == {1: {"account": "101", "label": "Ann"}}


def test_a_workbook_with_merged_headers_is_read_so():
    workbook = Workbook()
    for line in (GROUPS, UNDER, PHONE):
        workbook.active.append([cell or None for cell in line])
    for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
        workbook.active.merge_cells(area)
    (row,) = plan_sheets(*parse("list.xlsx", saved(workbook))).rows
    assert sorted(row.values["ports"]) == [1, 2]


def test_a_column_can_be_named_by_its_joined_header():
    chosen = {"": {"description": "Port 2 User", "port 2 account": ""}}
    (row,) = plan_rows(GROUPS, UNDER, [*PHONE[:5], ""], columns=chosen).rows
    assert row.values["description"] == "102"
    assert Options(columns=chosen).as_json()["columns"] == chosen
