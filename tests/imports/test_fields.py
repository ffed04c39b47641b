import pytest

from tests.imports.making import codes, plan_rows

MAC = "00:15:65:aa:bb:cc"


def row_of(headers, cells, **options):
    (row,) = plan_rows(["MAC", *headers], [MAC, *cells], **options).rows
    return row


def test_blanks_are_trimmed_and_line_breaks_are_blanks():
    row = row_of(["Customer", "Description"], ["\u00a0North ", "second\nfloor"])
    assert row.values == {"customer": "North", "description": "second floor"}


def test_an_empty_cell_is_no_value_and_clear_empties():
    row = row_of(["Serial", "Description", "Customer"], ["", "-clear-", None])
    assert row.values == {"description": ""}


@pytest.mark.parametrize(("cell", "text"), [(300.0, "300"), ('="0030"', "0030"), ("'030", "030")])
def test_numbers_and_texts_behind_a_formula_or_apostrophe_are_read(cell, text):
    assert row_of(["Inventory ID"], [cell]).values["inventory_id"] == text


@pytest.mark.parametrize("cell", [1.23457e18, "1,23457E+15", "1.23E+15"])
def test_a_serial_that_became_an_exponent_is_refused(cell):
    assert row_of(["Serial"], [cell]).problems[0].code == "serial_scientific"


def test_a_serial_that_looks_like_an_exponent_without_sign_is_a_serial():
    assert row_of(["Serial"], ["12E5"]).values["serial"] == "12E5"


def test_what_is_longer_than_its_field_is_refused():
    row = row_of(["Serial"], ["x" * 101])
    assert row.problem == "The serial has 101 characters; at most 100 fit"


def test_a_control_character_is_refused():
    assert row_of(["Description"], ["a\x07b"]).problems[0].code == "description_invalid"


def test_defaults_stand_in_for_empty_cells_only():
    rows = plan_rows(
        ["MAC", "Customer"],
        [MAC, ""],
        ["00:15:65:aa:bb:cd", "South"],
        defaults={"customer": "North"},
    ).rows
    assert [row.values["customer"] for row in rows] == ["North", "South"]


def test_columns_by_port_fill_the_ports():
    row = row_of(
        ["Model", "Port 1 account", "Port 1 label", "Port 1 password", "Port 3 account", "Line 4"],
        ["T46U", "101", "Ann", " secret", "", "-clear-"],
    )
    assert row.values["ports"] == {1: {"account": "101", "label": "Ann"}, 4: {"account": ""}}
    assert [problem.code for problem in row.problems] == ["password_invalid"]


def test_one_account_a_row_goes_on_port_one():
    row = row_of(["Extension", "SIP user", "Password"], ["30", "u30", "pw"])
    assert row.values["ports"] == {1: {"account": "u30", "password": "pw"}}


def test_a_bare_extension_is_a_guess():
    row = row_of(["Extension"], ["030-12"])
    assert row.values["ports"] == {1: {"account": "03012", "is_guess": True}}


def test_a_password_without_account_is_refused():
    assert row_of(["Password"], ["pw"]).problems[0].code == "password_without_account"


def test_a_sip_user_with_domain_is_refused():
    assert row_of(["SIP user"], ["30@example.com"]).problems[0].code == "account_invalid"


def test_the_port_may_stand_in_a_column_of_its_own():
    row = row_of(["Port", "SIP user", "Name"], ["FXS 3", "u3", "Ann"])
    assert row.values["ports"] == {3: {"account": "u3", "name": "Ann", "label": "Ann"}}


@pytest.mark.parametrize("cell", ["0", "none", 1.5])
def test_a_port_that_is_none_is_refused(cell):
    assert row_of(["Port", "SIP user"], [cell, "u3"]).problems[0].code == "port_invalid"


def test_all_problems_of_a_row_are_told():
    plan = plan_rows(
        ["MAC", "Model", "Serial", "Port 9 account", "Password"],
        ["tbd", "T31G", 1e20, "101", "pw"],
    )
    assert codes(plan) == [
        ["mac_placeholder", "serial_scientific", "password_without_account", "port_beyond_model",
         "port_beyond_model"]
    ] or codes(plan) == [
        ["mac_placeholder", "serial_scientific", "password_without_account", "port_beyond_model"]
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["-clear-", "1E+15", "+1", "'=1"])
def test_behind_an_apostrophe_a_cell_is_just_a_text(text):
    headers = ["Serial", "Port 1 account", "Port 1 label"]
    row = row_of(headers, [f"'{text}", "101", f"'{text}"])
    assert (row.problem, row.values["serial"]) == (None, text)
    assert row.values["ports"] == {1: {"account": "101", "label": text}}
