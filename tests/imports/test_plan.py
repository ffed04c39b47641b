import json

import pytest

from portal.imports.plan import DeviceFacts, Known, as_json
from tests.imports.making import codes, outcomes, plan_rows

MAC = "001565aabbcc"
FACTS = DeviceFacts("Yealink", "T46U", "1", customer="North", ports={1: "101"}, labels={1: "Ann"})


def one(headers, cells, facts=FACTS, **options):
    (row,) = plan_rows(["MAC", *headers], [MAC, *cells], stored={MAC: facts}, **options).rows
    return row


def test_a_row_that_says_what_is_stored_changes_nothing():
    row = one(
        ["Model", "Serial", "Customer", "Port 1 account", "Port 1 label"],
        ["SIP-T46U", "1", "North", "101", "Ann"],
    )
    assert (row.outcome, row.changes) == ("unchanged", {})


def test_a_change_is_told_with_old_and_new():
    row = one(["Serial", "Port 1 account", "Port 2 account"], ["2", "105", "102"])
    assert row.outcome == "changed"
    assert row.changes == {
        "serial": ["1", "2"],
        "port 1 account": ["101", "105"],
        "port 2 account": ["", "102"],
    }


def test_an_empty_cell_leaves_alone():
    assert one(["Serial", "Port 1 account"], ["", None]).outcome == "unchanged"


def test_clear_empties():
    row = one(["Serial", "Port 1 account"], ["-clear-", "-clear-"])
    assert row.changes == {"serial": ["1", ""], "port 1 account": ["101", ""]}


def test_a_phone_of_another_customer_is_not_moved_without_a_word():
    row = one(["Customer"], ["South"])
    assert (row.outcome, row.problems[0].code) == ("needs_ok", "customer_move")
    assert row.problem == "The phone belongs to North; shall it move to South?"
    assert one(["Customer"], ["South"], accept=["all"]).outcome == "needs_ok"
    moved = one(["Customer"], ["South"], move_customers=True)
    assert (moved.outcome, moved.changes) == ("changed", {"customer": ["North", "South"]})


def test_taking_a_phone_from_its_customer_is_a_move_too():
    assert one(["Customer"], ["-clear-"]).outcome == "needs_ok"


def test_a_phone_of_nobody_is_given_to_a_customer():
    assert one(["Customer"], ["South"], DeviceFacts("Yealink", "T46U")).outcome == "changed"


def test_the_name_describes_a_phone_that_has_no_description():
    assert one(["User"], ["Ann"]).changes == {"description": ["", "Ann"]}
    assert one(["User"], ["Ann"], DeviceFacts(description="Hall")).outcome == "unchanged"


def test_labels_are_compared_only_where_they_are_known():
    assert one(["Port 1 label"], ["Ben"]).changes == {"port 1 label": ["Ann", "Ben"]}
    assert one(["Port 1 label"], ["Ben"], DeviceFacts()).changes == {}


def test_a_suggestion_waits_until_its_kind_is_accepted():
    rows = ["MAC"], [1565660218], ["CO:74:AD:5A:5B:5C"], ["tbd"]
    assert outcomes(plan_rows(*rows)) == [(2, "needs_ok"), (3, "needs_ok"), (4, "error")]
    plan = plan_rows(*rows, accept=["mac_lost_leading_zeros"])
    assert outcomes(plan) == [(2, "new"), (3, "needs_ok"), (4, "error")]
    assert (plan.rows[0].mac, plan.rows[0].suggestions) == ("001565660218", ("001565660218",))
    assert outcomes(plan_rows(*rows, accept=["all"])) == [(2, "new"), (3, "new"), (4, "error")]


def test_an_accepted_suggestion_is_compared_with_what_is_stored():
    plan = plan_rows(["MAC"], [1565660218], stored={"001565660218": FACTS}, accept=["all"])
    assert outcomes(plan) == [(2, "unchanged")]


def test_an_accepted_range_makes_a_row_of_each_address_without_the_serial():
    plan = plan_rows(
        ["MAC", "Model", "Serial"], ["001565aabb00..02", "T46U", "7"], accept=["mac_range"]
    )
    assert [(row.number, row.mac, row.outcome) for row in plan.rows] == [
        (2, "001565aabb00", "new"),
        (2, "001565aabb01", "new"),
        (2, "001565aabb02", "new"),
    ]
    assert plan.rows[0].values == {"model": "T46U", "vendor": "Yealink"}
    assert plan.rows[0].warnings == ("One of 3 phones of this row; it gets no serial",)


