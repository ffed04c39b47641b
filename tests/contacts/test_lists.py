from __future__ import annotations

import csv
import io

import pytest

from portal.contacts import lists
from portal.contacts.facts import ContactFacts
from portal.errors import SheetUnreadable
from portal.imports.parse import parse

ANNA = ContactFacts("Anna", "101", "+491701234567")


def read(text: str, encoding: str = "utf-8") -> list[lists.Row]:
    return lists.rows_in(parse("list.csv", text.encode(encoding)))


def facts(text: str) -> list[ContactFacts]:
    return [row.facts for row in lists.plan(read(text), {}).new]


def problems(text: str) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in lists.plan(read(text), {}).problems]


@pytest.mark.parametrize(
    "header",
    [
        "Name,Office,Mobile,Other",
        "name;office;mobile;other",
        "Display Name\tWork phone\tCell\tHome phone",
        "Anzeigename;Durchwahl;Handy;Privat",
        "Kontakt;Telefon geschäftlich;Mobiltelefon;Telefon privat",
    ],
)
def test_headers_are_understood_in_english_and_german(header):
    mark = next(mark for mark in ";\t," if mark in header)
    row = mark.join(("Anna", "101", "+49 (0)170 123", "030/111"))
    assert facts(f"{header}\n{row}\n") == [ContactFacts("Anna", "101", "+49170123", "030111")]


def test_first_and_last_name_make_one_name():
    text = "Vorname,Nachname,Business Phone,Mobile Phone\nAnna,Ångström,101,\n,Reception,100,\n"
    assert facts(text) == [ContactFacts("Anna Ångström", "101"), ContactFacts("Reception", "100")]


def test_a_list_of_windows_is_read():
    rows = read("Name;Büro\nJürgen Müßig;101\n", "cp1252")
    assert rows[0].facts == ContactFacts("Jürgen Müßig", "101")


def test_a_header_may_stand_below_a_title():
    assert facts("Phone list of Acme,\n\nName,Office\nAnna,101\n") == [ContactFacts("Anna", "101")]


@pytest.mark.parametrize(
    "text", ["Anna,101\nBert,102\n", "Name,Town\nAnna,Rome\n", "Office\n101\n"]
)
def test_a_list_without_known_columns_says_what_to_write(text):
    with pytest.raises(SheetUnreadable, match="write Name above the names"):
        read(text)


def test_a_list_that_no_phone_book_holds_is_refused():
    with pytest.raises(SheetUnreadable, match="more than 2,000 contacts"):
        read("Name,Office\n" + "".join(f"N{n},{n}\n" for n in range(2001)))


def test_each_problem_is_a_sentence_with_its_row():
    text = "Name,Office\nAnna,101\nBert,\n,103\nCarl,ask him\nanna,105\n" + "x" * 201 + ",106\n"
    assert problems(text) == [
        (3, "A contact needs a number: office, mobile or other"),
        (4, "A contact needs a name"),
        (5, "“ask him” is not a number to dial: digits with + * #, or a SIP user name"),
        (6, "Row 2 has this name already; add what tells them apart"),
        (7, "A name has at most 200 letters"),
    ]


def test_a_list_is_compared_with_what_is_stored():
    text = "Name,Office,Mobile\nAnna,101,+491701234567\nbert,202,\nCarl,303,\n"
    stored = {"anna": ANNA, "bert": ContactFacts("Bert", "102"), "dora": ContactFacts("Dora", "1")}
    plan = lists.plan(read(text), stored)
    assert [row.facts.name for row in plan.unchanged] == ["Anna"]
    assert [(c.before.office, c.facts.office) for c in plan.changed] == [("102", "202")]
    assert [row.facts.name for row in plan.new] == ["Carl"]


def test_what_is_kept_of_a_plan_makes_the_same_plan_again():
    stored = {"anna": ContactFacts("Anna", "1")}
    plan = lists.plan(read("Name,Office,Mobile\nAnna,101,+491\n=1+1,102,\n"), stored)
    assert lists.plan(read(plan.text), stored).digest == plan.digest


@pytest.mark.parametrize(
    "name", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", 'a "b", c', "Zoë 🙂"]
)
def test_no_cell_of_an_export_begins_a_formula_and_it_can_be_read_again(name):
    contact = ContactFacts(name, "101", "+4917012")
    text = lists.as_csv([contact])
    for row in csv.reader(io.StringIO(text)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert [row.facts for row in lists.rows_in(parse("list.csv", text.encode()))] == [contact]
