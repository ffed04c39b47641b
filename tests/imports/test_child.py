import io
import threading
import zipfile

import pytest

from portal.errors import SheetUnreadable
from portal.imports.child import _received, read_sheets
from portal.imports.parse import parse
from tests.imports.making import LISTS, changed_parts, xlsx, zipped

SAMPLE = (LISTS / "10_two_sheets_with_users.xlsx").read_bytes()


def test_the_child_gives_what_parse_gives():
    assert read_sheets("list.xlsx", SAMPLE) == parse("list.xlsx", SAMPLE)


def test_many_threads_read_at_once():
    found = []

    def read():
        found.append(read_sheets("list.xlsx", SAMPLE))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [parse("list.xlsx", SAMPLE)] * 4


def test_a_refusal_crosses_the_pipe():
    with pytest.raises(SheetUnreadable, match="PDF"):
        read_sheets("list.pdf", b"%PDF-1.7")


def test_a_child_that_takes_too_long_is_ended():
    with pytest.raises(SheetUnreadable, match="too long to read"):
        read_sheets("list.xlsx", SAMPLE, seconds=0.001)


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (b"", -24, "too long"),
        (b"", -6, "more memory"),
        (b"", -11, "cannot be read"),
        (b'{"sheet":"List","hidden":false}\n[[1,["MAC"]]', 1, "cannot be read"),
        (b'{"sheet":"List","hidden":false}\n', 0, "cannot be read"),
    ],
)
def test_a_child_that_dies_gives_a_sentence(answer, code, sentence):
    with pytest.raises(SheetUnreadable, match=sentence):
        list(_received(answer, code))


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    def filled(name, content):
        return content.replace(b"</sheetData>", b" " * 30_000_000 + b"</sheetData>")

    with pytest.raises(SheetUnreadable, match="unpacks to far more"):
        read_sheets("list.xlsx", changed_parts(xlsx(["MAC"]), filled))


def test_a_zip_of_very_many_parts_is_refused():
    with pytest.raises(SheetUnreadable, match="unpacks to far more"):
        read_sheets("list.xlsx", zipped(**{f"part{n}": "" for n in range(5_001)}))


def with_shared_text(text, times):
    """Return a workbook whose first column holds `text` in `times` rows, written once."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, times + 1)
    )

    def shared(name, content):
        if name == "xl/worksheets/sheet1.xml":
            return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
        if name == "xl/_rels/workbook.xml.rels":
            link = f'<Relationship Type="{kind}" Target="sharedStrings.xml" Id="rId9"/>'
            return content.decode().replace("</Rel", f"{link}</Rel")
        return content

    target = io.BytesIO(changed_parts(xlsx(["x"]), shared))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}"><si><t>{text}</t></si></sst>')
    return target.getvalue()


def test_shared_texts_are_read():
    (sheet,) = read_sheets("list.xlsx", with_shared_text("MAC", 3))
    assert [row.cells for row in sheet.rows] == [("MAC",)] * 3


@pytest.mark.parametrize("times", [5_000, 20_000])
def test_one_long_text_in_very_many_cells_is_refused(times):
    with pytest.raises(SheetUnreadable, match="far more memory than a list"):
        read_sheets("list.xlsx", with_shared_text("x" * 32_000, times))


def test_entities_in_a_workbook_are_refused():
    def laughing(name, content):
        if not name.startswith("xl/worksheets"):
            return content
        entities = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(
            f'<!ENTITY a{n + 1} "{(chr(38) + f"a{n};") * 10}">' for n in range(9)
        )
        return f"<?xml version='1.0'?>{entities}]>".encode() + content

    with pytest.raises(SheetUnreadable, match="declares a document type"):
        read_sheets("list.xlsx", changed_parts(xlsx(["MAC"]), laughing))


def test_an_open_document_that_repeats_a_cell_without_end_is_refused():
    def repeated(name, content):
        if name != "content.xml":
            return content
        return content.replace(
            b"<table:table-row>",
            b'<table:table-row table:number-rows-repeated="1048576">',
        ).replace(b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="9999" ')

    ods = (LISTS / "05_open_document.ods").read_bytes()
    with pytest.raises(SheetUnreadable) as caught:
        read_sheets("list.ods", changed_parts(ods, repeated))
    assert "\n" not in str(caught.value)


def test_a_zip_that_lies_about_its_sizes_is_refused():
    def filled(name, content):
        return content.replace(b"</sheetData>", b" " * 30_000_000 + b"</sheetData>")

    data = bytearray(changed_parts(xlsx(["MAC"], ["001565aabbcc"]), filled))
    name = b"xl/worksheets/sheet1.xml"
    for mark, size_at, name_at in ((b"PK\x01\x02", 24, 46), (b"PK\x03\x04", 22, 30)):
        entry = data.find(mark)
        while data[entry + name_at : entry + name_at + len(name)] != name:
            entry = data.find(mark, entry + 4)
        data[entry + size_at : entry + size_at + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(SheetUnreadable):
        read_sheets("list.xlsx", bytes(data))
