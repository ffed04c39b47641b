from tests.imports.making import codes, outcomes, plan_rows, plan_sheets, sheet

A, B = "001565aabb0a", "001565aabb0b"


def test_the_same_row_again_is_a_duplicate_whatever_its_notation():
    plan = plan_rows(["MAC", "Serial"], [A, "1"], ["00:15:65:AA:BB:0A", "1"], [A.upper(), "1"])
    assert outcomes(plan) == [(2, "new"), (3, "duplicate"), (4, "duplicate")]
    assert "Says the same as row 2" in plan.rows[2].warnings


def test_the_same_address_with_other_data_holds_all_its_rows_back():
    plan = plan_rows(["MAC", "Serial"], [A, "1"], [B, "2"], [A, "3"], [A, "1"])
    assert outcomes(plan) == [(2, "conflict"), (3, "new"), (4, "conflict"), (5, "conflict")]
    assert plan.rows[0].problem == (
        "00:15:65:AA:BB:0A stands in row 4, row 5 too, with other data (serial); "
        "none of them is stored"
    )


def test_very_many_conflicts_are_told_shortly():
    plan = plan_rows(["MAC", "Serial"], *([A, n] for n in range(20_000)))
    assert plan.summary()["conflict"] == 20_000
    assert "row 6, row 7 and 19994 more too" in plan.rows[0].problem


def test_a_conflict_between_sheets_names_the_other_sheet():
    plan = plan_sheets(
        sheet(["MAC", "Serial"], [A, "1"], name="North"),
        sheet(["MAC", "Serial"], [A, "2"], name="South"),
    )
    assert "row 2 of sheet “South”" in plan.rows[0].problem


def test_rows_with_one_port_each_become_one_device():
    plan = plan_rows(
        ["MAC", "Model", "Port", "SIP user", "Name"],
        [A, "T46U", 1, "u1", "Ann"],
        [B, "T46U", 1, "u9", "Zoe"],
        [A, "T46U", 2, "u2", "Ben"],
    )
    assert outcomes(plan) == [(2, "new"), (3, "new"), (4, "duplicate")]
    assert plan.rows[2].warnings == ("Its port is stored with row 2",)
    assert plan.rows[0].values == {
        "model": "T46U",
        "vendor": "Yealink",
        "ports": {
            1: {"account": "u1", "name": "Ann", "label": "Ann"},
            2: {"account": "u2", "name": "Ben", "label": "Ben"},
        },
    }


def test_a_port_that_the_model_lacks_holds_back_its_own_row():
    plan = plan_rows(
        ["MAC", "Model", "Port", "SIP user"],
        [A, "T31G", 1, "u1"],
        [A, "T31G", 2, "u2"],
        [A, "T31G", 3, "u3"],
    )
    assert outcomes(plan) == [(2, "new"), (3, "duplicate"), (4, "error")]
    assert list(plan.rows[0].values["ports"]) == [1, 2]


def test_the_same_port_twice_is_a_conflict():
    plan = plan_rows(["MAC", "Port", "SIP user"], [A, 1, "u1"], [A, 1, "u2"])
    assert codes(plan) == [["mac_conflict"], ["mac_conflict"]]


def test_one_inventory_id_for_two_phones_is_a_problem():
    plan = plan_rows(["MAC", "Inventory ID"], [A, "7"], [B, "7"])
    assert codes(plan) == [["inventory_id_repeated"], ["inventory_id_repeated"]]


def test_one_serial_or_account_for_two_phones_is_a_warning():
    plan = plan_rows(["MAC", "Serial", "SIP user"], [A, "7", "u1"], [B, "7", "u1"])
    assert outcomes(plan) == [(2, "new"), (3, "new")]
    assert "The serial “7” stands in row 2 too" in plan.rows[1].warnings
    assert "row 2 uses the account u1 too" in plan.rows[1].warnings


def test_a_suggestion_that_is_taken_may_turn_out_a_duplicate():
    plan = plan_rows(["MAC"], ["482567310041"], [1565660218], ["001565660218"], accept=["all"])
    assert outcomes(plan) == [(2, "new"), (3, "new"), (4, "duplicate")]
