import io

import pytest
from openpyxl import Workbook

from portal.errors import SheetUnreadable
from portal.imports.parse import parse
from tests.imports.making import LISTS, saved, xlsx, zipped

XLSX = (LISTS / "01_plain_list.xlsx").read_bytes()
XLS = (LISTS / "09_old_format.xls").read_bytes()
ODS = (LISTS / "05_open_document.ods").read_bytes()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize("name", ["list.xls", "list.csv", "list.pdf", "list", "", "../../list"])
def test_the_content_decides_and_not_the_name(name):
    assert parse(name, XLSX)[0].rows[0].cells == ("Model", "MAC", "SN")


def test_numbers_stay_numbers():
    cells = parse("list", xlsx([482567310041, 1.5, "482567310041", 4.13e18]))[0].rows[0].cells
    assert [(cell, type(cell)) for cell in cells] == [
        (482567310041, int),
        (1.5, float),
        ("482567310041", str),
        (4.13e18, float),
    ]


def test_blank_rows_are_dropped_and_numbers_kept():
    rows = parse("list", xlsx(["MAC"], [], ["  "], ["001565aabbcc"]))[0].rows
    assert [row.number for row in rows] == [1, 4]


def test_rows_above_and_columns_before_the_list_count():
    workbook = Workbook()
    workbook.active["C5"] = "MAC"
    row = parse("list", saved(workbook))[0].rows[0]
    assert (row.number, len(row.cells), row.cells[2]) == (5, 3, "MAC")


def test_hidden_sheets_are_read_and_told():
    workbook = Workbook()
    workbook.active.title = "Shown"
    workbook.active["A1"] = "MAC"
    workbook.create_sheet("Hidden").sheet_state = "hidden"
    workbook.create_sheet("Deep").sheet_state = "veryHidden"
    sheets = parse("list", saved(workbook))
    assert [(sheet.name, sheet.hidden) for sheet in sheets] == [
        ("Shown", False),
        ("Hidden", True),
        ("Deep", True),
    ]


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (OLE + "WordDocument".encode("utf-16-le"), "text document"),
        (OLE + b"\x00" * 600, "incomplete or damaged"),
        (OLE + "Book".encode("utf-16-le") + b"\x00" * 600, "Excel 5 or older; open it, save it as"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00", "Excel 5 or older"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00\x00\x00", "Excel 5 or older"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00\x00\x00", "Excel 5 or older"),
        (b"\x09\x08\x08\x00\x00\x05\x05\x00", "Excel 5 or older"),
        (XLSX[: len(XLSX) // 2], "incomplete or damaged"),
        (XLS[: len(XLS) // 4], "incomplete or damaged"),
        (ODS[:700], "incomplete or damaged"),
        (XLSX[:60] + b"\xff" * 200 + XLSX[260:], "incomplete or damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "picture"),
        (b"BM\x36\x00\x00\x00", "picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "picture"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "picture"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"{\\rtf1\\ansi}", "text document"),
        (zipped(list_dot_csv="MAC"), "archive"),
        (zipped(word__document_dot_xml="<w/>"), "text document"),
        (zipped(Index__Document_dot_iwa="x"), "Numbers"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n", "web archive"),
        (b"<html><body>Please sign in</body></html>", "without a table"),
        (b"<?xml version='1.0'?><phones><mac>001565aabbcc</mac></phones>", "no spreadsheet"),
        (b"MAC\x01\x02\x03\x04\x00\x05binary", "neither a spreadsheet nor text"),
        (xlsx([]), "holds no text"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(data, remedy):
    with pytest.raises(SheetUnreadable, match=remedy) as caught:
        parse("list.xlsx", data)
    assert "\n" not in str(caught.value)


def test_an_encrypted_open_document_is_refused():
    locked = zipped(mimetype=ODS_TYPE, **{"META-INF__manifest_dot_xml": "<encryption-data/>"})
    with pytest.raises(SheetUnreadable, match="protected with a password"):
        parse("list.ods", locked)


def test_an_encrypted_archive_is_refused():
    data = bytearray(XLSX)
    entry = data.find(b"PK\x01\x02")
    data[entry + 8] |= 1
    with pytest.raises(SheetUnreadable, match="protected with a password"):
        parse("list.xlsx", bytes(data))


def test_a_text_that_begins_like_a_picture_is_a_text():
    assert parse("list", b"BMAC,Model\n001565aabbcc,T46U\n")[0].rows[0].cells[0] == "BMAC"


def test_a_stream_of_zeros_is_refused():
    with pytest.raises(SheetUnreadable):
        parse("list", io.BytesIO(b"\x00" * 5000).getvalue())
