from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from portal import spreadsheets
from portal.imports.parse import parse
from portal.imports.sheets import cell_text
from portal.spreadsheets import Column, Listing

COLUMNS = (Column("Name", 30), Column("Serial number", 20, is_code=True))
ODD = [
    "=1+1", "+49 30 1234", "-5", "@SUM(A1)", '="0012"', "'quoted", "'=1+1", "''+1", "'030", "\tx",
    "＝1", "-clear-", "1E+15", "00123", "a,b;c|d", 'a "b" c', "a  b", "a\u00a0b", "你好", "_x0041_",
    "_x005F_x0041_", "TRUE", "#N/A", "a\nb", "",
]  # fmt: skip


def written(kind, rows, columns=COLUMNS):
    target = io.BytesIO()
    assert spreadsheets.write(Listing("things", columns, iter(rows)), kind, target) == len(rows)
    return target.getvalue()


def test_csv_has_the_mark_quotes_and_line_ends_of_rfc_4180():
    data = written("csv", [["Anna, “A”", '1"2'], ["", "007"]])
    text = '\ufeffName,Serial number\r\n"Anna, “A”","1""2"\r\n,007\r\n'
    assert data == text.encode()


def test_cells_of_a_workbook_are_texts_below_a_bold_header_that_stays():
    sheet = load_workbook(io.BytesIO(written("xlsx", [["Anna", "001565"]])))["Things"]
    assert [cell.font.bold for cell in sheet[1]] == [True, True]
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["A"].width == 30
    assert [(c.value, c.data_type, c.number_format) for c in sheet[2]] == [
        ("Anna", "s", "General"),
        ("001565", "s", "@"),
    ]


@pytest.mark.parametrize("text", ODD)
def test_no_cell_starts_a_formula_and_the_import_reads_what_was_written(text):
    for kind in spreadsheets.KINDS:
        (sheet,) = parse(f"list.{kind}", written(kind, [["x", text], ["y", "z"]]))
        cells = [*sheet.rows[1].cells, ""]
        assert not str(cells[1]).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
        assert cell_text(cells[1]) == text


def test_an_empty_list_is_its_header():
    for kind in spreadsheets.KINDS:
        (sheet,) = parse(f"list.{kind}", written(kind, []))
        assert [line.cells for line in sheet.rows] == [("Name", "Serial number")]
