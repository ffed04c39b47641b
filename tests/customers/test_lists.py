from __future__ import annotations

import pytest

from portal.customers.lists import FIELDS, KEYS, CustomerFacts, compare
from portal.imports.parse import parse
from portal.list_imports.fields import read_cells
from portal.list_imports.headers import words_of
from portal.list_imports.plan import Row, settle
from portal.list_imports.reading import lines_of, tables_of

ACME = CustomerFacts(1, "Acme", "192.0.2.0/24", "Retail", "standard", "Pays late,\r\nis kind")
ONSITE = CustomerFacts(2, "Birch", "192.0.2.0/24", "", "lan", "", is_lan=True)


def plan(text: str, *customers: CustomerFacts) -> list[Row]:
    (table,) = tables_of(parse("list.csv", text.encode()), words_of("customers"), KEYS)
    rows = [
        Row(table, line, *read_cells(FIELDS, table.cells_of(line))) for line in lines_of(table)[0]
    ]
    compare(rows, {facts.name.casefold(): facts for facts in customers}, ["Retail", "Office"])
    settle(rows, "customer", KEYS)
    return rows


def one(text: str, *customers: CustomerFacts) -> Row:
    (row,) = plan(text, *customers)
    return row


def test_a_customer_is_known_by_its_name_in_any_case():
    row = one("Firma;Netze;Profil\nACME;192.0.2.0/24 2001:db8::/48;office\n", ACME)
    assert (row.outcome, row.values["name"]) == ("changed", "Acme")
    assert row.changes == {
        "networks": ["192.0.2.0/24", "192.0.2.0/24, 2001:db8::/48"],
        "default_profile": ["Retail", "Office"],
    }


def test_what_an_export_says_is_unchanged():
    text = (
        "Customer,Allowed networks,Default profile,Trust level,Note\n"
        'Acme,192.0.2.0/24,Retail,standard,"Pays late,\nis kind"\n'
    )
    assert one(text, ACME).outcome == "unchanged"


def test_clear_empties():
    row = one("Customer;Networks;Default profile\nAcme;-clear-;-clear-\n", ACME)
    assert row.changes == {"networks": ["192.0.2.0/24", ""], "default_profile": ["Retail", ""]}


@pytest.mark.parametrize(
    ("text", "field", "sentence"),
    [
        ("Customer;Networks\nNew;300.1.1.1\n", "networks", "“300.1.1.1” is not a network"),
        ("Customer;Profile\nNew;Nope\n", "default_profile", "There is no profile “Nope”"),
        ("Customer;Trust level\nNew;high\n", "trust_level", "there are strict, standard and lan"),
        ("Customer;Trust level\nNew;lan\n", "trust_level", "Without allowed networks"),
        ("Customer;Note\n;Whose?\n", "name", "A customer needs a name"),
        ("Customer;Networks\nBirch;-clear-\n", "networks", "raise its trust level first"),
    ],
)
def test_what_cannot_be_is_held_back_with_a_sentence_at_its_cell(text, field, sentence):
    row = one(text, ACME, ONSITE)
    assert row.outcome == "error"
    assert sentence in row.problems[field]


def test_networks_may_go_together_with_the_level_that_needs_them():
    row = one("Customer;Networks;Trust level\nBirch;-clear-;standard\n", ONSITE)
    assert (row.outcome, row.problems) == ("changed", {})


def test_what_the_level_lan_gives_up_is_said_before():
    row = one("Customer;Networks;Trust level\nNew;10.0.0.0/8;LAN\n")
    assert row.outcome == "new"
    assert "gets that phone's SIP passwords" in row.warnings[0]
    assert one("Customer;Trust level\nBirch;lan\n", ONSITE).warnings == ()


def test_two_rows_of_one_customer_that_differ_are_a_conflict():
    rows = plan("Customer;Note\nNew;a\nnew;b\n")
    assert [row.outcome for row in rows] == ["conflict", "conflict"]
