import pytest

from tests.imports.making import codes, plan_rows, plan_sheets, sheet

YEALINK, SNOM, OTHER = "001565aabbcc", "000413aabbcc", "7c2f80aabbcc"


def row_of(headers, cells, **options):
    (row,) = plan_rows(headers, cells, **options).rows
    return row


@pytest.mark.parametrize("text", ["T46U", "SIP-T46U", "Yealink T46U", "sip-t46u", "T46 U"])
def test_a_known_model_gets_its_name_vendor_and_family(text):
    row = row_of(["MAC", "Model"], [YEALINK, text])
    assert (row.model, row.family, row.values["vendor"]) == ("T46U", "yealink", "Yealink")
    assert row.warnings == ()


def test_an_unknown_model_is_kept_as_written_with_a_warning():
    row = row_of(["MAC", "Model"], [OTHER, "Maxwell 3"])
    assert (row.outcome, row.model, row.family) == ("new", "Maxwell 3", "")
    assert "“Maxwell 3” is no model that the portal knows" in row.warnings[0]


def test_an_unknown_model_names_similar_ones():
    assert "perhaps T46U" in row_of(["MAC", "Model"], [YEALINK, "T46UX"]).warnings[0]


def test_a_model_of_two_vendors_is_told_apart_by_the_address():
    assert row_of(["MAC", "Model"], [SNOM, "X1"]).family == "snom"


def test_a_model_of_two_vendors_is_told_apart_by_the_vendor():
    row = row_of(["MAC", "Vendor", "Model"], [OTHER, "fanvil", "X1"])
    assert (row.family, row.values["vendor"]) == ("fanvil", "Fanvil")


def test_a_model_of_two_vendors_and_nothing_more_is_a_problem():
    row = row_of(["MAC", "Model"], [OTHER, "X1"])
    assert (row.outcome, row.problems[0].code) == ("error", "model_ambiguous")
    assert "“X1” may be" in row.problem


def test_an_address_of_another_vendor_is_a_warning():
    row = row_of(["MAC", "Model"], [SNOM, "T46U"])
    assert row.warnings == (
        "The address begins with 00:04:13, which belongs to Snom, not to Yealink",
    )
    assert row.outcome == "new"


def test_a_vendor_without_model_is_held_against_the_address_too():
    assert "belongs to Snom" in row_of(["MAC", "Vendor"], [SNOM, "Yealink"]).warnings[0]
    assert row_of(["MAC", "Vendor"], [SNOM, "snom technology"]).values["vendor"] == "Snom"


def test_a_vendor_that_does_not_make_the_model_is_a_warning():
    row = row_of(["MAC", "Vendor", "Model"], [YEALINK, "Snom", "T46U"])
    assert "The list says Snom, but “T46U” is a model of Yealink" in row.warnings


def test_a_port_beyond_the_model_is_a_problem():
    row = row_of(["MAC", "Model", "Port 3 account"], [YEALINK, "T31G", "103"])
    assert (row.outcome, row.problem) == ("error", "T31G has 2 ports; there is no port 3")


def test_ports_of_an_unknown_model_are_not_counted():
    assert row_of(["MAC", "Model", "Port 99 account"], [OTHER, "Z", "1"]).outcome == "new"


def test_an_address_made_up_by_a_program_is_a_warning():
    assert "made up" in row_of(["MAC", "Model"], ["021565aabbcc", "T46U"]).warnings[0]


def test_rows_of_a_hidden_sheet_say_so():
    plan = plan_sheets(sheet(["MAC", "Model"], [YEALINK, "T46U"], name="Old", hidden=True))
    assert plan.rows[0].warnings == ("The row stands in the hidden sheet “Old”",)


def test_an_open_question_holds_the_rows_back_with_both_addresses():
    plan = plan_rows([YEALINK, SNOM])
    assert codes(plan) == [["column_question"]]
    assert plan.rows[0].outcome == "needs_ok"
    assert plan.rows[0].suggestions == (YEALINK, SNOM)
    assert plan.questions == [
        "Sheet “List”: columns A and B hold addresses. Which is the MAC of the phones?"
    ]


def test_ranges_without_end_are_not_spelled_out():
    plan = plan_rows(["MAC"], *([f"0015{n:04x}0000..ff"] for n in range(100)))
    assert sum(len(row.suggestions) for row in plan.rows) <= 20_000
    assert plan.rows[-1].outcome == "error"
    assert "write one address a row" in plan.rows[-1].problem


def test_very_many_unknown_models_take_no_time():
    rows = [[f"001565{n:06x}", f"Thing {n}"] for n in range(3000)]
    assert plan_rows(["MAC", "Model"], *rows).summary()["new"] == 3000