def test_a_row_can_be_put_right_by_hand():
    plan = plan_rows(["MAC"], ["tbd"], fixes={"List": {2: {"mac": MAC}}})
    assert (plan.rows[0].mac, plan.rows[0].outcome) == (MAC, "new")


def test_names_are_checked_and_written_as_they_are_stored():
    known = Known(customers=["North"], profiles=["Office"])
    row = one(["Customer", "Profile"], ["north", "OFFICE"], known=known)
    assert row.changes == {"profile": ["", "Office"]}
    row = one(["Customer", "Profile"], ["East", "Hall"], known=known)
    assert [problem.code for problem in row.problems] == [
        "customer_unknown",
        "profile_unknown",
        "customer_move",
    ]


def test_an_inventory_id_of_another_phone_is_a_problem():
    known = Known(inventory_ids={"7": "001565000000", "8": MAC})
    assert one(["Inventory ID"], ["7"], known=known).problems[0].code == "inventory_id_taken"
    assert one(["Inventory ID"], ["8"], known=known).outcome == "changed"


def test_an_account_must_exist_or_come_with_a_password():
    known = Known(
        accounts={"101": "port 1 of 00:15:65:AA:BB:CC", "102": "port 1 of 00:15:65:0:0:0"}
    )
    assert one(["SIP user"], ["109"], known=known).problems[0].code == "account_unknown"
    assert one(["SIP user", "Password"], ["109", "pw"], known=known).outcome == "changed"
    assert one(["SIP user"], ["101"], known=known).warnings == ()
    assert one(["SIP user"], ["102"], known=known).warnings == (
        "The account 102 is on port 1 of 00:15:65:0:0:0 too",
    )


def test_an_extension_that_is_no_account_leaves_the_port_alone():
    row = one(["Extension"], ["109"], known=Known(accounts={}))
    assert (row.outcome, row.values["ports"]) == ("unchanged", {})
    assert row.warnings == ("There is no SIP account 109: port 1 stays as it is",)


def test_the_digest_changes_with_what_is_stored_and_with_nothing_else():
    rows = ["MAC", "Serial"], [MAC, "2"], ["tbd", "3"]
    new = plan_rows(*rows).digest()
    changed = plan_rows(*rows, stored={MAC: FACTS}).digest()
    assert plan_rows(*rows).digest() == new
    assert (
        len({new, changed, plan_rows(*rows, stored={MAC: DeviceFacts(serial="9")}).digest()}) == 3
    )


def test_counters_add_up():
    plan = plan_rows(["Title"], ["MAC", "Serial"], [MAC, "1"], [MAC, "1"], ["tbd"], ["Sum", 1])
    assert plan.summary() == {
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "needs_ok": 0,
        "duplicate": 1,
        "conflict": 0,
        "error": 1,
        "left_out": 2,
    }
    assert plan.has_problems()


def test_json_has_the_form_that_the_command_line_promises():
    plan = plan_rows(
        ["MAC", "SIP user", "Password", "Serial"],
        [MAC, "101", "topsecret", "2"],
        [1565660218],
        ["Sum"],
        stored={MAC: FACTS},
    )
    told = as_json(plan)
    assert told == {
        "file_error": None,
        "questions": [],
        "summary": plan.summary(),
        "rows": [
            {"sheet": "List", "row": 2, "mac": MAC, "outcome": "changed", "problem": None,
             "warnings": [], "suggestions": [], "changes": {"serial": ["1", "2"]}},
            {"sheet": "List", "row": 3, "mac": None, "outcome": "needs_ok",
             "problem": "“1565660218” has lost its leading zeros; is 00:15:65:66:02:18 meant?",
             "warnings": [], "suggestions": ["001565660218"], "changes": {}},
        ],
        "left_out": [
            {"sheet": "List", "row": 4, "text": "Sum", "why": "A total, not a phone"},
        ],
    }  # fmt: skip
    assert "topsecret" not in json.dumps(told)


@pytest.mark.parametrize("kind", ["mac_several", "all"])
def test_several_addresses_in_a_cell_become_several_phones(kind):
    plan = plan_rows(["MAC"], ["001565aabb00, 001565aabb01"], accept=[kind])
    assert [row.mac for row in plan.rows] == ["001565aabb00", "001565aabb01"]


def test_an_open_question_is_not_answered_by_accepting_all():
    assert codes(plan_rows([MAC, "000413aabbcc"], accept=["all"])) == [["column_question"]]
