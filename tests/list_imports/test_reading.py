from __future__ import annotations

from portal.imports.parse import parse
from portal.imports.sheets import sheet_of
from portal.list_imports.headers import words_of
from portal.list_imports.reading import Choices, lines_of, sheets_left_out, tables_of

WORDS, KEYS = words_of("accounts"), ("user_name", "external_id")


def tables(text: str, choices: Choices | None = None):
    return tables_of(parse("list.csv", text.encode()), WORDS, KEYS, choices or Choices())


def test_the_line_that_names_most_fields_is_the_header():
    (table,) = tables("Accounts;;\nUser;;\nUser name;Name;Kunde\n101;Anna;Acme\n")
    assert (table.header, table.places) == (3, {"user_name": 0, "display_name": 1, "customer": 2})


def test_of_two_columns_for_one_field_the_first_counts_and_the_other_is_named():
    (table,) = tables("User name;Extension;Department\n101;102;Sales\n")
    assert table.places == {"user_name": 0}
    assert table.unused() == ["B “Extension”", "C “Department”"]


def test_lines_around_the_list_are_left_out_with_a_reason():
    (table,) = tables(
        "All accounts;\nUser name;Name;Room\n101;Anna;\nUser name;Name;Room\n;;Hall\n"
    )
    lines, left_out = lines_of(table)
    assert [line.number for line in lines] == [3]
    assert [(left.row, left.why) for left in left_out] == [
        (1, "Above the header of the list"),
        (4, "The header once more"),
        (5, "Nothing in the columns that are used"),
    ]


def test_without_a_header_the_columns_can_be_chosen():
    (table,) = tables("Foo;Bar\n101;Anna\n")
    assert (table.header, table.places) == (1, {})
    chosen = Choices(columns={"list": {"user_name": 0}}, header_rows={"list": 0})
    (table,) = tables("101;Anna\n102;Bert\n", chosen)
    assert (table.header, table.places, len(lines_of(table)[0])) == (0, {"user_name": 0}, 2)


def test_a_chosen_header_row_is_taken():
    text = "User name;Name;Kunde\nUser name;\n101;Anna\n"
    (table,) = tables(text, Choices(header_rows={"list": 2}))
    assert (table.header, table.places) == (2, {"user_name": 0})


def test_hidden_sheets_and_sheets_without_header_are_left_out():
    sheets = [
        sheet_of("Accounts", False, [(1, ["User name"]), (2, ["101"])]),
        sheet_of("Choices", True, [(1, ["User name"]), (2, ["102"])]),
        sheet_of("Notes", False, [(1, ["Read me"])]),
    ]
    found = tables_of(sheets, WORDS, KEYS)
    assert [table.sheet.name for table in found] == ["Accounts"]
    assert [(left.sheet, left.why) for left in sheets_left_out(sheets, found)] == [
        ("Choices", "The sheet is hidden"),
        ("Notes", "No line of the sheet is a header"),
    ]


def test_choices_survive_being_stored():
    choices = Choices({"list": {"user_name": 2}}, {"list": 3}, "Acme", True)
    assert Choices.from_json({"list": "accounts", **choices.as_json()}) == choices
