from __future__ import annotations

from dataclasses import replace

import pytest

from portal.imports.parse import parse
from portal.list_imports.fields import read_cells
from portal.list_imports.headers import words_of
from portal.list_imports.plan import Plan, Row, settle
from portal.list_imports.reading import Choices, lines_of, tables_of
from portal.sip_accounts.lists import FIELDS, KEYS, AccountFacts, Known, compare

ANNA = AccountFacts(1, "101", "Acme", "", "Anna", "B-1", "yes", "sealed", 0)
OTHER = AccountFacts(2, "101", "Birch", "", "Otto", "B-2")
NOBODYS = AccountFacts(3, "103", "", "", "Spare")
ADDING = Choices(may_add_customers=True)


def known(*accounts: AccountFacts) -> Known:
    users: dict[str, list[AccountFacts]] = {}
    external: dict[str, list[AccountFacts]] = {}
    for facts in accounts:
        users.setdefault(facts.user_name, []).append(facts)
        external.setdefault(facts.external_id, []).append(facts)
    return Known(users, external, ["Acme", "Birch"])


def plan(text: str, *accounts: AccountFacts, choices: Choices = ADDING) -> list[Row]:
    (table,) = tables_of(parse("list.csv", text.encode()), words_of("accounts"), KEYS)
    rows = [
        Row(table, line, *read_cells(FIELDS, table.cells_of(line))) for line in lines_of(table)[0]
    ]
    compare(rows, known(*accounts), choices, lambda facts, told: told == f"of {facts.user_name}")
    settle(rows, "account", KEYS)
    return rows


def one(text: str, *accounts: AccountFacts, choices: Choices = ADDING) -> Row:
    (row,) = plan(text, *accounts, choices=choices)
    return row


def test_an_account_is_known_by_customer_and_user_name():
    row = one("User name;Customer;Name\n101;birch;Olga\n", ANNA, OTHER)
    assert (row.outcome, row.stored, row.changes) == (
        "changed",
        2,
        {"display_name": ["Otto", "Olga"]},
    )


def test_blank_cells_leave_alone_and_clear_empties():
    assert one("User name;Customer;Name\n101;Acme;\n", ANNA).outcome == "unchanged"
    row = one("User name;Customer;Name\n101;Acme;-clear-\n", ANNA)
    assert row.changes == {"display_name": ["Anna", ""]}


def test_the_customer_for_all_rows_stands_in_where_a_row_names_none():
    row = one("User name\n101\n", ANNA, OTHER, choices=Choices(customer="Birch"))
    assert (row.outcome, row.stored) == ("unchanged", 2)


def test_a_row_that_may_mean_somebody_elses_account_asks_whose_it_is():
    row = one("User name;Customer\n101;\n", ANNA, OTHER)
    assert row.outcome == "error"
    assert row.problems == {
        "customer": "101 is an account of Acme, Birch; say whose this one is (-clear- for nobody’s)"
    }
    assert one("User name;Customer\n101;-clear-\n", ANNA, OTHER).outcome == "new"


def test_an_account_of_nobody_needs_no_customer():
    assert one("User name\n103\n", NOBODYS).outcome == "unchanged"
    assert one("User name\n104\n", NOBODYS).values["customer"] == ""


def test_the_external_id_says_which_account_is_meant():
    assert one("External ID;Name\nB-2;Olga\n", ANNA, OTHER).stored == 2
    assert one("User name;External ID\n101;B-1\n", ANNA, OTHER).stored == 1


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "External ID;Name\nB-9;Olga\n",
            {"user_name": "There is no account with the external id B-9; a new one needs a user "
             "name"},
        ),
        (
            "External ID;Name\nB-1;Olga\n",
            {"external_id": "101, 105 have this external id; write the user name too"},
        ),
        ("User name;Name\n;Olga\n", {"user_name": "An account needs a user name"}),
        (
            "User name;Enabled\n106;perhaps\n",
            {"enabled": "“perhaps” is neither yes nor no"},
        ),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_held_back(text, problems):
    row = one(text, ANNA, replace(ANNA, id=5, user_name="105"))
    assert (row.outcome, row.problems) == ("error", problems)


def test_all_that_is_wrong_is_said_at_once():
    row = one("User name;Enabled;Auth name\n1 01;perhaps;a\x7fb\n")
    assert row.problems.keys() == {"user_name", "enabled", "auth_name"}


def test_an_unknown_customer_is_made_or_refused():
    text = "User name;Customer\n101;Neu GmbH\n"
    row = one(text)
    assert (row.outcome, row.values["customer"]) == ("new", "Neu GmbH")
    assert row.warnings == ("There is no customer “Neu GmbH” yet: the import adds it",)
    row = one(text, choices=Choices())
    assert row.problems == {
        "customer": "There is no customer “Neu GmbH”; create it first, or correct the name"
    }


def test_a_password_is_compared_and_never_told():
    text = "User name;Customer;Password\n101;Acme;{}\n"
    assert one(text.format("of 101"), ANNA).outcome == "unchanged"
    row = one(text.format("geheim"), ANNA)
    assert row.changes == {"password": ["", "changed"]}


def test_an_auth_name_like_the_user_name_is_none():
    assert one("User name;Customer;Auth name\n101;Acme;101\n", ANNA).outcome == "unchanged"
    row = one("User name;Customer;Auth name\n101;Acme;101\n", replace(ANNA, auth_name="a"))
    assert row.changes == {"auth_name": ["a", "101"]}


def test_disabling_an_account_in_use_is_warned_of():
    row = one("User name;Customer;Enabled\n101;Acme;no\n", replace(ANNA, ports=2))
    assert row.warnings == ("It is on 2 ports, where it will not register any more",)


def test_an_external_id_that_another_has_is_warned_of():
    row = one("User name;Customer;External ID\n107;Acme;B-1\n", ANNA)
    assert (row.outcome, row.warnings) == ("new", ("101 has this external id too",))


def test_the_same_row_twice_is_a_duplicate_and_two_that_differ_a_conflict():
    text = "User name;Customer;Name\n105;Acme;Emil\n105;acme;{}\n"
    assert [row.outcome for row in plan(text.format("Emil"))] == ["new", "duplicate"]
    rows = plan(text.format("Ernst"))
    assert [row.outcome for row in rows] == ["conflict", "conflict"]
    assert rows[0].problems == {
        "user_name": "Row 3 says something else of the same account; delete one of them"
    }


def test_one_user_name_at_two_customers_is_two_accounts():
    rows = plan("User name;Customer\n105;Acme\n105;Birch\n105;-clear-\n")
    assert [row.outcome for row in rows] == ["new", "new", "new"]


def test_the_digest_tells_plans_apart_that_do_something_else():
    def digest(text: str, *accounts: AccountFacts) -> str:
        return Plan(plan(text, *accounts)).digest()

    text = "User name;Customer;Name\n101;Acme;Olga\n"
    assert digest(text, ANNA) == digest(text, ANNA)
    changed = replace(ANNA, display_name="Anne")
    assert len({digest(text), digest(text, ANNA), digest(text, changed)}) == 3
