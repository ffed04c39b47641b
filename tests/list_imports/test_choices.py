from __future__ import annotations

import pytest

from portal.errors import RuleBroken
from portal.imports.parse import parse
from portal.list_imports.choices import choices_of, read_choices
from portal.list_imports.headers import words_of
from portal.list_imports.reading import Choices, tables_of
from portal.sip_accounts.lists import FIELDS, KEYS

TEXT = "User name;Secret;Foo\n101;geheim-1;Anna\n"


def tables(text=TEXT, choices=None):
    sheets = parse("list.csv", text.encode())
    return tables_of(sheets, words_of("accounts"), KEYS, choices or Choices())


def test_columns_are_offered_and_no_cell_below_a_header_is_shown():
    (sheet,) = choices_of(tables(), FIELDS)
    assert [(c.title, c.sample, c.field) for c in sheet.columns] == [
        ("A “User name”", "", "user_name"),
        ("B “Secret”", "", "password"),
        ("C “Foo”", "", ""),
    ]
    assert sheet.summary == "header in row 1; User name: A “User name”; Password: B “Secret”"


def test_without_header_a_column_is_known_by_its_cells_but_for_passwords():
    chosen = Choices(columns={"list": {"password": 1}}, header_rows={"list": 0})
    (sheet,) = choices_of(tables("101;geheim-1\n102;geheim-2\n", chosen), FIELDS)
    assert [column.sample for column in sheet.columns] == ["101, 102", "••••••"]


def test_a_column_is_chosen_by_hand():
    form = {"column-0-0": "user_name", "column-0-1": "", "column-0-2": "display_name"}
    chosen = read_choices(form, tables(), FIELDS, Choices())
    assert chosen.columns == {"list": {"user_name": 0, "display_name": 2}}
    assert tables(choices=chosen)[0].places == {"user_name": 0, "display_name": 2}


def test_what_is_left_as_it_was_found_is_no_choice():
    assert read_choices({"header-0": "1"}, tables(), FIELDS, Choices()) == Choices()


def test_another_header_row_finds_its_columns_anew():
    before = Choices(columns={"list": {"user_name": 2}})
    chosen = read_choices({"header-0": "2"}, tables(choices=before), FIELDS, before)
    assert (chosen.header_rows, chosen.columns) == ({"list": 2}, {})


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"column-0-2": "user_name"}, "are both User name; choose one of them"),
        ({"header-0": "9"}, "“9” is no row with text"),
        ({"header-0": "x"}, "“x” is no row with text"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(form, sentence):
    with pytest.raises(RuleBroken, match=sentence):
        read_choices(form, tables(), FIELDS, Choices())
