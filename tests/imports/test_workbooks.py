import io
import struct
import zipfile

import pytest
from openpyxl import Workbook

from portal.errors import SheetUnreadable
from portal.imports.parse import parse
from tests.imports.making import changed_parts, saved, xlsx

ROWS = (["MAC", "Model"], ["001565aabbcc", "T46U"], [482567310041, "VVX"])


def cells(data):
    return [row.cells for row in parse("list", data)[0].rows]


def test_a_strict_office_file_is_read():
    def strict(name, content):
        return content.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    assert cells(changed_parts(xlsx(*ROWS), strict)) == [tuple(row) for row in ROWS]


def test_a_workbook_with_macros_is_read():
    data = changed_parts(
        xlsx(*ROWS),
        lambda name, content: content.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
    )
    assert cells(data) == [tuple(row) for row in ROWS]


def test_an_error_in_a_cell_is_not_lost():
    data = xlsx(["MAC"], ["#N/A"])
    assert cells(data) == [("MAC",), ("#N/A",)]


def test_formulas_give_the_value_that_was_stored_and_are_not_computed():
    def with_values(name, content):
        return content.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>7</v>").replace(
            b"<f>1+1</f><v />", b"<f>1+1</f><v>7</v>"
        )

    assert cells(changed_parts(xlsx(["=1+1"]), with_values)) == [(7,)]


def test_a_stray_cell_in_the_last_corner_does_not_exhaust_the_memory():
    workbook = Workbook()
    workbook.active["A1"] = "MAC"
    workbook.active["B1048576"] = "001565aabbcc"
    workbook.active["XFD2"] = " "
    assert [row.number for row in parse("list", saved(workbook))[0].rows] == [1, 1048576]


def test_text_far_to_the_right_is_refused():
    workbook = Workbook()
    workbook.active["XFD1048576"] = "x"
    with pytest.raises(SheetUnreadable, match="beyond column ALL in row 1048576"):
        parse("list", saved(workbook))


def test_a_wrong_dimension_does_not_cut_the_sheet():
    def lying(name, content):
        return content.replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1"')

    assert cells(changed_parts(xlsx(*ROWS), lying)) == [tuple(row) for row in ROWS]


def test_an_endless_cell_is_refused():
    data = b"MAC,Note\n001565aabbcc," + b"x" * 40_000 + b"\n"
    with pytest.raises(SheetUnreadable, match="40,000 characters in row 2"):
        parse("list", data)


def test_more_lines_than_any_list_has_are_refused():
    with pytest.raises(SheetUnreadable, match="more than 300,000 lines"):
        parse("list", b"001565aabbcc\n" * 300_001)


def _text(told):
    return struct.pack("<I", len(told)) + told.encode("utf-16-le")


def _record(kind, data=b""):
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(data)]) + data


def test_a_binary_workbook_is_read():
    """[MS-XLSB] 2.1.4: records of number, size and data."""
    book = b"".join(
        (
            _record(131),  # BrtBeginBook
            _record(143),  # BrtBeginBundleShs
            _record(156, struct.pack("<II", 0, 1) + _text("rId1") + _text("Phones")),
            _record(144),
            _record(132),
        )
    )
    cell = struct.pack("<II", 0, 0)
    page = b"".join(
        (
            _record(129),  # BrtBeginSheet
            _record(148, struct.pack("<IIII", 0, 1, 0, 0)),  # BrtWsDim
            _record(145),  # BrtBeginSheetData
            _record(0, struct.pack("<I", 0) + b"\x00" * 13),  # BrtRowHdr
            _record(6, cell + _text("MAC")),  # BrtCellSt
            _record(0, struct.pack("<I", 1) + b"\x00" * 13),
            _record(5, cell + struct.pack("<d", 482567310041.0)),  # BrtCellReal
            _record(146),
            _record(130),
        )
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("xl/workbook.bin", book)
        made.writestr("xl/worksheets/sheet1.bin", page)
        made.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{namespace}"><Relationship Id="rId1" Type="{kind}" '
            'Target="worksheets/sheet1.bin"/></Relationships>',
        )
    sheet = parse("list.xlsb", target.getvalue())[0]
    assert sheet.name == "Phones"
    assert [row.cells for row in sheet.rows] == [("MAC",), (482567310041,)]
