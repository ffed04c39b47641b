from __future__ import annotations

import pytest

from portal.list_imports.fields import Field, read_cells, shown_text
from portal.values import parse_secret, parse_sip_user

USER = Field("user", "User name", parse_sip_user, 128, is_code=True, is_kept=True)
PASSWORD = Field("password", "Password", parse_secret, is_code=True, is_secret=True, is_kept=True)
NAME = Field("name", "Name", longest=10)
NOTE = Field("note", "Note", has_lines=True)


def read(field: Field, cell: object) -> tuple[str | None, str | None]:
    values, problems = read_cells([field], {field.key: cell})
    return values.get(field.key), problems.get(field.key)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("00101", "00101"),
        ("'00101", "00101"),
        ('="00101"', "00101"),
        (101.0, "101"),
        ("491701234567890", "491701234567890"),
        (None, None),
        ("  ", None),
    ],
)
def test_digits_stay_as_they_are(cell, value):
    assert read(USER, cell) == (value, None)


@pytest.mark.parametrize("cell", ["1.23E+15", "1,23E+15", 1.5e21])
def test_a_number_with_an_exponent_has_lost_its_digits(cell):
    value, problem = read(USER, cell)
    assert value is None
    assert "is a number with an exponent: its digits are gone" in problem


def test_a_problem_with_a_password_does_not_quote_it():
    _, problem = read(PASSWORD, "4.2E+19")
    assert problem.startswith("The password is a number with an exponent")
    assert "4.2E+19" not in problem


def test_a_text_that_an_apostrophe_protects_is_taken_as_it_is():
    assert read(PASSWORD, "'1E+15") == ("1E+15", None)
    assert read(NAME, "'-clear-") == ("-clear-", None)


def test_clear_empties_what_can_be_empty():
    assert read(NAME, "-clear-") == ("", None)
    assert read(USER, "-clear-") == (None, "The user name cannot be emptied")


def test_too_long_and_control_characters_are_refused():
    assert read(NAME, "12345678901") == (None, "This has 11 characters; at most 10 fit")
    assert read(NAME, "a\x01b") == (None, "This holds a control character; type it again")


def test_line_breaks_stay_where_they_belong():
    assert read(NOTE, "Pays late,\r\nis kind") == ("Pays late,\nis kind", None)
    assert read(NAME, "Anna\nB") == ("Anna B", None)


def test_a_secret_is_shown_as_being_there():
    assert shown_text(PASSWORD, "geheim") == "••••••"
    assert shown_text(PASSWORD, None) == ""
    assert shown_text(NAME, " Anna ") == "Anna"
