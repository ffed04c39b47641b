import pytest

from portal.errors import SheetUnreadable
from portal.imports.child import read_sheets
from portal.imports.parse import parse
from portal.imports.sheets import Merged

NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)
START = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMES} office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
 <office:automatic-styles>
  <style:style style:name="ta1"><style:table-properties table:display="true"/></style:style>
  <style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>
 </office:automatic-styles><office:body><office:spreadsheet>"""
END = "</office:spreadsheet></office:body></office:document>"


def cell(text, **told):
    names = {"rows": "table:number-rows-spanned", "repeated": "table:number-columns-repeated",
             "kind": "office:value-type", "value": "office:value",
             "date": "office:date-value"}  # fmt: skip
    given = " ".join(f'{names[name]}="{value}"' for name, value in told.items())
    return f"<table:table-cell {given}><text:p>{text}</text:p></table:table-cell>"


def row(*cells, repeated=1):
    told = f'table:number-rows-repeated="{repeated}"'
    return f"<table:table-row {told}>{''.join(cells)}</table:table-row>"


def document(*rows, style="ta1"):
    table = (
        f'<table:table table:name="Phones" table:style-name="{style}">{"".join(rows)}</table:table>'
    )
    return (START + table + END).encode()


BLANK = '<table:table-cell table:number-columns-repeated="{}"/>'
COVERED = "<table:covered-table-cell/>"


def cells_of(*rows):
    return [(line.number, line.cells) for line in parse("list.fods", document(*rows))[0].rows]


def test_texts_numbers_and_dates_are_read_where_they_stand():
    told = cells_of(
        row(cell("MAC"), cell("Port"), cell("Since")),
        row(BLANK.format(16384), repeated=3),
        row(
            cell("4,8E+11", kind="float", value="482567310041"),
            BLANK.format(1),
            cell("14.02.26", kind="date", date="2026-02-14"),
            BLANK.format(16381),
        ),
        row(BLANK.format(16384), repeated=1_048_570),
    )
    assert told == [(1, ("MAC", "Port", "Since")), (5, (482567310041, "", "2026-02-14"))]


def test_repeated_cells_and_rows_are_each_there():
    assert cells_of(row(cell("a", repeated=2), cell("b"), repeated=2)) == [
        (1, ("a", "a", "b")),
        (2, ("a", "a", "b")),
    ]


def test_blanks_and_paragraphs_of_a_cell_are_kept_and_comments_are_not():
    text = (
        '<table:table-cell office:value-type="string">'
        "<office:annotation><text:p>Ask Ann</text:p></office:annotation>"
        '<text:p>a<text:s text:c="2"/>b</text:p><text:p><text:span>c</text:span></text:p>'
        "</table:table-cell>"
    )
    assert cells_of(row(text)) == [(1, ("a  b\nc",))]


def test_cells_over_several_rows_are_told_and_hidden_sheets_too():
    (sheet,) = parse(
        "list.fods",
        document(row(cell("MAC")), row(cell("x", rows=2)), row(COVERED, cell("y")), style="ta2"),
    )
    assert (sheet.name, sheet.hidden, sheet.merged) == ("Phones", True, (Merged(2, 3, 0),))


def test_it_is_read_in_the_child_by_its_content():
    data = document(row(cell("MAC")), row(cell("00:15:65:aa:bb:cc")))
    assert read_sheets("list.xlsx", data)[0].rows[1].cells == ("00:15:65:aa:bb:cc",)


def test_entities_are_never_expanded():
    bomb = document(row(cell("&b;"))).replace(
        b"<office:document ",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><office:document ',
        1,
    )
    with pytest.raises(SheetUnreadable, match="declares a document type"):
        parse("list.fods", bomb)


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (document(row(cell("MAC")))[:-40], "incomplete or damaged"),
        (document(row(cell("x", kind="float", value="many"))), "incomplete or damaged"),
        (document(row(cell("x", repeated=1200))), "beyond column"),
        (document(row(cell("x"), repeated=400_000)), "more than 300,000 lines"),
        (document(row(cell("x", repeated=900), repeated=9_000)), "6,000,000 cells"),
        (
            document(row(cell("x"))).replace(b"opendocument.spreadsheet", b"opendocument.text"),
            "no spreadsheet; copy its table",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_remedy(data, remedy):
    with pytest.raises(SheetUnreadable, match=remedy):
        parse("list.fods", data)
